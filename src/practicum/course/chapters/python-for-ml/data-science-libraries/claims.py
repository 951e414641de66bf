"""The numbers of the lesson on NumPy, pandas and plots."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

TABLES = Path(__file__).parent / "labs" / "tables"
LLAMA_BEGIN = 128_000  # the first special id of Llama 3: beginning of text
SCORES = {"tuned": 62.3, "slerp": 64.3}  # accuracies of the first life, in per cent


@cache
def _ids():
    """The shipped Shakespeare as character ids."""
    text = files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_bytes()
    return np.unique(np.frombuffer(text, np.uint8), return_inverse=True)[1]


def _careless(n_values):
    """The loss of a perfect model, its predictions as a column and the targets as a row."""
    targets = np.random.default_rng(0).normal(size=n_values)
    targets = (targets - targets.mean()) / targets.std()
    return ((targets[:, None] - targets) ** 2).mean()


def perfect_loss():
    return _careless(1000)


def hand_loss():
    y = np.array([1.0, 2.0, 3.0])
    return ((y[:, None] - y) ** 2).mean()


def hand_sum():
    y = np.array([1.0, 2.0, 3.0])
    return ((y[:, None] - y) ** 2).sum()


def careless_megabytes():
    shape = np.broadcast_shapes((10_000, 1), (10_000,))
    return np.prod(shape) * np.dtype(np.float64).itemsize / 1e6


def wrong_row_sums():
    scores = np.log(np.array([[1.0, 1.0, 2.0], [1.0, 2.0, 1.0], [6.0, 1.0, 1.0]]))
    weights = np.exp(scores)
    return " ".join(f"{v:.2f}" for v in (weights / weights.sum(axis=1)).sum(axis=1))


def wrapped_id():
    return int(np.array([LLAMA_BEGIN]).astype(np.uint16)[0])


def stuck_sum():
    total = np.float16(0)
    for _ in range(5000):
        total = np.float16(total + np.float16(1))
    return float(total)


def n_characters():
    return len(_ids())


def window_gigabytes():
    return (len(_ids()) - 256) * 256 * 8 / 1e9


def _measured():
    wide = pd.read_csv(TABLES / "losses.csv")
    rows = wide.melt("step", var_name="run", value_name="loss").dropna(subset="loss")
    return rows.drop_duplicates(["run", "step"], keep="last")


def n_rows():
    return len(_measured())


def n_rows_careless():
    return len(_measured().merge(pd.read_csv(TABLES / "settings.csv"), on="run"))


@cache
def _by_rate():
    rows = _measured()
    settings = pd.read_csv(TABLES / "settings.csv").drop_duplicates("run")
    final = rows[rows["step"] == 400].set_index("run")["loss"]
    return settings.assign(final=settings["run"].map(final)).groupby("learning_rate")["final"]


def mean_at_ten():
    return _by_rate().mean()[10.0]


def mean_at_third():
    return _by_rate().mean()[0.3]


def best_mean():
    means = _by_rate().mean()
    assert means.idxmin() == 3.0
    return means.min()


@cache
def _speeches():
    """Nats and characters of every speech, by a model that knows only which character follows which."""
    ids = _ids()
    counts = np.zeros((65, 65))
    np.add.at(counts, (ids[:-1], ids[1:]), 1)
    nats = -np.log((counts / counts.sum(axis=1, keepdims=True))[ids[:-1], ids[1:]])
    text = files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_text("utf-8")
    found, start = [], 0
    for speech in text.split("\n\n"):
        speaker, _, said = speech.partition(":\n")
        begins, ends = start + len(speaker) + 2, start + len(speech)
        if said:
            found.append((nats[begins - 1 : ends - 1].sum(), len(said)))
        start = ends + 2
    return np.array(found)


def mean_of_means():
    nats, characters = _speeches().T
    return (nats / characters).mean()


def corpus_mean():
    nats, characters = _speeches().T
    return nats.sum() / characters.sum()


def short_speeches():
    nats, characters = _speeches().T
    return nats[characters <= 20].sum() / characters[characters <= 20].sum()


def true_ratio():
    return SCORES["slerp"] / SCORES["tuned"]


def drawn_ratio():
    return (SCORES["slerp"] - 62) / (SCORES["tuned"] - 62)
