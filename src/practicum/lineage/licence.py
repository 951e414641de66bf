"""Licences, computed: what an artifact's own terms and those of all it was made from add up to.

This sorts licence ids; it is not legal advice, and the reasons are printed beside the word.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from practicum.lineage.members import GONE, Family, plain

Word = Literal["permissive", "share-alike", "restricted", "unknown"]
# A known restriction is certain, so it outranks a blank; a blank outranks what could be kept.
SEVERITY: tuple[Word, ...] = ("restricted", "unknown", "share-alike", "permissive")

PERMISSIVE = """
0bsd afl-3.0 apache-2.0 artistic-2.0 blueoak-1.0.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear
bsl-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0
ecl-2.0 isc mit mit-0 ms-pl ncsa odc-by odc-by-1.0 pddl pddl-1.0 postgresql unlicense wtfpl zlib
"""
SHARE_ALIKE = """
agpl-3.0 agpl-3.0-only agpl-3.0-or-later cc-by-sa-2.0 cc-by-sa-2.5 cc-by-sa-3.0 cc-by-sa-4.0
cdla-sharing-1.0 epl-2.0 eupl-1.1 eupl-1.2 gfdl gfdl-1.3 gpl gpl-2.0 gpl-2.0-only
gpl-2.0-or-later gpl-3.0 gpl-3.0-only gpl-3.0-or-later lgpl lgpl-2.1 lgpl-2.1-only
lgpl-2.1-or-later lgpl-3.0 lgpl-3.0-only lgpl-3.0-or-later mpl-2.0 odbl odbl-1.0 osl-3.0
"""
NOT_COMMERCIAL = """
cc-by-nc-2.0 cc-by-nc-2.5 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0
cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0
"""
NOT_CHANGED = "cc-by-nd-3.0 cc-by-nd-4.0"
OWN_TERMS = """
bigcode-openrail-m bigscience-bloom-rail-1.0 bigscience-openrail-m creativeml-openrail-m
deepfloyd-if-license gemma llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 openrail openrail++
"""
GROUPS: tuple[tuple[Word, str, str], ...] = (
    ("permissive", "free to use and pass on, with credit", PERMISSIVE),
    ("share-alike", "what you pass on must keep these terms", SHARE_ALIKE),
    ("restricted", "no commercial use", NOT_COMMERCIAL),
    ("restricted", "no changed versions may be passed on", NOT_CHANGED),
    ("restricted", "the maker's own terms of use", OWN_TERMS),
)
# Looked up whole: "limited" contains "mit", and a part of a name is not a licence.
TABLE = {name: (word, terms) for word, terms, ids in GROUPS for name in ids.split()}


@dataclass(frozen=True)
class Claim:
    """One licence that bears on an artifact, and how it gets there.

    `licence` is as declared, None where a root declares nothing. `path` leads from the one
    that declares it (`digest`) down to the artifact, as labels.
    """

    licence: str | None
    word: Word
    terms: str
    digest: str
    path: tuple[str, ...]

    @property
    def what(self) -> str:
        """The word, the licence and its terms, as the beginning of a reason."""
        name = plain(self.licence) if self.licence else "no licence declared"
        return f"{self.word}: {name} ({self.terms})"

    @property
    def where(self) -> str:
        """The way it came, as the end of a reason."""
        return "itself" if len(self.path) == 1 else " → ".join(plain(p) for p in self.path)


@dataclass(frozen=True)
class Summary:
    """What the claims add up to. `licence` is an id fit for a model card's front matter."""

    word: Word
    licence: str
    reasons: tuple[str, ...]
    claims: tuple[Claim, ...]


def classify(licence: str | None) -> tuple[Word, str]:
    """The word and the terms of a licence id, compared whole and without regard to case."""
    if licence is None or not licence.strip():
        return "unknown", "nothing is known of its terms"
    return TABLE.get(licence.strip().casefold(), ("unknown", "not an id this table knows"))


def effective_licences(family: Family, digest: str) -> tuple[Claim, ...]:
    """Every licence declared by an artifact or by what it was made from, nearest first.

    A derived artifact that declares nothing adds nothing: its parents speak. A model without
    parents that declares nothing claims None. Data counts when it declares licences. What a
    model only remembers of its data counts when the data can no longer be asked.
    """
    family.node(digest)
    below: dict[str, str | None] = {digest: None}
    waiting = deque([digest])
    claims: list[Claim] = []
    while waiting:
        here = waiting.popleft()
        node, edges = family.by_digest[here], family.parents[here]
        is_silent_root = not node.declared and not edges and not node.is_data
        for licence in node.declared or ((None,) if is_silent_root else ()):
            claims.append(_claim(family, licence, here, below))
        for edge in edges:
            if edge.parent not in below:
                below[edge.parent] = here
                waiting.append(edge.parent)
    told = {(c.licence or "").casefold() for c in claims}
    for here in sorted(below, key=lambda d: family.by_digest[d].generation):  # the first to know
        for licence in family.by_digest[here].carried:
            if licence.casefold() not in told:
                told.add(licence.casefold())
                claims.append(_claim(family, licence, here, below))
    return tuple(claims)


def _claim(family: Family, licence: str | None, here: str, below: dict[str, str | None]) -> Claim:
    word, terms = classify(licence)
    if family.by_digest[here].kind == GONE:
        terms = "deleted, so its terms cannot be read"
    return Claim(licence, word, terms, here, _path(family, here, below))


def _path(family: Family, start: str, below: dict[str, str | None]) -> tuple[str, ...]:
    labels: list[str] = []
    here: str | None = start
    while here is not None:
        labels.append(family.by_digest[here].label)
        here = below[here]
    return tuple(labels)


def summary(family: Family, digest: str) -> Summary:
    """The strictest word among the claims, with a reason for each licence, strictest first."""
    claims = sorted(effective_licences(family, digest), key=lambda c: SEVERITY.index(c.word))
    if not claims:
        reason = "unknown: neither it nor anything it was made from declares a licence"
        return Summary("unknown", "unknown", (reason,), ())
    word = claims[0].word
    ways: dict[str, list[str]] = {}
    for claim in claims:
        ways.setdefault(claim.what, []).append(claim.where)
    reasons = [f"{what}, from {'; '.join(where)}" for what, where in ways.items()]
    own = [c for c in claims if c.digest == digest]
    if own and all(c.word != word for c in own):
        declared = ", ".join(plain(c.licence or "") for c in own)
        reasons.append(f"it declares {declared} itself, which cannot loosen what it was made from")
    return Summary(word, _front_matter_id(claims, word), tuple(reasons), tuple(claims))


def _front_matter_id(claims: list[Claim], word: Word) -> str:
    """The one id that decides; "other" when several do, "unknown" when none is known."""
    if word == "unknown":
        return "unknown"
    deciding = {(c.licence or "").strip().casefold() for c in claims if c.word == word}
    return deciding.pop() if len(deciding) == 1 else "other"
