"""What each task must satisfy."""

import numpy as np
import pandas as pd

from practicum.learn.labs.checking import close, equal, fail, holds, raises


def _columns(frame, wanted, what):
    holds(isinstance(frame, pd.DataFrame), f"{what} gave {type(frame).__name__}, not a DataFrame")
    missing = [name for name in wanted if name not in frame.columns]
    holds(not missing, f"{what} has columns {list(frame.columns)}; {missing} missing")


def tidy(lab):
    wide = pd.DataFrame({"step": [0, 10, 20], "a": [4.0, 3.0, np.nan], "b": [4.5, np.nan, np.nan]})
    got = lab.tidy(wide)
    _columns(got, ["step", "run", "loss"], "tidy(three steps of two runs)")
    if len(got) == 6:
        fail(
            "tidy kept six rows, three of them empty: a cell that was never filled is not a measurement"
        )
    if len(got) == 1:
        fail(
            "tidy dropped every step at which ANY run is empty: one dead run would take the others along"
        )
    found = sorted(zip(got["run"], got["step"], got["loss"], strict=True))
    equal(
        found, [("a", 0, 4.0), ("a", 10, 3.0), ("b", 0, 4.5)], "the rows of tidy (run, step, loss)"
    )
    holds(len(wide.columns) == 3, "tidy changed the table that it was given")


def latest(lab):
    rows = pd.DataFrame(
        {
            "step": [0, 10, 20, 10, 20, 10],
            "run": ["a", "a", "a", "b", "a", "a"],
            "loss": [4.0, 3.0, 2.0, 3.5, 2.1, 3.1],
        }
    )
    got = lab.latest(rows)
    _columns(got, ["step", "run", "loss"], "latest(rows)")
    found = {(r, s): v for r, s, v in zip(got["run"], got["step"], got["loss"], strict=True)}
    if len(got) == 6:
        fail(
            "latest dropped nothing: rows that differ in their loss are still the same run and step"
        )
    holds(("b", 10) in found, "latest dropped a step because ANOTHER run had logged it")
    holds(len(got) == 4, f"latest kept {len(got)} rows of four different (run, step)")
    if found[("a", 10)] == 3.0:
        fail("latest kept the first row of a repeated step: the resumed run has overwritten it")
    equal(found, {("a", 0): 4.0, ("a", 10): 3.1, ("a", 20): 2.1, ("b", 10): 3.5},
          "the losses that latest keeps", "the row that stands last, not the smaller loss")  # fmt: skip


def with_settings(lab):
    rows = pd.DataFrame({"step": [0, 10, 0], "run": ["a", "a", "stray"], "loss": [4.0, 3.0, 4.2]})
    settings = pd.DataFrame({"run": ["a", "unused"], "learning_rate": [0.1, 0.5]})
    got = lab.with_settings(rows, settings)
    _columns(got, ["step", "run", "loss", "learning_rate"], "with_settings(rows, settings)")
    if "unused" in set(got["run"]):
        fail("with_settings made a row for a run that was never measured")
    if "stray" not in set(got["run"]):
        fail(
            "with_settings lost the measurement of a run that the settings do not list: an inner merge drops it"
        )
    holds(len(got) == 3, f"three measurements became {len(got)} rows")
    rates = got.set_index(["run", "step"])["learning_rate"]
    close(rates[("a", 10)], 0.1, "the learning rate of run a, step 10")
    holds(pd.isna(rates[("stray", 0)]), "a run without settings should have no learning rate")
    twice = pd.DataFrame({"run": ["a", "a"], "learning_rate": [0.1, 0.1]})
    raises(
        pd.errors.MergeError,
        lambda: lab.with_settings(rows, twice),
        "with_settings with a run listed twice",
        "its rows are doubled; merge can check its keys itself when it is told what to expect",
    )


def final_losses(lab):
    rows = pd.DataFrame(
        {
            "step": [20, 0, 10, 0, 10, 0, 20],
            "run": ["a", "a", "a", "dead", "dead", "b", "b"],
            "loss": [2.5, 4.0, 2.0, 4.0, 9.0, 4.0, 3.0],
        }
    )
    got = lab.final_losses(rows)
    holds(
        isinstance(got, pd.Series), f"final_losses gave {type(got).__name__}; a Series is expected"
    )
    holds("a" in got.index, f"final_losses should be indexed by run, not by {list(got.index)[:3]}")
    if "dead" not in got.index:
        fail("the run that stopped early is gone from the list; nobody would miss it")
    if got["a"] == 2.0:
        fail(
            "run a came back with 2.0: either its best loss, or the last row; rows need not be in order"
        )
    if not pd.isna(got["dead"]):
        fail(
            f"the run that stopped at step 10 has a final loss of {got['dead']}: that is its last number, not its end"
        )
    close(got[["a", "b"]].to_list(), [2.5, 3.0], "the final losses of a and b")
    holds(len(got) == 3, f"three runs, {len(got)} final losses")


def by_rate(lab):
    runs = pd.DataFrame(
        {
            "run": list("abcdef"),
            "learning_rate": [1.0, 0.1, 1.0, 0.1, 1.0, 10.0],
            "final": [2.0, 3.0, 4.0, 3.5, np.nan, np.nan],
        }
    )
    got = lab.by_rate(runs)
    _columns(got, ["mean", "spread", "seeds", "dead"], "by_rate(six runs)")
    holds(
        list(got.index) == [0.1, 1.0, 10.0],
        f"the rows of by_rate are {list(got.index)}; one row for each rate, in ascending order, "
        "as the index, and a rate whose runs all died is still a rate",
    )
    close(got.loc[1.0, "mean"], 3.0, "the mean at rate 1",
          "the mean of the runs that came to the end")  # fmt: skip
    if np.isclose(got.loc[0.1, "spread"], 0.25):
        fail(
            "the spread divides by n; a sample of seeds needs n − 1, or it looks steadier than it is"
        )
    close(got.loc[0.1, "spread"], 0.5 / np.sqrt(2), "the spread at rate 0.1")
    if got.loc[1.0, "seeds"] == 2:
        fail("rate 1 has three seeds, and 2 were counted: 'count' passes over the dead one")
    equal(got["seeds"].tolist(), [2, 3, 1], "seeds")
    equal(got["dead"].tolist(), [0, 1, 1], "dead")


def corpus_loss(lab):
    documents = pd.DataFrame(
        {
            "kind": ["code", "prose", "code", "prose"],
            "nats": [10.0, 30.0, 10.0, 60.0],
            "characters": [10, 10, 90, 30],
        }
    )
    got = lab.corpus_loss(documents, "kind")
    holds(
        isinstance(got, pd.Series),
        f"corpus_loss gave {type(got).__name__}; a Series with one number for each group is expected",
    )
    if np.isclose(got.get("code", 0), (1 + 1 / 9) / 2):
        fail(
            "code came out as the mean of its documents' means: ten characters weigh as much as ninety"
        )
    if np.isclose(got.get("code", 0), 5.0):
        fail("code came out upside down: nats per character, not characters per nat")
    close(got["code"], 0.2, "corpus_loss of code: 20 nats for 100 characters")
    close(got["prose"], 2.25, "corpus_loss of prose")
    by_other = documents.assign(all="x")
    close(lab.corpus_loss(by_other, "all")["x"], 110 / 140, "corpus_loss of one single group",
          "the group's name is an argument")  # fmt: skip
