"""The numbers of the lesson on linear algebra, recomputed."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from practicum.learn.lessons.claims import Near

MOVE = np.array([[1.0, 2.0], [2.0, 1.0]])  # the matrix that the lesson works by hand
WIDTH = 576  # of smollm2-135m-instruct
N_ARROWS = 2000


def dot_by_hand() -> float:
    """The dot product of (3, 4) and (4, 3)."""
    return 3 * 4 + 4 * 3


def length_by_hand() -> float:
    """The length of (3, 4), which is also that of (4, 3)."""
    return math.hypot(3, 4)


def cosine_by_hand() -> float:
    """Their cosine."""
    return dot_by_hand() / length_by_hand() ** 2


def angle_by_hand() -> float:
    """Their angle, degrees."""
    return math.degrees(math.acos(cosine_by_hand()))


def tokens_per_direction() -> int:
    """Tokens of the vocabulary for every dimension of an embedding."""
    return round(49_152 / WIDTH)


def spread_of_angles() -> float:
    """How far the angle of two random arrows of width 576 lies from 90 degrees, typically."""
    return math.degrees(1 / math.sqrt(WIDTH))


def n_pairs() -> int:
    """Pairs among 2,000 arrows."""
    return N_ARROWS * (N_ARROWS - 1) // 2


@cache
def _cosines() -> tuple[float, float]:
    """The standard deviation and the largest size of the cosines among random arrows."""
    arrows = np.random.default_rng(0).standard_normal((N_ARROWS, WIDTH))
    arrows /= np.linalg.norm(arrows, axis=1, keepdims=True)
    cosines = (arrows @ arrows.T)[np.triu_indices(N_ARROWS, 1)]
    return float(cosines.std()), float(np.abs(cosines).max())


def closest_angle() -> Near:
    """The angle between the two lines that are nearest among 2,000 arrows, degrees."""
    return Near(math.degrees(math.acos(_cosines()[1])), 0.5)


def weights_in_square() -> int:
    """Numbers in a 576 by 576 matrix."""
    return WIDTH * WIDTH


def weights_in_update() -> int:
    """Numbers in its LoRA update of rank 16: two thin matrices."""
    return 2 * WIDTH * 16


def share_of_update() -> float:
    """The part of the square that the update stores."""
    return weights_in_update() / weights_in_square()


def moved_x() -> float:
    """First entry of the matrix times (3, 1)."""
    return (MOVE @ [3, 1])[0]


def moved_y() -> float:
    """Second entry of the matrix times (3, 1)."""
    return (MOVE @ [3, 1])[1]


def det_of_move() -> float:
    """The determinant of the worked matrix."""
    return np.linalg.det(MOVE)


def det_halfway() -> float:
    """The determinant halfway between the identity and the worked matrix."""
    return np.linalg.det((np.eye(2) + MOVE) / 2)


def large_eigenvalue() -> float:
    """The stretch along (1, 1)."""
    return np.linalg.eigvalsh(MOVE)[1]


def small_eigenvalue() -> float:
    """The stretch along (1, -1)."""
    return np.linalg.eigvalsh(MOVE)[0]


def sum_of_eigenvalues() -> float:
    """The trace."""
    return np.trace(MOVE)


def grown() -> float:
    """Thirty stretches by 1.1."""
    return 1.1**30


def shrunk() -> float:
    """Thirty stretches by 0.9."""
    return 0.9**30


def _shadow() -> np.ndarray:
    """The projection of (3, 1) onto the line through (1, 1)."""
    line = np.array([1.0, 1.0])
    return (np.array([3.0, 1.0]) @ line) / (line @ line) * line


def shadow() -> float:
    """Both of its entries."""
    x, y = _shadow()
    assert x == y
    return x


def rest_dot_line() -> float:
    """What is left after the projection, against the line: zero when perpendicular."""
    return (np.array([3.0, 1.0]) - _shadow()) @ np.array([1.0, 1.0])


def mean_before() -> float:
    """The mean of the components of (1, -1)."""
    return float(np.mean([1.0, -1.0]))


def mean_after() -> float:
    """The same after a turn by 45 degrees."""
    half = math.sqrt(0.5)
    return float(np.mean(np.array([[half, -half], [half, half]]) @ [1.0, -1.0]))


def length_before() -> float:
    """The length of (1, -1), which no turn changes."""
    return math.sqrt(2)


def log_det_of_tenth() -> int:
    """The power of ten that is the determinant of 0.1 times the identity of width 576."""
    return round(np.linalg.slogdet(0.1 * np.eye(WIDTH))[1] / math.log(10))


def det_of_tenth() -> float:
    """What a computer says instead."""
    return np.linalg.det(0.1 * np.eye(WIDTH))


def inverse_of_tenth() -> float:
    """The entry on the diagonal of its inverse."""
    return np.linalg.inv(0.1 * np.eye(WIDTH))[0, 0]


def half_length() -> float:
    """The length of the mean of two perpendicular unit arrows."""
    return math.sqrt(0.5)


def sibling_angle() -> float:
    """The angle of two models that left their base in perpendicular directions by 1 %, degrees."""
    return math.degrees(math.acos(1 / (1 + 0.01**2)))


def sibling_loss() -> float:
    """The part of the length that their plain mean loses."""
    return 1 - math.cos(math.radians(sibling_angle()) / 2)
