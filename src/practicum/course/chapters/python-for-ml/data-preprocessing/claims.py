"""Every number of the lesson on data preprocessing, recomputed."""

from __future__ import annotations

import io
import math
from functools import cache

import numpy as np
import pandas as pd
from make_replies import rows

from practicum.data.clean import decontaminate
from practicum.learn.lessons.claims import Near
from practicum.measure.intervals import mean_interval

N_ROWS, N_COLUMNS, N_KEPT, N_FOLDS, N_TABLES = 60, 5000, 20, 6, 20
SMALL = [2.0, 4.0, 6.0]  # training values of the worked example
NEW = 10.0  # and its test value


def _coin_score(n_columns: int, peeking: bool, seed: int) -> float:
    """Cross-validated accuracy on coin tosses, from columns of noise of which the best are kept."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N_ROWS, n_columns))
    y = rng.permutation(np.arange(N_ROWS) % 2)
    right = 0
    for fold in range(N_FOLDS):
        test = np.arange(N_ROWS) % N_FOLDS == fold
        seen = np.ones(N_ROWS, bool) if peeking else ~test
        gap = np.abs(x[seen][y[seen] == 1].mean(0) - x[seen][y[seen] == 0].mean(0))
        kept = np.argsort(-gap)[:N_KEPT]
        ones, noughts = (x[~test][y[~test] == label][:, kept].mean(0) for label in (1, 0))
        new = x[test][:, kept]
        says_one = ((new - ones) ** 2).sum(1) < ((new - noughts) ** 2).sum(1)
        right += int((says_one == y[test]).sum())
    return right / N_ROWS


@cache
def _coin_scores(n_columns: int, peeking: bool) -> tuple[float, float, float]:
    """Mean over twenty tables of noise, with its interval."""
    return mean_interval([_coin_score(n_columns, peeking, seed) for seed in range(N_TABLES)])


def coin_peeking() -> Near:
    return Near(_coin_scores(N_COLUMNS, True)[0], 0.01)


def coin_honest() -> Near:
    return Near(_coin_scores(N_COLUMNS, False)[0], 0.01)


def small_mean() -> float:
    return float(np.mean(SMALL))


def small_spread() -> float:
    return float(np.std(SMALL))


def new_scaled() -> float:
    return (NEW - small_mean()) / small_spread()


def new_scaled_peeking() -> float:
    both = [*SMALL, NEW]
    return float((NEW - np.mean(both)) / np.std(both))


def six_scaled() -> float:
    return (SMALL[-1] - small_mean()) / small_spread()


def six_scaled_peeking() -> float:
    both = [*SMALL, NEW]
    return float((SMALL[-1] - np.mean(both)) / np.std(both))


@cache
def _table() -> pd.DataFrame:
    return pd.read_csv(io.StringIO("\n".join(rows())))


def timer_with_marks() -> float:
    """Mean seconds when −1 is taken for a time, without the replies that ran away."""
    table = _table()[_table().reply_tokens < 8192]
    return float(table.seconds.mean())


def timer_known() -> float:
    table = _table()[_table().reply_tokens < 8192]
    return float(table.seconds[table.seconds >= 0].mean())


def unlogged_share() -> float:
    return float(_table().temperature.isna().mean())


def reply_mean() -> float:
    return float(_table().reply_tokens.mean())


def reply_median() -> float:
    return float(_table().reply_tokens.median())


def n_runaway() -> int:
    return int((_table().reply_tokens == 8192).sum())


def largest_z_of_ten() -> float:
    """However large the largest of ten values is: (n − 1)/√n sample standard deviations."""
    return 9 / math.sqrt(10)


def upper_fence() -> float:
    """Of reply_tokens."""
    quarter, three = np.percentile(_table().reply_tokens, [25, 75])
    return float(three + 1.5 * (three - quarter))


def _rounded(value: float, largest: float) -> float:
    step = largest / 127
    return round(value / step) * step


def tenth_kept() -> float:
    """0.1 in eight bits when the largest value is 3.2."""
    return _rounded(0.1, 3.2)


def tenth_beside_outlier() -> float:
    return _rounded(0.1, 60.0)


@cache
def _levels(outlier: float) -> tuple[tuple[int, int], ...]:
    """(level, how many) of a thousand ordinary values in eight bits beside this outlier."""
    values = np.random.default_rng(0).normal(size=1000)
    largest = max(outlier, float(np.abs(values).max()))
    levels, counts = np.unique(np.round(values / largest * 127).astype(int), return_counts=True)
    return tuple(zip(levels.tolist(), counts.tolist(), strict=True))


def levels_alone() -> int:
    return len(_levels(0.0))


def levels_beside_sixty() -> int:
    return len(_levels(60.0))


def _features(table: pd.DataFrame, train: np.ndarray) -> np.ndarray:
    """Gaps filled, languages encoded; everything learned from the training rows."""
    numbers = table[["hour", "prompt_tokens", "reply_tokens", "temperature", "seconds"]].copy()
    numbers["seconds"] = numbers["seconds"].where(numbers["seconds"] >= 0)
    numbers = numbers.fillna(numbers[train].median())
    languages = sorted(set(table.language[train]))
    coded = np.stack([table.language == language for language in languages], axis=1)
    return np.hstack([numbers.to_numpy(), coded.astype(float)])


@cache
def _forest(folds: str) -> tuple[float, float, float]:
    """Accuracy in five folds of rows or of prompts, or on the very rows trained on ("seen").

    The interval is over prompts: the six rows of a prompt are no independent evidence.
    """
    from sklearn.ensemble import RandomForestClassifier

    table = _table()
    liked = table.liked.to_numpy()
    prompts = table.prompt.str[1:].astype(int).to_numpy()
    rng = np.random.default_rng(0)
    by_row, by_prompt = rng.permutation(len(table)) % 5, (rng.permutation(100) % 5)[prompts]
    part = by_prompt if folds == "prompts" else by_row
    right = np.zeros(len(table))
    for fold in range(5):
        test, train = part == fold, part != fold
        x = _features(table, train)
        forest = RandomForestClassifier(30, random_state=0).fit(x[train], liked[train])
        asked = train if folds == "seen" else test
        right[asked] = forest.predict(x[asked]) == liked[asked]
    return mean_interval([right[prompts == p].mean() for p in range(100)])


def forest_seen() -> Near:
    return Near(_forest("seen")[0], 0.01)


def forest_rows() -> Near:
    return Near(_forest("rows")[0], 0.02)


def forest_prompts() -> Near:
    return Near(_forest("prompts")[0], 0.02)


def always_liked() -> float:
    """Accuracy of saying "liked" every time."""
    return float(_table().liked.mean())


def n_rare_prompts() -> int:
    """Prompts in the rarest language."""
    table = _table()
    rarest = table.language.value_counts().idxmin()
    return int(table[table.language == rarest].prompt.nunique())


def n_contaminated() -> int:
    train = ["What is 86 + 35?", "Name a river in Peru."]
    return decontaminate(train, str, ["what is 35 + 86 ?"])[1]
