"""F1a: what the learner's functions give is what NumPy gives; the moving figure tells the truth."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import practicum
from practicum.learn.lessons.figures import Frames
from practicum.learn.lessons.verify import functions_of

CONCEPT = Path(practicum.__file__).parent / "course/chapters/mathematics/linear-algebra"
EXACT = 1e-8  # the row's promise; both sides compute in float64 and lose a few digits at most

pytestmark = pytest.mark.feature("F1a")


def moves(solved: Any) -> Any:
    return solved("linear-algebra", "moves")


def directions(solved: Any) -> Any:
    return solved("linear-algebra", "directions")


def up_to_sign(arrow: np.ndarray) -> np.ndarray:
    """Of the two arrows of length one on a line, the one whose largest entry is positive."""
    return arrow * np.sign(arrow[np.argmax(np.abs(arrow))])


def test_products_of_matrices_equal_numpys(solved: Any) -> None:
    multiply, rng = moves(solved).multiply, np.random.default_rng(0)
    for rows, inner, columns in ((2, 2, 2), (3, 5, 2), (1, 4, 1), (4, 1, 3)):
        a, b = rng.standard_normal((rows, inner)), rng.standard_normal((inner, columns))
        np.testing.assert_allclose(multiply(a.tolist(), b.tolist()), a @ b, atol=EXACT)


def test_determinants_of_every_size_up_to_six_equal_numpys(solved: Any) -> None:
    det, rng = moves(solved).det, np.random.default_rng(1)
    for size in range(1, 7):
        for _ in range(5):
            matrix = rng.standard_normal((size, size))
            assert det(matrix.tolist()) == pytest.approx(np.linalg.det(matrix), abs=EXACT)


def test_eigenvalues_and_eigenvectors_equal_numpys_where_they_are_real(solved: Any) -> None:
    lab, rng, n_real = moves(solved), np.random.default_rng(2), 0
    for _ in range(100):
        matrix = rng.standard_normal((2, 2))
        values, vectors = np.linalg.eig(matrix)
        if np.iscomplexobj(values):
            with pytest.raises(ValueError, match="turns"):
                lab.eigenvalues(matrix.tolist())
            continue
        n_real += 1
        order = np.argsort(values)[::-1]
        mine = lab.eigenvalues(matrix.tolist())
        np.testing.assert_allclose(mine, values[order], atol=EXACT)
        for value, theirs in zip(mine, vectors.T[order], strict=True):
            arrow = np.array(lab.eigenvector(matrix.tolist(), value))
            np.testing.assert_allclose(up_to_sign(arrow), up_to_sign(theirs), atol=EXACT)
    assert 20 < n_real < 100  # both branches were tried


def test_the_long_run_equals_numpys_eigenvector_of_eigenvalue_one(solved: Any) -> None:
    lab = moves(solved)
    table = np.array(lab.chances(lab.TEXT))
    values, vectors = np.linalg.eig(table.T)
    stays = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    np.testing.assert_allclose(lab.long_run(table.tolist()), stays / stays.sum(), atol=EXACT)
    counted = [lab.TEXT.count(letter) / len(lab.TEXT) for letter in lab.LETTERS]
    np.testing.assert_allclose(lab.long_run(table.tolist()), counted, atol=EXACT)


def test_projections_equal_numpys_least_squares(solved: Any) -> None:
    project, rng = directions(solved).project, np.random.default_rng(3)
    for n_arrows, width in ((1, 2), (2, 3), (4, 9), (5, 5), (7, 20)):
        arrows, point = rng.standard_normal((n_arrows, width)), rng.standard_normal(width)
        weights, *_ = np.linalg.lstsq(arrows.T, point, rcond=None)
        np.testing.assert_allclose(project(point, arrows), arrows.T @ weights, atol=EXACT)


def test_a_basis_spans_what_numpys_qr_spans_and_counts_the_rank(solved: Any) -> None:
    basis, rng = directions(solved).basis, np.random.default_rng(4)
    arrows = rng.standard_normal((8, 4)) @ rng.standard_normal((4, 12))
    mine = basis(arrows)
    assert len(mine) == np.linalg.matrix_rank(arrows) == 4
    theirs, _ = np.linalg.qr(arrows[:4].T)
    # Bases of one space differ, but the projections onto it do not.
    np.testing.assert_allclose(mine.T @ mine, theirs @ theirs.T, atol=EXACT)


def test_silence_is_numpys_projector_on_the_outputs(solved: Any) -> None:
    silence, rng = directions(solved).silence, np.random.default_rng(5)
    weights, direction = rng.standard_normal((6, 9)), rng.standard_normal(6)
    along = np.linalg.pinv(direction[None])  # (6, 1)
    projector = np.eye(6) - along @ direction[None]
    np.testing.assert_allclose(silence(weights, direction), projector @ weights, atol=EXACT)


def test_the_cosine_is_the_angle_that_slerp_walks_along(solved: Any) -> None:
    torch = pytest.importorskip("torch")
    from practicum.merge.methods import slerp

    cosine, rng = directions(solved).cosine, np.random.default_rng(6)
    u, v = rng.standard_normal((2, 40))
    middle = slerp(torch.tensor(u), torch.tensor(v * np.linalg.norm(u) / np.linalg.norm(v)), 0.5)
    half = np.arccos(cosine(u, v)) / 2
    # float32: slerp answers in the precision of weights
    assert cosine(u, middle.numpy().astype(float)) == pytest.approx(np.cos(half), abs=1e-6)


@pytest.mark.parametrize("source", ["drawn", "kept"])
def test_every_point_of_the_moving_figure_is_the_matrix_product(source: str) -> None:
    n_points = 0
    tables = drawn_tables() if source == "drawn" else kept_tables()
    for label, table in tables.items():
        t = float(label)
        for row in csv.DictReader(io.StringIO(table)):
            number = {key: float(value) for key, value in row.items() if key != "point"}
            matrix = np.array([[number["a"], number["b"]], [number["c"], number["d"]]])
            assert matrix.tolist() == [[1, 2 * t], [2 * t, 1]]
            moved = matrix @ [number["x"], number["y"]]
            # Eighths are whole in binary and short in decimals: nothing is rounded anywhere.
            assert moved.tolist() == [number["x_moved"], number["y_moved"]]
            n_points += 1
    assert len(tables) == 9 and n_points == 9 * 10


def drawn_tables() -> dict[str, str]:
    frames = functions_of(CONCEPT / "figures.py")["flip"]()
    assert isinstance(frames, Frames)
    return {label: picture.csv for label, picture in frames.pictures.items()}


def kept_tables() -> dict[str, str]:
    told = json.loads((CONCEPT / "figures/flip.json").read_text(encoding="utf-8"))
    return {still["label"]: still["csv"] for still in told["stills"]}
