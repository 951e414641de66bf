"""A ranking from comparisons: Bradley–Terry strengths, an advantage of the left place, intervals.

The model  The chance that the left one is preferred is σ(strength of left − strength of right
           + advantage of the left place), and a tie counts as half a win of each.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from practicum.core.errors import PracticumError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

POINTS = 400 / math.log(10)  # of the Elo scale, in one nat: 400 points are ten wins to one
AVERAGE = 1000.0  # where the mean of those ranked is put
N_RESAMPLES = 2000  # a percentile at 2.5 % then rests on fifty resamples
# Ties that each is lent against an average opponent, in resamples: one in which somebody always
# wins has no finite maximum. Half a battle keeps the cover of the intervals at 95 % (a test).
LENT = 0.5
LONGEST_STEP = 2.0  # of Newton's method, in nats: from far away a full step goes too far
N_STEPS = 100


@dataclass(frozen=True)
class Battle:
    """Two answers compared: `score` is 1 when left is better, 0 when right is, ½ when neither."""

    left: str
    right: str
    score: float


@dataclass(frozen=True)
class Standing:
    """One of those ranked.

    Units  rating and its 95 % interval in points of the Elo scale, the mean of all being 1000.
    best   the best place that the intervals allow: one more than those that are surely better
    """

    name: str
    rating: float
    ci95: tuple[float, float] | None
    best: int
    n: int
    won: int
    tied: int
    lost: int


@dataclass(frozen=True)
class Ranking:
    """The standings, best first.

    left_share  how often the left one of two equals is preferred, with its 95 % interval; None
                when place and strength cannot be told apart: the order was never turned, or one
                place won wherever it was tried
    complaint   why there are no intervals; "" when there are
    """

    standings: tuple[Standing, ...]
    left_share: tuple[float, float, float] | None
    n: int
    complaint: str = ""


@dataclass(frozen=True)
class Strengths:
    """Maximum-likelihood strengths in nats, their mean 0, and the advantage of the left place."""

    names: tuple[str, ...]
    values: tuple[float, ...]
    advantage: float | None


def strengths(battles: Sequence[Battle], lent: float = 0.0) -> Strengths:
    """The strengths under which these battles are likeliest.

    With `lent` above 0, each is lent so many ties against an average opponent.

    `advantage` is None when the data do not tell it from strength; it is then taken as 0.

    Raises  PracticumError when the maximum is not finite or not unique, saying of whom.
    Source  Bradley and Terry 1952; that the maximum is finite and unique exactly when nobody's
            battles were all won by one side of a split: Ford 1957. Solved by Newton's method.
    """
    table = _Table.of(battles)
    if table.complaint and not lent:
        raise PracticumError(table.complaint, hint="more battles, also between those far apart")
    beta = table.fit(table.counts[None], lent)[0]
    k = len(table.names)
    return Strengths(table.names, tuple(float(b) for b in beta[:k]),
                     float(beta[k]) if table.has_place else None)  # fmt: skip


def rank(battles: Sequence[Battle], seed: int = 0) -> Ranking:
    """The ranking with 95 % bootstrap intervals over battles.

    When somebody has not lost yet, ratings are those with half a tie lent to everybody, and
    there are no intervals: the data set no upper end.

    Raises  PracticumError without battles, or when they fall into groups that never met.
    Source  Percentile intervals of 2,000 resamples, as Chatbot Arena's (Chiang et al. 2024).
    """
    import numpy as np

    table = _Table.of(battles)
    names, k = table.names, len(table.names)
    beta = table.fit(table.counts[None], LENT if table.complaint else 0.0)[0]
    ends: Floats | None = None
    if not table.complaint:
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(len(battles), table.counts / len(battles), N_RESAMPLES)
        ends = np.percentile(table.fit(drawn, LENT), [2.5, 97.5], axis=0)  # (2, k + place)
    standings = _standings(battles, names, beta[:k], None if ends is None else ends[:, :k])
    left = None
    if table.has_place and ends is not None:
        low, high = (1 / (1 + math.exp(-float(e))) for e in ends[:, k])
        left = (1 / (1 + math.exp(-float(beta[k]))), low, high)
    return Ranking(standings, left, len(battles), table.complaint)


def _standings(
    battles: Sequence[Battle], names: Sequence[str], values: Floats, ends: Floats | None
) -> tuple[Standing, ...]:
    scores: dict[str, Counter[float]] = {name: Counter() for name in names}
    for b in battles:
        scores[b.left][b.score] += 1
        scores[b.right][1 - b.score] += 1
    low, high = (ends[0], ends[1]) if ends is not None else (values, values)
    found = []
    for i, name in enumerate(names):
        better = int((low > high[i]).sum()) if ends is not None else 0
        interval = (_points(low[i]), _points(high[i])) if ends is not None else None
        told = scores[name]
        found.append(Standing(name, _points(values[i]), interval, 1 + better, told.total(),
                              told[1.0], told[0.5], told[0.0]))  # fmt: skip
    return tuple(sorted(found, key=lambda s: (-s.rating, s.name)))


def _points(nats: float) -> float:
    return AVERAGE + POINTS * float(nats)


@dataclass(frozen=True)
class _Table:
    """Battles counted by kind.

    Shapes  design (C, k + place): +1 for left, −1 for right, 1 for the place; scores and counts (C,)
    """

    names: tuple[str, ...]
    design: Floats
    scores: Floats
    counts: Floats
    has_place: bool
    complaint: str

    @classmethod
    def of(cls, battles: Sequence[Battle]) -> _Table:
        import numpy as np

        if not battles:
            raise PracticumError("there is no battle to rank by", hint="vote on a few first")
        wrong = [b for b in battles if b.left == b.right or b.score not in (0.0, 0.5, 1.0)]
        if wrong:
            raise PracticumError(f"{wrong[0]} is no battle")
        names = tuple(sorted({name for b in battles for name in (b.left, b.right)}))
        place = {name: i for i, name in enumerate(names)}
        kinds = Counter((b.left, b.right, b.score) for b in battles)
        design = np.zeros((len(kinds), len(names) + 1))
        for row, (left, right, _) in enumerate(kinds):
            design[row, place[left]], design[row, place[right]] = 1.0, -1.0
        _check_connected(names, design[:, :-1])
        scores = np.array([score for _, _, score in kinds])
        complaint = _undefeated(battles, names)
        design[:, -1] = 1.0
        # Of full rank only when some pair met in both orders, or a circle of pairs did.
        turned = int(np.linalg.matrix_rank(design)) == len(names)
        has_place = turned and (bool(complaint) or _is_bounded(design, scores))
        return cls(names, design if has_place else design[:, :-1], scores,
                   np.array(list(kinds.values()), dtype=float), has_place, complaint)  # fmt: skip

    def fit(self, counts: Floats, lent: float) -> Floats:
        """Strengths for every row of counts, their mean 0, and the place's advantage last.

        Shapes  counts (R, C) → (R, k + place)
        """
        import numpy as np

        k, p = len(self.names), self.design.shape[1]
        own = np.eye(p)  # lent ties: each strength, and the place, against an average of 0
        # The likelihood does not know where zero is; this term puts it at the mean.
        middle = np.zeros((p, p))
        middle[:k, :k] = 1.0
        beta = np.zeros((len(counts), p))
        for _ in range(N_STEPS):
            odds = 1 / (1 + np.exp(-beta @ self.design.T))  # (R, C)
            own_odds = 1 / (1 + np.exp(-beta))
            slope = (counts * (self.scores - odds)) @ self.design
            slope += lent * (0.5 - own_odds) - beta @ middle
            curve = np.einsum("rc,ci,cj->rij", counts * odds * (1 - odds), self.design, self.design)
            curve += (lent * own_odds * (1 - own_odds))[:, :, None] * own + middle
            step = np.linalg.solve(curve, slope[:, :, None])[:, :, 0]
            size = np.abs(step).max(1, keepdims=True)
            beta = beta + step * np.minimum(1.0, LONGEST_STEP / np.maximum(size, 1e-300))
            if size.max() < 1e-10:
                break
        beta[:, :k] -= beta[:, :k].mean(1, keepdims=True)
        return beta


def _check_connected(names: Sequence[str], pairs: Floats) -> None:
    """Raises PracticumError when there are groups between which nobody ever met."""
    from scipy.sparse.csgraph import connected_components

    n, label = connected_components(pairs.T @ pairs != 0, directed=False)
    if n > 1:
        groups = [", ".join(m for m, g in zip(names, label, strict=True) if g == i)
                  for i in range(n)]  # fmt: skip
        raise PracticumError(
            f"{n} groups never met, so that nothing ranks one against the other: "
            + " | ".join(groups),
            hint="a battle between two of different groups",
        )


def _undefeated(battles: Sequence[Battle], names: Sequence[str]) -> str:
    """Who has no finite strength; "" when everybody is reached from everybody over wins and ties."""
    import numpy as np
    from scipy.sparse.csgraph import connected_components

    place = {name: i for i, name in enumerate(names)}
    beat = np.zeros((len(names), len(names)), dtype=bool)
    for b in battles:
        beat[place[b.left], place[b.right]] |= b.score > 0
        beat[place[b.right], place[b.left]] |= b.score < 1
    n, label = connected_components(beat, directed=True, connection="strong")
    if n == 1:
        return ""
    # Of several groups there is one that nobody outside ever took half a point from.
    inside = next(label == g for g in range(n) if not beat[label != g][:, label == g].any())
    best = " and ".join(m for m, ours in zip(names, inside, strict=True) if ours)
    verb = "has" if inside.sum() == 1 else "have"
    others = "" if inside.sum() == 1 else " to anybody else"
    return f"{best} {verb} not lost{others} yet, so no rating would be too high"


def _is_bounded(design: Floats, scores: Floats) -> bool:
    """Whether no direction of the parameters makes every outcome likelier, or as likely.

    Source  Albert and Anderson 1984: the data are not separated. Asked of a linear program.
    """
    import numpy as np
    from scipy.optimize import linprog

    signed = design * np.sign(scores - 0.5)[:, None]
    ties, decided = design[scores == 0.5], signed[scores != 0.5]
    if not len(decided):
        return True
    found = linprog(-decided.sum(0), A_ub=-decided, b_ub=np.zeros(len(decided)), bounds=(-1, 1),
                    A_eq=ties if len(ties) else None,
                    b_eq=np.zeros(len(ties)) if len(ties) else None)  # fmt: skip
    return bool(-found.fun < 1e-9)
