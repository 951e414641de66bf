"""F2c: leaks are detected; splitting, filling, fencing, encoding and scaling equal scikit-learn's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GroupShuffleSplit
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from practicum.data import clean
from practicum.learn.roadmap import load_roadmap

approx = pytest.approx
CONCEPT = "data-preprocessing"


@pytest.fixture
def lab(solved: Any) -> Any:
    """What the lab's solution defined."""
    return solved(CONCEPT, "no-peeking")


@pytest.fixture
def wine() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Training rows, test rows and training labels of scikit-learn's bundled wines."""
    x, y = load_wine(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    return x[order[:140]], x[order[140:]], y[order[:140]]


@pytest.mark.feature("F2c")
@pytest.mark.parametrize("scaler", [StandardScaler, MinMaxScaler])
def test_a_scaler_fitted_on_the_test_set_is_detected_as_leakage(
    lab: Any, wine: tuple[np.ndarray, ...], scaler: Any
) -> None:
    train, test, _ = wine

    def fitted_on(choose: Any) -> Any:
        def prepare(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            fitted = scaler().fit(choose(train, test))
            return fitted.transform(train), fitted.transform(test)

        return prepare

    assert lab.leaks(fitted_on(lambda train, test: test), train, test)
    assert lab.leaks(fitted_on(lambda train, test: np.vstack([train, test])), train, test)
    assert not lab.leaks(fitted_on(lambda train, test: train), train, test)


@pytest.mark.feature("F2c")
def test_leaks_through_filling_choosing_and_scaling_apart_are_detected_too(
    lab: Any, wine: tuple[np.ndarray, ...]
) -> None:
    train, test, labels = wine
    holed = test.copy()
    holed[::3, 2] = np.nan

    def fill_from_test(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return train, SimpleImputer(strategy="median", keep_empty_features=True).fit_transform(test)

    def scale_apart(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return StandardScaler().fit_transform(train), StandardScaler().fit_transform(test)

    def choose_on_train(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        chooser = SelectKBest(k=4).fit(train, labels)
        return chooser.transform(train), chooser.transform(test)

    assert lab.leaks(fill_from_test, train, holed)
    assert lab.leaks(scale_apart, train, test)
    assert not lab.leaks(choose_on_train, train, test)


@pytest.mark.feature("F2c")
def test_the_labs_own_preparation_is_clean_and_its_peeking_twin_is_not(lab: Any) -> None:
    assert not lab.leaks(lab.prepare, lab.TRAIN, lab.TEST)
    assert lab.leaks(lab.prepare_peeking, lab.TRAIN, lab.TEST)
    ready, asked = lab.prepare(lab.TRAIN, lab.TEST)
    assert np.isfinite(ready).all() and np.isfinite(asked).all()
    assert ready.mean(0) == approx(np.zeros(ready.shape[1]), abs=1e-9)  # float64


@pytest.mark.feature("F2c")
def test_a_split_parts_the_prompts_as_a_group_split_does(lab: Any) -> None:
    prompts = list(lab.REPLIES["prompt"])
    shares = {"train": 0.7, "validation": 0.1, "test": 0.2}
    parts = lab.split(prompts, shares, seed=4)
    assert sorted(row for part in parts.values() for row in part) == list(range(600))
    groups = [{prompts[row] for row in part} for part in parts.values()]
    assert [len(g) for g in groups] == [70, 10, 20]
    assert sum(map(len, groups)) == len(set.union(*groups))
    outsider = GroupShuffleSplit(1, test_size=0.2, random_state=0)
    train, test = next(outsider.split(prompts, groups=prompts))
    assert (len(train), len(test)) == (480, 120) == (600 - len(parts["test"]), len(parts["test"]))


@pytest.mark.feature("F2c")
def test_filling_equals_a_median_imputer_with_indicators(lab: Any) -> None:
    train, column = lab.TRAIN["temperature"], lab.TEST["temperature"]
    want = SimpleImputer(strategy="median", add_indicator=True).fit(train.to_frame())
    values, gaps = lab.fill(column, train)
    assert np.stack([values, gaps], 1) == approx(want.transform(column.to_frame()))
    train, column = lab.TRAIN["seconds"], lab.TEST["seconds"]
    want = SimpleImputer(missing_values=-1.0, strategy="median").fit(train.to_frame())
    assert lab.fill(column, train, (-1,))[0] == approx(want.transform(column.to_frame())[:, 0])


@pytest.mark.feature("F2c")
def test_fences_are_those_of_a_box_plot(lab: Any) -> None:
    from matplotlib.cbook import boxplot_stats

    values = np.random.default_rng(2).lognormal(5, 1, 300)
    low, high = lab.fences(values)
    box = boxplot_stats(values)[0]
    inside = values[(values >= low) & (values <= high)]
    assert (inside.min(), inside.max()) == approx((box["whislo"], box["whishi"]))
    assert sorted(values[(values < low) | (values > high)]) == approx(sorted(box["fliers"]))


@pytest.mark.feature("F2c")
def test_encoding_equals_a_one_hot_encoder_that_ignores_strangers(lab: Any) -> None:
    column = pd.Series(["en", "sw", "de", "ja", "en"])
    train = lab.TRAIN["language"]
    want = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(train.to_frame())
    ours = lab.one_hot(column, train)
    assert ours == approx(want.transform(column.to_frame("language")))
    assert ours[3].sum() == 0


@pytest.mark.feature("F2c")
def test_scaling_equals_a_standard_scaler_fitted_on_the_training_rows(
    lab: Any, wine: tuple[np.ndarray, ...]
) -> None:
    train, test, _ = wine
    train = np.hstack([train, np.full((len(train), 1), 3.0)])  # a column that never changes
    test = np.hstack([test, np.full((len(test), 1), 5.0)])
    scaler = StandardScaler().fit(train)
    assert lab.standardise(test, train) == approx(scaler.transform(test), abs=1e-9)  # float64


@pytest.mark.feature("F2c")
def test_decontaminating_is_the_slow_twin_of_the_packages(lab: Any) -> None:
    long = "a baker sells forty loaves in the morning and half as many in the afternoon"
    tests = ["What is 35 + 86?", f"{long}, how many?", "Name three rivers of Peru."]
    texts = [
        "what is 86 + 35 ?", "What is 35 + 85?", f"Homework: {long}. Help!", "three of Peru name rivers",
        long.replace("forty", "fifty"), "what IS 35 + 86", long.rsplit(" ", 3)[0], "Nothing at all.",
    ]  # fmt: skip
    want, n_dropped = clean.decontaminate(texts, str, tests)
    assert lab.decontaminate(texts, tests) == want
    assert n_dropped == 4


def test_the_shipped_table_is_the_one_that_its_maker_makes(course_file: Any) -> None:
    folder = load_roadmap().concepts[CONCEPT].folder
    assert folder is not None
    shipped = (folder / "labs" / "no-peeking" / "replies.csv").read_text("utf-8").splitlines()
    assert course_file(CONCEPT, "make_replies.py").rows() == shipped


def test_typical_slips_are_told_why(attempt: Any) -> None:
    slips = [
        ("if prompt in chosen]", "if row * 10 // 6 % 3 == len(parts)]", "split", "siblings"),
        ("column.fillna(train.median())", "column.fillna(train.mean())", "fill", "drags"),
        ("lower - reach, upper + reach", "lower, upper", "fences", "quartiles"),
        ("categories = sorted(set(train))", "categories = sorted(set(column))", "one_hot", "width"),
        (
            "(table - train.mean(axis=0))",
            "(table - table.mean(axis=0))",
            "standardise",
            "by itself",
        ),
        ("not same(train_now, ready_train) or", "", "leaks", "did not notice"),
        ("tuple(sorted(words(test)))", "tuple(words(test))", "decontaminate", "another order"),
    ]
    outcome = attempt(CONCEPT, "no-peeking", {right: wrong for right, wrong, _, _ in slips})
    verdicts = {v.task: v for v in outcome.verdicts}
    for _, _, task, told in slips:
        assert not verdicts[task].passed
        assert told in verdicts[task].why
