"""The ravine and the schedules that both claims and figures compute with."""

from __future__ import annotations

import math

import numpy as np

CURVES = np.array([1.0, 100.0])  # the ravine: how steep it is along, and across
START = np.array([-10.0, 1.0])
BEST_RATE = 2 / CURVES.sum()  # of plain descent, where both directions shrink alike
# What the ravine's figure runs: the rate, and what is kept.
RUNS = {
    "descent": (BEST_RATE, 0.0),
    "momentum": (BEST_RATE, 0.8),
    "RMSprop": (0.3, 0.9),
    "Adam": (0.5, 0.9),
}


def path(name: str, rate: float, keep: float, n_steps: int) -> np.ndarray:
    """The places that an optimizer visits in the ravine, its start first."""
    w, mean, square, places = START, np.zeros(2), np.zeros(2), [START]
    for step in range(1, n_steps + 1):
        slope = CURVES * w
        if name == "RMSprop":
            square = keep * square + (1 - keep) * slope**2
            move = slope / (np.sqrt(square) + 1e-8)
        elif name == "Adam":
            mean, square = keep * mean + (1 - keep) * slope, 0.999 * square + 0.001 * slope**2
            move = mean / (1 - keep**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        else:
            mean = keep * mean + slope
            move = mean
        w = w - rate * move
        places.append(w)
    return np.array(places)


def warm_half(step: int, n_steps: int = 200, n_warm: int = 100) -> float:
    """The NeuralHermes schedule: a line up over 100 steps, then a cosine down to zero."""
    if step < n_warm:
        return (step + 1) / n_warm
    return 0.5 * (1 + math.cos(math.pi * (step - n_warm) / (n_steps - n_warm)))
