"""Numbers in lessons: each is recomputed, or declared as given.

In a lesson, `{{share|88 %}}` shows "88 %" and promises that the function `share` in the
concept's claims.py computes it; `{{=0.05}}` shows a number that is given, not computed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

CLAIM = re.compile(r"\{\{(?:(?P<name>[a-z][a-z0-9_]*)\||=)(?P<shown>[^{}]+)\}\}")
NUMBER = re.compile(r"[-−+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)


class Near(NamedTuple):
    """A recomputed value that may differ by `within` from machine to machine."""

    value: float
    within: float


@dataclass(frozen=True)
class Claim:
    """One number of a lesson: the function that computes it (None: given), and what is shown."""

    name: str | None
    shown: str
    line: int


def claims_of(text: str) -> list[Claim]:
    """Every claim and given of a lesson's source, in order."""
    return [
        Claim(m["name"], m["shown"], number)
        for number, line in enumerate(text.splitlines(), start=1)
        for m in CLAIM.finditer(line)
    ]


def without_claims(text: str) -> str:
    """The text as it is read: every claim replaced by what it shows."""
    return CLAIM.sub(lambda m: m["shown"], text)


def agrees(shown: str, value: Any) -> bool:
    """Whether what is shown is this value, to the digits that are shown.

    Numbers are compared after rounding to the shown decimals; a `Near` within its tolerance
    instead; text must be equal. "88 %" shows 0.88 as well as 88.
    """
    if isinstance(value, str):
        return shown.strip() == value.strip()
    found = NUMBER.search(shown)
    if found is None:
        return False
    digits = found[0].replace(",", "").replace("−", "-")
    number = float(digits)
    mantissa, _, exponent = digits.lower().partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    half = 0.5000001 * 10.0**-decimals
    true, within = (value.value, value.within) if isinstance(value, Near) else (float(value), 0.0)
    readings = [(true, within)]
    if "%" in shown:
        readings.append((100 * true, 100 * within))
    return any(math.isfinite(t) and abs(number - t) <= half + w for t, w in readings)
