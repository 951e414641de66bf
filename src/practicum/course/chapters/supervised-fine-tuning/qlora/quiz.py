"""Numbers and answers of the questions on QLoRA."""

from __future__ import annotations

import random


def bits_of_blocks(rng: random.Random) -> dict:
    block = rng.choice([32, 64, 128])
    scale = rng.choice([16, 32])
    return {
        "block": block,
        "scale": scale,
        "answer": 4 + scale / block,
        "within": 0.01,
        "slips": {
            4.0: "The scale costs something too, shared by its block.",
            float(4 + scale): "A scale is shared by all weights of its block.",
        },
    }


def rounded(rng: random.Random) -> dict:
    scale = rng.choice([0.5, 0.4, 0.2, 2.0])
    low, level, text = rng.choice(
        [(0.36, 0.3379, "0.3379"), (0.58, 0.5626, "0.5626"), (0.17, 0.1609, "0.1609")]
    )
    weight = round(low * scale, 4)
    return {
        "weight": weight,
        "scale": scale,
        "unit": f"{weight / scale:g}",
        "level": text,
        "answer": level * scale,
        "within": 0.002 * scale,
        "slips": {level: "That is the level; multiply it by the block's scale again."},
    }


def memory_of_weights(rng: random.Random) -> dict:
    billions, rest = rng.choice([(7, 0.5), (13, 1.0), (32, 1.5), (70, 2.0)])
    inside = billions - rest
    answer = inside * 4.127 / 8 + 2 * rest
    return {
        "billions": billions,
        "rest": rest,
        "inside": f"{inside:g}",
        "answer": answer,
        "within": 0.02 * answer,
        "slips": {
            2.0 * billions: "That is everything in 16 bits.",
            round(
                billions * 4.127 / 8, 4
            ): "Embedding and head are not rounded: they keep their two bytes.",
        },
    }


def spill(rng: random.Random) -> dict:
    room = rng.choice([8, 10, 12])
    state = rng.choice([2, 3])
    need = room - 1
    return {
        "room": room,
        "state": state,
        "need": need,
        "answer": need + state - room,
        "within": 0.01,
        "slips": {state: "Only what does not fit has to leave."},
    }
