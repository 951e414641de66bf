"""The figures of this lesson."""

import functools
import math
import re
from collections import Counter, defaultdict
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import DASHES, INK, MUTED, PALETTE
from practicum.measure.plots import Picture, Point, bars, drawing, lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Gram = tuple[str, ...]


@functools.cache
def _corpus() -> str:
    corpus = resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt")
    return corpus.read_text(encoding="utf-8")


def juliet() -> Frames:
    """Juliet's weightiest words, as more and more other speakers are there to compare with."""
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for block in _corpus().split("\n\n"):
        speaker, _, speech = block.partition("\n")
        if speaker.endswith(":"):
            said[speaker[:-1]].update(re.findall(r"\w+(?:['-]\w+)*", speech.casefold()))
    longest = sorted(said, key=lambda name: -said[name].total())[:24]
    others = [name for name in longest if name not in ("JULIET", "ROMEO")]
    pictures = {}
    for n in (2, 4, 8, 16, 24):
        documents = [said["JULIET"], *(said[name] for name in others[: n - 2]), said["ROMEO"]]
        weights = {
            word: times * math.log(n / sum(word in d for d in documents))
            for word, times in said["JULIET"].items()
        }
        length = math.hypot(*weights.values())
        top = sorted(weights, key=lambda word: -weights[word])[:8]
        pictures[f"{n} speakers"] = bars(
            f"Juliet among {n} speakers: {top[0]}, {top[1]} and {top[2]} weigh most",
            [Point(word, weights[word] / length) for word in top],
            x="TF-IDF weight (row of length one)",
        )
    return Frames(
        "Her words change weight although she says nothing new: the company decides",
        "documents in the corpus",
        pictures,
    )


def saturation() -> Picture:
    """What the n-th occurrence of a word adds, in TF-IDF and in BM25."""
    times = list(range(0, 21))
    return lines(
        "In BM25 the tenth occurrence adds next to nothing",
        {
            "count": [(c, c) for c in times if c <= 6],
            "BM25, k1 = 1.5": [(c, c * 2.5 / (c + 1.5)) for c in times],
            "BM25, k1 = 0.5": [(c, c * 1.5 / (c + 0.5)) for c in times],
        },
        x="times that the word comes (count)",
        y="what it contributes (before idf)",
    )


@functools.cache
def _model(n: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Rows (n-gram's count, context's count) of counted and of held-out grams; the words."""
    spoken = [x for x in _corpus().split("\n") if x.strip() and not x.endswith(":")]
    tokens = [re.findall(r"\w+(?:['-]\w+)*|[^\w\s]", x.casefold()) for x in spoken]
    cut = int(len(tokens) * 0.9)
    known = {w for w, times in Counter(w for x in tokens[:cut] for w in x).items() if times > 1}
    tokens = [[w if w in known else "<unk>" for w in x] for x in tokens]

    def grams(part: list[list[str]]) -> list[Gram]:
        flat = [w for x in part for w in ["<s>"] * (n - 1) + x + ["</s>"]]
        runs = zip(*(flat[i:] for i in range(n)), strict=False)
        return [g for g in runs if g[-1] != "<s>"]

    counts = Counter(grams(tokens[:cut]))
    contexts: Counter[Gram] = Counter()
    for gram, times in counts.items():
        contexts[gram[:-1]] += times
    seen, held = (
        np.array([(counts[g], contexts[g[:-1]]) for g in grams(part)], dtype=float)
        for part in (tokens[:cut], tokens[cut:])
    )
    return seen, held, len(known) + 2


def _perplexity(pairs: np.ndarray, k: float, n_words: int) -> float:
    c, t = pairs.T
    return float(np.exp(-np.mean(np.log((c + k) / (t + k * n_words)))))


def smoothing() -> Frames:
    """Perplexity against k, for n of one to four."""
    steps = [10.0 ** (e / 4) for e in range(-16, 1)]
    claims = {
        1: "n = 1: hardly any model, hardly any smoothing needed",
        2: "n = 2: a hundredth of a count is best, a whole one far too much",
        3: "n = 3: knows its own lines by heart and new ones worse than n = 1",
        4: "n = 4: the better the memory, the wider the gap",
    }
    single = _perplexity(_model(1)[1], 0.001, _model(1)[2])
    pictures = {}
    for n, claim in claims.items():
        seen, held, n_words = _model(n)
        curves = {
            "counted lines": [(k, _perplexity(seen, k, n_words)) for k in steps],
            "held-out lines": [(k, _perplexity(held, k, n_words)) for k in steps],
        }

        def draw(axes: "Axes", curves: dict = curves, n: int = n) -> None:
            axes.set_xscale("log")
            axes.set_yscale("log")
            for i, (name, curve) in enumerate(curves.items()):
                xs, ys = zip(*curve, strict=True)
                axes.plot(xs, ys, color=PALETTE[i], linestyle=DASHES[i], linewidth=1.8)
                below = name == "counted lines" and n > 1
                axes.annotate(
                    name,
                    (xs[2], ys[2]),
                    xytext=(0, -14 if below or (n == 1 and i) else 8),
                    textcoords="offset points",
                    color=INK,
                    fontsize=9,
                )
            if n > 1:
                axes.axhline(single, color=MUTED, linewidth=1, dashes=(2, 2))
                axes.annotate(
                    "n = 1, held out",
                    (steps[-1], single),
                    xytext=(0, -12),
                    textcoords="offset points",
                    ha="right",
                    color=MUTED,
                    fontsize=8,
                )
            axes.set_ylim(2.5, 12_000)
            axes.set_xticks([1e-4, 1e-3, 1e-2, 1e-1, 1], ["0.0001", "0.001", "0.01", "0.1", "1"])
            axes.set_yticks([10, 100, 1000, 10_000], ["10", "100", "1,000", "10,000"])

        low = min(curves["held-out lines"], key=lambda point: point[1])
        pictures[f"n = {n}"] = drawing(
            claim,
            draw,
            x="k, added to every count (log scale)",
            y="perplexity (words, log scale)",
            alt=f"Two curves over k. On the counted lines perplexity rises from "
            f"{curves['counted lines'][0][1]:.3g} to {curves['counted lines'][-1][1]:.4g}; on "
            f"held-out lines it is lowest, {low[1]:.3g}, at k = {low[0]:.2g}, and "
            f"{curves['held-out lines'][-1][1]:.4g} at k = 1.",
            rows=[("lines", "k", "perplexity"), *((m, *p) for m, c in curves.items() for p in c)],
            height_in=3.3,
        )
    return Frames(
        "Add-k saves every n-gram from infinity, and none from its own memory", "n", pictures
    )


def rarity() -> Picture:
    """How many of the last tenth's runs came before."""
    found = re.findall(r"[^\W\d_]+", _corpus().casefold())
    cut = int(len(found) * 0.9)
    points = []
    for n in (1, 2, 3, 4, 5, 6, 8, 13):
        known = set(zip(*(found[i:cut] for i in range(n)), strict=False))
        runs = list(zip(*(found[cut + i :] for i in range(n)), strict=False))
        points.append(Point(f"{n} word" + "s" * (n > 1), sum(r in known for r in runs) / len(runs)))
    return bars(
        "What starves the model feeds the detective: long runs hardly ever come twice",
        points,
        x="held-out runs that came before (fraction)",
    )
