"""Two contenders in turn: ours, peer, ours, peer, so that a busy minute hits both."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")
Ours = TypeVar("Ours")
Peer = TypeVar("Peer")


@dataclass(frozen=True)
class Spent:
    """What a piece of work took: wall-clock, and processor time of all threads together."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Medians:
    """Median rates of both and the median of the ratios of neighbours, with its extremes."""

    ours: float
    peer: float
    ratio: float
    lowest: float
    highest: float
    n: int

    @property
    def spread(self) -> str:
        """How far single rounds lie apart, for a row's note."""
        return f"{self.n} rounds, ratios {self.lowest:.2f} to {self.highest:.2f}"


def spent(work: Callable[[], Result]) -> tuple[Spent, Result]:
    """What the work took, and its result. Garbage of earlier work is collected before."""
    gc.collect()
    cpu, clock = time.process_time(), time.perf_counter()
    result = work()
    return Spent(time.perf_counter() - clock, time.process_time() - cpu), result


def alternate(
    ours: Callable[[], Ours], peer: Callable[[], Peer], n_rounds: int
) -> list[tuple[Ours, Peer]]:
    """The results of both in every round, neighbours in time."""
    return [(ours(), peer()) for _ in range(n_rounds)]


def medians(rates: Iterable[tuple[float, float]]) -> Medians:
    """Medians of (ours, peer) rates."""
    pairs = list(rates)
    ratios = [a / b for a, b in pairs]
    return Medians(
        statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs),
        statistics.median(ratios), min(ratios), max(ratios), len(pairs),
    )  # fmt: skip
