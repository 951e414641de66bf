"""The figures of this lesson."""

from typing import TYPE_CHECKING

import numpy as np
from claims import _counts_of_pairs, _lab

from practicum.learn.lessons.figures import Frames, approximate
from practicum.measure.canvas import DASHES, INK, LINE, MUTED, PALETTE, SMALL_PT, spread
from practicum.measure.plots import Picture, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PAIRS = (
    "king queen",
    "actor actress",
    "boy girl",
    "brother sister",
)  # far enough apart to be read
_COMPANY = ("throne", "crown", "realm", "the", "said", "he", "his", "she", "her")


@approximate(0.05)
def company() -> Picture:
    """The neighbours of king and queen, counted."""
    lab, together = _lab(), _counts_of_pairs()
    king, queen = (
        [int(together[lab.row[who], lab.row[w]]) for w in _COMPANY] for who in ("king", "queen")
    )
    places = np.arange(len(_COMPANY))[::-1]

    def draw(axes: "Axes") -> None:
        axes.grid(axis="y", visible=False)
        axes.barh(places, [-n for n in king], height=0.62, color=PALETTE[0])
        axes.barh(places, queen, height=0.62, color=PALETTE[1])
        axes.axvline(0, color=INK, linewidth=1)
        for place, a, b in zip(places, king, queen, strict=True):
            axes.annotate(f"{a}", (-a, place), (-4, 0), textcoords="offset points", ha="right",
                          va="center", color=INK, fontsize=SMALL_PT)  # fmt: skip
            axes.annotate(f"{b}", (b, place), (4, 0), textcoords="offset points", ha="left",
                          va="center", color=INK, fontsize=SMALL_PT)  # fmt: skip
        most = max(king + queen)
        axes.set_xlim(-1.2 * most, 1.2 * most)
        axes.set_ylim(-0.7, len(_COMPANY) + 0.3)
        axes.text(-0.6 * most, len(_COMPANY) - 0.3, "beside king", ha="center", color=PALETTE[0])
        axes.text(0.6 * most, len(_COMPANY) - 0.3, "beside queen", ha="center", color=PALETTE[1])
        axes.set_yticks(places, _COMPANY)
        axes.tick_params(axis="y", length=0)
        ticks = [-60, -40, -20, 0, 20, 40, 60]
        axes.set_xticks(ticks, [str(abs(t)) for t in ticks])

    alt = "Two bars for each neighbour, king to the left, queen to the right. " + "; ".join(
        f"{w}: {a} and {b}" for w, a, b in zip(_COMPANY, king, queen, strict=True)
    )
    rows = [("neighbour", "beside king", "beside queen"), *zip(_COMPANY, king, queen, strict=True)]
    return drawing(
        "King and queen keep the same company, except for the pronouns",
        draw,
        x="times seen within four places",
        y="neighbour",
        alt=alt + ".",
        rows=rows,
        height_in=3.6,
    )


@approximate(0.05)
def parting() -> Frames:
    """Four pairs of words while Word2Vec reads, seen from one fixed side."""
    stills = _read()
    table = stills[-1][1]
    # Across: from he-words to she-words at the end. Up: where the pairs differ most.
    apart = (table[1::2] - table[::2]).mean(axis=0)
    across = apart / np.linalg.norm(apart)
    middle = (table[1::2] + table[::2]) / 2
    middle = middle - middle.mean(axis=0)
    middle -= (middle @ across)[:, None] * across
    up = np.linalg.svd(middle, full_matrices=False)[2][0]
    up = up * np.sign((middle @ up)[0])
    side = np.column_stack([across, up])
    return Frames(
        claim="As the model reads, four pairs part in the same direction",
        moves="share of the training that is done",
        pictures={f"{s:.0%}": _still(s, points, points @ side) for s, points in stills},
    )


def _read() -> list[tuple[float, np.ndarray]]:
    """The vectors of the pairs at some moments of the lab's training, which is repeated here."""
    lab = _lab()
    at = [lab.row[word] for pair in _PAIRS for word in pair.split()]
    n_batches = 2 * len(lab.pairs) // 64
    stops = {round(s * n_batches) - 1: s for s in (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0)}
    centres = np.random.default_rng(0).normal(0, 0.1, lab.centres.shape)
    neighbours = np.zeros_like(centres)
    stills = []
    for i, (c, n, step) in enumerate(lab.quizzes(lab.pairs, lab.counts, 2, 0)):
        by_u, by_w = lab.quiz_gradients(centres[c], neighbours[n])
        np.add.at(centres, c, -0.12 * step * by_u)
        np.add.at(neighbours, n, -0.12 * step * by_w)
        if i in stops:
            stills.append((stops[i], centres[at].copy()))
    return stills


def _still(share: float, table: np.ndarray, points: np.ndarray) -> Picture:
    shown = [word for pair in _PAIRS for word in pair.split()]
    apart = table[1::2] - table[::2]
    unit = apart / np.linalg.norm(apart, axis=1, keepdims=True)
    agreed = (unit @ unit.T)[np.triu_indices(len(unit), 1)].mean()  # cosines of every two steps

    def draw(axes: "Axes") -> None:
        axes.grid(visible=False)
        axes.axvline(0, color=LINE, linewidth=0.8)
        for i in range(0, len(shown), 2):
            axes.plot(*points[i : i + 2].T, color=PALETTE[i // 2], linestyle=DASHES[i // 2])
        for first, mark, where in ((0, "o", -1), (1, "s", 1)):
            heights = spread(list(points[first::2, 1]), 0.28)
            for k, (j, height) in enumerate(zip(range(first, len(shown), 2), heights, strict=True)):
                axes.plot(*points[j], mark, color=PALETTE[k], markersize=5)
                axes.annotate(
                    shown[j],
                    points[j],
                    (where * (0.14 + max(where * points[j][0], 0.3)), height),
                    textcoords="data",
                    ha="right" if where < 0 else "left",
                    va="center",
                    color=INK,
                    fontsize=SMALL_PT,
                )
        axes.set_xticks(range(-2, 3))
        axes.set_yticks(range(-2, 3))
        axes.set_xlim(-2.4, 2.4)
        axes.set_ylim(-2.1, 2.1)

    rows = [("word", "across", "up")]
    rows += [(w, float(x), float(y)) for w, (x, y) in zip(shown, points, strict=True)]
    return drawing(
        f"After {share:.0%} of the training, two steps from he to she agree with a cosine of {agreed:.2f}".replace(
            "-", "−"
        ),
        draw,
        x="from he-words to she-words (units of the vectors)",
        y="where the pairs differ most (units of the vectors)",
        alt=f"Four pairs joined by lines, after {share:.0%} of the training. "
        + "; ".join(f"{w} at {x:.2f}, {y:.2f}" for w, (x, y) in zip(shown, points, strict=True))
        + ".",
        rows=rows,
        height_in=3.5,
    )


@approximate(0.05)
def hidden() -> Picture:
    """Cosines of two pairs while one direction is stretched, with every answer of the quiz unchanged."""
    lab = _lab()
    factors = np.geomspace(0.1, 10, 41)
    duos = (("king", "queen"), ("waiter", "waitress"), ("king", "throne"))
    curves = {duo: [] for duo in duos}
    for factor in factors:
        u, _ = lab.stretched(lab.centres, lab.neighbours, lab.g, factor)
        for a, b in duos:
            curves[a, b].append(lab.cosine(u[lab.row[a]], u[lab.row[b]]))

    def draw(axes: "Axes") -> None:
        axes.set_xscale("log")
        axes.set_xticks([0.1, 0.3, 1, 3, 10], ["0.1", "0.3", "1", "3", "10"])
        axes.minorticks_off()
        axes.axvline(1, color=MUTED, linewidth=1, dashes=(4, 2))
        axes.annotate("as trained", (1, -1), (4, 2), textcoords="offset points", color=MUTED,
                      fontsize=SMALL_PT)  # fmt: skip
        axes.axhline(0, color=MUTED, linewidth=0.8)
        ends = spread([values[-1] for values in curves.values()], 0.16)
        for i, ((a, b), values) in enumerate(curves.items()):
            axes.plot(factors, values, color=PALETTE[i], linestyle=DASHES[i], linewidth=1.8)
            axes.annotate(f"{a}, {b}", (factors[-1], values[-1]), (11, ends[i]), textcoords="data",
                          va="center", color=INK, annotation_clip=False)  # fmt: skip
        axes.set_xlim(0.1, 10)
        axes.set_ylim(-1.05, 1.05)

    alt = "Three curves against the stretch. " + "; ".join(
        f"{a} and {b} go from {v[0]:.2f} over {v[20]:.2f} to {v[-1]:.2f}"
        for (a, b), v in curves.items()
    )
    rows = [("stretch", *(f"{a}, {b}" for a, b in duos))]
    rows += [(float(f), *(float(curves[d][i]) for d in duos)) for i, f in enumerate(factors)]
    return drawing(
        "Without changing one prediction, king and queen become twins or opposites",
        draw,
        x="stretch along the line from king to queen (times)",
        y="cosine of the two centres",
        alt=alt + ".",
        rows=rows,
        height_in=3.3,
    )
