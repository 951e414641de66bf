"""What the arena's pages show: the models to choose from, the ranking, its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from practicum.core.errors import PracticumError
from practicum.core.store import Store
from practicum.evaluate.judging.arena import Arena, Duel, Fighter, too_few
from practicum.evaluate.judging.ranking import AVERAGE, Ranking
from practicum.measure.told import Picture, Point

SPEAKERS = ("model", "adapter")
FIRST_CHOSEN = 4  # models that are ticked when nobody chose yet


@dataclass(frozen=True)
class Table:
    """The ranking as far as there is one, with what must be said beside it."""

    ranking: Ranking | None
    n_votes: int
    n_bad: int
    warnings: tuple[str, ...]

    @property
    def has_intervals(self) -> bool:
        """Whether there is something to draw."""
        return self.ranking is not None and not self.ranking.complaint


def fighters(store: Store) -> list[Fighter]:
    """Everything in the store that can speak, named as people know it, those with names first."""
    names: dict[str, str] = {}
    for name, digest in store.names().items():
        names[digest] = name  # the newest name
    found = [a for a in store.artifacts() if a.kind in SPEAKERS]
    found.sort(key=lambda a: (a.digest not in names, names.get(a.digest, "")))
    return [
        Fighter(a.digest, names.get(a.digest) or f"{a.meta.get('name') or a.kind}@{a.short}")
        for a in found
    ]


def chosen(known: Sequence[Fighter], last: Duel | None) -> set[str]:
    """Digests to begin with: those of the last battle, else the first few."""
    ours = {f.digest for f in known}
    before = ours & set(last.among) if last else set()
    return before if len(before) > 1 else {f.digest for f in known[:FIRST_CHOSEN]}


def table(arena: Arena) -> Table:
    """The ranking of all votes."""
    votes = [d.vote for d in arena.duels() if d.vote not in (None, "skipped")]
    warnings: list[str] = []
    ranking = None
    if votes:
        try:
            ranking = arena.ranking()
        except PracticumError as error:
            warnings += [f"{c.what}. It takes {c.hint}." for c in error.complaints]
        else:
            if ranking.complaint:
                warnings.append(f"No intervals yet: {ranking.complaint}.")
            warnings += [told for told in (too_few(ranking),) if told]
    return Table(ranking, len(votes), votes.count("both-bad"), tuple(warnings))


def picture(ranking: Ranking) -> Picture:
    """Ratings as points above and below the average, with their intervals."""
    from practicum.measure.plots import dots

    points = [
        Point(s.name, s.rating - AVERAGE, *((e - AVERAGE) for e in s.ci95 or ()))
        for s in ranking.standings
    ]
    return dots(claim(ranking), points, x="points above the average of those ranked")


def claim(ranking: Ranking) -> str:
    """What the votes show, no more than the intervals allow."""
    first, *others = ranking.standings
    votes = f"{ranking.n} vote" if ranking.n == 1 else f"{ranking.n} votes"
    if ranking.complaint or any(s.best == 1 for s in others):
        return f"No model is preferred beyond chance after {votes}"
    return f"{first.name} is preferred to all others, beyond chance, after {votes}"
