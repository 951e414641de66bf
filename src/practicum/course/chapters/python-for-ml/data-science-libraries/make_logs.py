"""Trains the fifteen small models whose logs the lab on tables ships: five learning rates, three seeds.

Run as a script, it writes losses.csv and settings.csv into that lab's folder. A character model reads four
characters, embeds them, passes one hidden layer and guesses the fifth; plain gradient descent.
One run is stopped after step 280 and resumed from its checkpoint of step 240 with other batches,
so its steps 260 and 280 are logged twice and its settings are listed twice, as launches are.
"""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import numpy as np

RATES, SEEDS = (0.1, 0.3, 1.0, 3.0, 10.0), (0, 1, 2)
CONTEXT, WIDTH, HIDDEN, BATCH, N_STEPS, EVERY = 4, 12, 64, 256, 400, 20
STOPPED, RESUMED = "lr1-s1", (240, 280)


def tokens():
    """The shipped Shakespeare as character ids, and how many characters there are."""
    text = files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_text("utf-8")
    alphabet = sorted(set(text))
    index = {c: i for i, c in enumerate(alphabet)}
    return np.array([index[c] for c in text]), len(alphabet)


def batch(rng, ids, n):
    """n contexts and the characters that follow them."""
    start = rng.integers(0, len(ids) - CONTEXT, n)
    return ids[start[:, None] + np.arange(CONTEXT)], ids[start + CONTEXT]


def start(rng, n_chars):
    """Random weights."""
    return {
        "embed": rng.normal(size=(n_chars, WIDTH)) * 0.3,
        "hidden": rng.normal(size=(CONTEXT * WIDTH, HIDDEN)) / np.sqrt(CONTEXT * WIDTH),
        "hidden_bias": np.zeros(HIDDEN),
        "out": rng.normal(size=(HIDDEN, n_chars)) * 0.1,
        "out_bias": np.zeros(n_chars),
    }


def forward(model, x):
    """Inputs of the hidden layer, its outputs, and log probabilities."""
    inputs = model["embed"][x].reshape(len(x), -1)
    hidden = np.maximum(inputs @ model["hidden"] + model["hidden_bias"], 0)
    logits = hidden @ model["out"] + model["out_bias"]
    logits = logits - logits.max(axis=1, keepdims=True)
    return inputs, hidden, logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def loss_nats(model, x, y):
    """Mean nats per character."""
    return float(-forward(model, x)[2][np.arange(len(y)), y].mean())


def update(model, x, y, rate):
    """One step of gradient descent, in place."""
    inputs, hidden, log_probs = forward(model, x)
    d_logits = np.exp(log_probs)
    d_logits[np.arange(len(y)), y] -= 1
    d_logits /= len(y)
    d_hidden = d_logits @ model["out"].T * (hidden > 0)
    d_embed = np.zeros_like(model["embed"])
    np.add.at(d_embed, x, (d_hidden @ model["hidden"].T).reshape(len(x), CONTEXT, WIDTH))
    steps = {
        "embed": d_embed,
        "hidden": inputs.T @ d_hidden,
        "hidden_bias": d_hidden.sum(axis=0),
        "out": hidden.T @ d_logits,
        "out_bias": d_logits.sum(axis=0),
    }
    for name, step in steps.items():
        model[name] -= rate * step


def logs():
    """Rows (step, run, loss) in the order in which they were logged, and the launches."""
    ids, n_chars = tokens()
    cut = len(ids) * 9 // 10
    held_out = batch(np.random.default_rng(99), ids[cut:], 4000)
    rows, launches = [], []
    for rate in RATES:
        for seed in SEEDS:
            name = f"lr{rate:g}-s{seed}"
            launches.append((name, rate, seed, HIDDEN))
            rng = np.random.default_rng(seed)
            model, kept = start(rng, n_chars), {}
            for step in range(N_STEPS + 1):
                if step % EVERY == 0:
                    rows.append((step, name, loss_nats(model, *held_out)))
                if name == STOPPED and step == RESUMED[0]:
                    kept = {key: value.copy() for key, value in model.items()}
                if name == STOPPED and step == RESUMED[1]:
                    launches.append((name, rate, seed, HIDDEN))
                    break
                update(model, *batch(rng, ids[:cut], BATCH), rate)
            if kept:
                model, rng = kept, np.random.default_rng(1000 + seed)
                for step in range(RESUMED[0], N_STEPS + 1):
                    if step > RESUMED[0] and step % EVERY == 0:
                        rows.append((step, name, loss_nats(model, *held_out)))
                    update(model, *batch(rng, ids[:cut], BATCH), rate)
    return rows, launches


def wide(rows):
    """The table as a dashboard exports it: a column for each run; a step logged again is a row at the end."""
    names = list(dict.fromkeys(name for _, name, _ in rows))
    table: list[dict[str, str]] = []
    for step, name, loss in rows:
        row = next((r for r in table if r["step"] == str(step) and name not in r), None)
        if row is None:
            row = {"step": str(step)}
            table.append(row)
        row[name] = f"{loss:.4f}" if np.isfinite(loss) else ""
    return ["step", *names], table


def main():
    """Write both files."""
    folder = Path(__file__).parent / "labs" / "tables"
    with np.errstate(all="ignore"):  # a run that diverges is part of the lesson
        rows, launches = logs()
    names, table = wide(rows)
    with (folder / "losses.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    with (folder / "settings.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [("run", "learning_rate", "seed", "hidden"), *launches]
        )


if __name__ == "__main__":
    main()
