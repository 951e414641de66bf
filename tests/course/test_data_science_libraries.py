"""F2b: array, table and plot tasks are graded on values and on what a figure contains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

CONCEPT = "data-science-libraries"


@pytest.fixture
def arrays(solved: Any) -> Any:
    """What the solution of the lab on arrays defined."""
    return solved(CONCEPT, "arrays")


@pytest.fixture
def tables(solved: Any) -> Any:
    """What the solution of the lab on tables defined."""
    return solved(CONCEPT, "tables")


@pytest.fixture
def plots(solved: Any) -> Any:
    """What the solution of the lab on plots defined."""
    return solved(CONCEPT, "plots")


@pytest.mark.feature("F2b")
def test_softmax_equals_scipy_on_any_rank(arrays: Any) -> None:
    from scipy.special import softmax

    rng = np.random.default_rng(0)
    for shape in ((5,), (3, 3), (2, 4, 3)):
        scores = rng.normal(scale=300, size=shape)
        # float64 with the same shift: only the order of the sum may differ
        assert np.allclose(arrays.softmax(scores), softmax(scores, axis=-1), rtol=1e-12, atol=0)


@pytest.mark.feature("F2b")
def test_bigram_counts_equal_scikit_learns_of_the_whole_text(arrays: Any) -> None:
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer="char", ngram_range=(2, 2), lowercase=False)
    counter.set_params(vocabulary=[a + b for a in arrays.alphabet for b in arrays.alphabet])
    # scikit-learn folds runs of white space into one space before it cuts, so pairs without any are compared
    theirs = counter.transform([arrays.text]).toarray().reshape(len(arrays.alphabet), -1)
    solid = [i for i, c in enumerate(arrays.alphabet) if not c.isspace()]
    ours = arrays.bigram_counts(arrays.ids, len(arrays.alphabet))
    assert np.array_equal(ours[np.ix_(solid, solid)], theirs[np.ix_(solid, solid)])
    assert ours.sum() == len(arrays.text) - 1


@pytest.mark.feature("F2b")
def test_windows_equal_slices_and_share_the_corpus(arrays: Any) -> None:
    inputs, targets = arrays.windows(arrays.ids, 16)
    for i in (0, 1, 999, len(inputs) - 1):
        assert inputs[i].tolist() == arrays.ids[i : i + 16].tolist()
        assert targets[i].tolist() == arrays.ids[i + 1 : i + 17].tolist()
    assert np.shares_memory(inputs, arrays.ids)
    assert len(inputs) == len(arrays.ids) - 16


@pytest.mark.feature("F2b")
def test_causal_mask_is_the_lower_triangle(arrays: Any) -> None:
    assert np.array_equal(arrays.causal_mask(9), np.tri(9, dtype=bool))


@pytest.mark.feature("F2b")
def test_tables_tell_what_a_loop_over_the_csv_tells(tables: Any) -> None:
    import csv
    from importlib.resources import files

    place = "course/chapters/python-for-ml/data-science-libraries/labs/tables/losses.csv"
    text = files("practicum").joinpath(place).read_text("utf-8")
    last: dict[tuple[str, int], float] = {}
    for row in csv.DictReader(text.splitlines()):
        for run, loss in row.items():
            if run != "step" and loss:
                last[run, int(row["step"])] = float(loss)
    assert len(tables.measured) == len(last)
    for run, loss in tables.final.items():
        assert (np.isnan(loss) and (run, 400) not in last) or loss == last[run, 400]
    summary = tables.by_rate(tables.runs)
    assert summary["dead"].sum() == 1
    at_three = [last[f"lr3-s{seed}", 400] for seed in range(3)]
    assert summary.loc[3.0, "mean"] == pytest.approx(np.mean(at_three))  # rounding only
    assert summary.loc[3.0, "spread"] == pytest.approx(np.std(at_three, ddof=1))  # rounding only


@pytest.mark.feature("F2b")
def test_corpus_loss_equals_a_weighted_average(tables: Any) -> None:
    plays = tables.plays
    means = plays["nats"] / plays["characters"]
    wanted = np.average(means, weights=plays["characters"])
    got = tables.corpus_loss(plays.assign(part="all"), "part")["all"]
    assert got == pytest.approx(wanted, rel=1e-12)  # seven thousand float64 in another order
    assert got < means.mean()  # short speeches are harder, so they pull the mean of means up


@pytest.mark.feature("F2b")
def test_a_repeated_key_is_refused_by_with_settings(tables: Any) -> None:
    with pytest.raises(pd.errors.MergeError):
        tables.with_settings(tables.measured, tables.launches)


@pytest.mark.feature("F2b")
def test_bars_are_as_long_as_their_numbers(plots: Any) -> None:
    axes = plots.score_bars({"a": 3.0, "b": 1.0}, "a is three times b", "score")
    assert [bar.get_width() for bar in axes.patches] == [1.0, 3.0]
    assert axes.get_xlim()[0] == 0


@pytest.mark.feature("F2b")
def test_every_typical_mistake_with_arrays_is_told_by_its_own_reason(attempt: Any) -> None:
    outcome = attempt(CONCEPT, "arrays", {
        "if predictions.shape != targets.shape:": "if predictions.size != targets.size:",
        "weights / weights.sum(axis=-1, keepdims=True)": "weights / weights.sum(axis=-1)",
        "position[:, None] >= position[None, :]": "position[:, None] <= position[None, :]",
        "np.where(mask, losses, 0.0).sum() / mask.sum()": "(losses * mask).sum() / mask.size",
        "if ids.max() <= np.iinfo(k).max": "if ids.max() <= np.iinfo(k).max + 1",
        "return both[:, :-1], both[:, 1:]": "return both[:, :-1].copy(), both[:, 1:].copy()",
        "np.add.at(counts, (ids[:-1], ids[1:]), 1)": "counts[ids[:-1], ids[1:]] += 1",
    })  # fmt: skip
    why = {verdict.task: verdict.why for verdict in outcome.verdicts}
    assert not any(verdict.passed for verdict in outcome.verdicts)
    assert "stretch" in why["squared_error"]
    assert "COLUMNS" in why["softmax"]
    assert "future" in why["causal_mask"]
    assert "padding" in why["token_mean"]
    assert "wrapped" in why["narrowest"]
    assert "copy" in why["windows"]
    assert "repeated" in why["bigram_counts"] or "twice" in why["bigram_counts"]


@pytest.mark.feature("F2b")
def test_every_typical_mistake_with_tables_is_told_by_its_own_reason(attempt: Any) -> None:
    outcome = attempt(CONCEPT, "tables", {
        '.dropna(subset="loss")': "",
        'keep="last")\n\n\n# %%\nmeasured': 'keep="first")\n\n\n# %%\nmeasured',
        'how="left", validate="many_to_one"': 'how="left"',
        'rows[rows["step"] == rows["step"].max()]': 'rows.sort_values("step").drop_duplicates("run", keep="last")',
        'seeds=("final", "size")': 'seeds=("final", "count")',
        'totals["nats"] / totals["characters"]':
            '(documents["nats"] / documents["characters"]).groupby(documents[by]).mean()',
    })  # fmt: skip
    why = {verdict.task: verdict.why for verdict in outcome.verdicts}
    assert "never filled" in why["tidy"]
    assert "overwritten" in why["latest"]
    assert "doubled" in why["with_settings"]
    assert "its last number, not its end" in why["final_losses"]
    assert "passes over the dead" in why["by_rate"]
    assert "mean of its documents' means" in why["corpus_loss"]


@pytest.mark.feature("F2b")
def test_every_typical_mistake_with_plots_is_told_by_its_own_reason(attempt: Any) -> None:
    outcome = attempt(CONCEPT, "plots", {
        "axes.set_xlim(left=0)": "axes.set_xlim(left=0.9 * min(scores.values()))",
        "yerr=[value - low, high - value]": "yerr=[low, high]",
        'marker=".", label=name': 'marker="."',
        "np.arange(1, len(ordered) + 1)": "np.arange(len(ordered))",
        "axes.imshow(chances)": "axes.imshow(chances.T)",
        "bins=edges": "bins=20",
    })  # fmt: skip
    why = {verdict.task: verdict.why for verdict in outcome.verdicts}
    assert not any(verdict.passed for verdict in outcome.verdicts)
    assert "begin at zero" in why["score_bars"]
    assert "distances" in why["intervals"]
    assert "without a label" in why["learning_curves"]
    assert "zero" in why["zipf"]
    assert "transposed" in why["heatmap"]
    assert "bins differ" in why["panels"]


@pytest.mark.slow
def test_the_logs_are_those_of_the_runs_that_make_them(course_file: Any) -> None:
    import csv
    from pathlib import Path

    from threadpoolctl import threadpool_limits

    maker = course_file(CONCEPT, "make_logs.py")
    with (
        np.errstate(all="ignore"),
        threadpool_limits(1),
    ):  # matrices this small only wait for threads
        rows, launches = maker.logs()
    names, table = maker.wide(rows)
    folder = Path(maker.__file__).parent / "labs" / "tables"
    with (folder / "losses.csv").open(encoding="utf-8", newline="") as file:
        shipped = list(csv.DictReader(file))
    assert len(launches) == 16
    assert len(shipped) == len(table)
    calm = [name for name in names if name.startswith(("lr0.1", "lr0.3"))]
    for ours, theirs in zip(table, shipped, strict=True):
        for name in calm:  # at high rates rounding grows over the steps, from machine to machine
            assert float(ours.get(name) or 0) == pytest.approx(float(theirs[name] or 0), abs=2e-3)
