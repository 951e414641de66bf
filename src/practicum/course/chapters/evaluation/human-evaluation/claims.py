"""Every number of the lesson on human evaluation, recomputed."""

from __future__ import annotations

import functools
import math

import numpy as np

from practicum.measure.intervals import Z_95, Gain, paired_gain, wilson

# Pairs whose verdict went to the first place, whichever answer was there, and to the second: GPT-4 as judge, Zheng et al.
# 2023, table 2, default prompt. The two answers of a pair came from one model, asked twice.
GPT4_FIRST, GPT4_SECOND = 0.300, 0.050
# PubMedQA's 1,000 expert-labelled abstracts: rows by the annotator who saw the abstract only, columns by the one who
# saw its conclusion too; yes, no, maybe.
PUBMED = np.array([[454, 98, 62], [53, 224, 25], [43, 18, 23]])
PLANTED = {"amber": 0.9, "birch": 0.5, "cedar": 0.1, "dune": -0.4, "ember": -1.1}
N_VOTES, N_ORDERS, K = 600, 500, 32
Z_80 = 0.8416212335729143  # 80 % point of the normal distribution


def first_of_changed() -> float:
    """Of the verdicts that a swap changes, those for the first place."""
    return GPT4_FIRST / (GPT4_FIRST + GPT4_SECOND)


def three_to_one() -> float:
    """The difference of strengths at odds of three to one."""
    return math.log(3)


def three_to_one_elo() -> float:
    return 400 * math.log10(3)


def two_steps() -> float:
    """The chance that A beats C when A beats B and B beats C three times in four."""
    return 1 / (1 + math.exp(-2 * math.log(3)))


WINS = np.array(
    [[0, 3, 3], [1, 0, 3], [1, 1, 0]], float
)  # A, B, C: row over column, four games a pair


def _step(p: np.ndarray) -> np.ndarray:
    games = WINS + WINS.T
    return WINS.sum(1) / (games / (p[:, None] + p[None, :])).sum(1)


def first_step_a() -> float:
    return float(_step(np.ones(3))[0])


def first_step_b() -> float:
    return float(_step(np.ones(3))[1])


def first_step_c() -> float:
    return float(_step(np.ones(3))[2])


@functools.cache
def _settled() -> np.ndarray:
    p = np.ones(3)
    for _ in range(2000):
        p = _step(p)
        p /= np.exp(np.log(p).mean())
    return p


def settled_a_over_b() -> float:
    p = _settled()
    return float(p[0] / p[1])


def settled_a_over_c() -> float:
    p = _settled()
    return float(p[0] / p[2])


def expected_wins_of_a() -> float:
    p = _settled()
    return float(sum(4 * p[0] / (p[0] + p[j]) for j in (1, 2)))


def even_gain() -> float:
    """Elo points that a win between equals moves."""
    return K / 2


def upset_gain() -> float:
    """Elo points that an outsider 400 behind wins."""
    return K * (1 - 1 / 11)


def _votes_of(n: int, seed: int) -> np.ndarray:
    """n votes between the planted models, as rows (winner, loser) of indices."""
    rng = np.random.default_rng(seed)
    s = np.array(list(PLANTED.values()))
    pairs = np.array([rng.choice(len(s), 2, replace=False) for _ in range(n)])
    first = rng.random(n) < 1 / (1 + np.exp(s[pairs[:, 1]] - s[pairs[:, 0]]))
    return np.where(first[:, None], pairs, pairs[:, ::-1])


def _fit(votes: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Bradley–Terry strengths with mean 0, by Newton's method from counts of wins.

    Half a tie a pair is added, so that the strength of an unbeaten model stays finite.
    """
    m = len(PLANTED)
    wins = np.full((m, m), 0.25) - 0.25 * np.eye(m)
    np.add.at(wins, (votes[:, 0], votes[:, 1]), 1 if weights is None else weights)
    games, s = wins + wins.T, np.zeros(m)
    for _ in range(50):
        p = 1 / (1 + np.exp(s[None, :] - s[:, None]))
        slope = wins.sum(1) - (games * p).sum(1)
        bend = games * p * (1 - p)
        step = np.linalg.lstsq(np.diag(bend.sum(1)) - bend, slope, rcond=None)[0]
        s = s + step
        if np.abs(step).max() < 1e-10:
            break
    return s - s.mean()


def _bounds(votes: np.ndarray, times: int = 300) -> np.ndarray:
    """Rows (low, high) by model: 95 % of the fits to resampled votes."""
    rng = np.random.default_rng(1)
    fits = [_fit(votes[rng.integers(0, len(votes), len(votes))]) for _ in range(times)]
    return np.percentile(fits, [2.5, 97.5], axis=0).T


@functools.cache
def _elo_orders() -> np.ndarray:
    """Final ratings by model (columns) of the same votes in many orders (rows)."""
    votes, rng, rows = _votes_of(N_VOTES, 7), np.random.default_rng(0), []
    for _ in range(N_ORDERS):
        rating = [1000.0] * len(PLANTED)
        for a, b in votes[rng.permutation(N_VOTES)].tolist():
            gain = K * (1 - 1 / (1 + 10 ** ((rating[b] - rating[a]) / 400)))
            rating[a] += gain
            rating[b] -= gain
        rows.append(rating)
    return np.array(rows)


def best_lowest() -> float:
    return float(_elo_orders()[:, 0].min())


def best_highest() -> float:
    return float(_elo_orders()[:, 0].max())


def best_dethroned() -> float:
    """The share of orders in which the best model does not come first."""
    return float((_elo_orders().argmax(1) != 0).mean())


def best_fitted() -> float:
    """The same votes' Bradley–Terry strength of the best model, on Elo's scale."""
    return float(1000 + 400 / math.log(10) * _fit(_votes_of(N_VOTES, 7))[0])


@functools.cache
def _judged(lean: float, wordy: float, seed: int, n: int = 300) -> tuple[tuple[bool, ...], ...]:
    """Whether A won with A on the left, and with A on the right, for n pairs of answers.

    A is a little better and sixty words longer on average; z is in log-odds.
    """
    rng = np.random.default_rng(21)
    quality, length = rng.normal(0.3, 0.8, n), rng.normal(0.6, 1.0, n)
    z = quality + wordy * length
    draw = np.random.default_rng(seed).random((2, n))
    left = draw[0] < 1 / (1 + np.exp(-(z + lean)))
    right = draw[1] < 1 / (1 + np.exp(-(z - lean)))
    return tuple(left.tolist()), tuple(right.tolist())


def _chair() -> Gain:
    """What the left chair is worth to A, with the leaning judge."""
    left, right = _judged(1.5, 0.0, 2)
    return paired_gain(right, left)


def won_left() -> float:
    return float(np.mean(_judged(1.5, 0.0, 2)[0]))


def won_right() -> float:
    return float(np.mean(_judged(1.5, 0.0, 2)[1]))


def won_both_ways() -> float:
    return float(np.mean(_judged(1.5, 0.0, 2)))


def chair_gain() -> float:
    return 100 * _chair().difference


def chair_low() -> float:
    return 100 * _chair().low


def chair_high() -> float:
    return 100 * _chair().high


def fair_won() -> float:
    return float(np.mean(_judged(0.0, 0.0, 1)))


def wordy_won() -> float:
    return float(np.mean(_judged(0.0, 0.9, 3)))


def wordy_chair() -> float:
    """Percentage points between the two chairs, with the judge who counts words."""
    left, right = _judged(0.0, 0.9, 3)
    return 100 * paired_gain(right, left).difference


def agreed() -> float:
    return float(np.trace(PUBMED) / PUBMED.sum())


def _shares() -> tuple[np.ndarray, np.ndarray]:
    return PUBMED.sum(1) / PUBMED.sum(), PUBMED.sum(0) / PUBMED.sum()


def by_chance() -> float:
    rows, columns = _shares()
    return float((rows * columns).sum())


def yes_first() -> float:
    return float(_shares()[0][0])


def yes_second() -> float:
    return float(_shares()[1][0])


def no_first() -> float:
    return float(_shares()[0][1])


def no_second() -> float:
    return float(_shares()[1][1])


def maybe_first() -> float:
    return float(_shares()[0][2])


def maybe_second() -> float:
    return float(_shares()[1][2])


def kappa() -> float:
    return (agreed() - by_chance()) / (1 - by_chance())


def _needed(share: float) -> int:
    """Votes until a two-sided test at 5 % notices this share of wins four times in five."""
    root = (Z_95 * 0.5 + Z_80 * math.sqrt(share * (1 - share))) / (share - 0.5)
    return math.ceil(root**2)


def needed_seventy() -> int:
    return _needed(0.7)


def needed_sixty() -> int:
    return _needed(0.6)


def needed_fifty_five() -> int:
    return _needed(0.55)


def needed_fifty_two() -> int:
    return _needed(0.52)


def hundred_low() -> float:
    """Wilson's interval of 58 wins in 100."""
    return wilson(58, 100)[0]


def hundred_high() -> float:
    return wilson(58, 100)[1]
