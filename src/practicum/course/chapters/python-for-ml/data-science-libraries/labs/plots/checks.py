"""What each task must satisfy: the marks, scales and words of a drawn figure."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from practicum.learn.labs.checking import close, equal, fail, holds


def _axes(drawn, what):
    holds(drawn is not None, f"{what} returned None: is a `return` missing?")
    if isinstance(drawn, Figure):
        fail(f"{what} returned the Figure; the Axes inside it are what is asked for")
    holds(isinstance(drawn, Axes), f"{what} returned {type(drawn).__name__}, not Axes")
    plt.close(drawn.figure)
    return drawn


def _words(axes, title, across="", up=""):
    holds(
        axes.get_title() == title, f"the title reads {axes.get_title()!r}: it should be the claim"
    )
    holds(
        not across or axes.get_xlabel() == across,
        f"the axis across is called {axes.get_xlabel()!r}",
    )
    holds(not up or axes.get_ylabel() == up, f"the axis upwards is called {axes.get_ylabel()!r}")


def score_bars(lab):
    scores = {"small": 90.5, "large": 92.0, "tiny": 88.0}
    axes = _axes(lab.score_bars(scores, "Size helps a little", "accuracy (%)"), "score_bars(…)")
    bars = axes.patches
    holds(len(bars) == 3, f"score_bars drew {len(bars)} bars for three scores")
    if bars[0].get_width() < bars[0].get_height() or np.isclose(bars[0].get_height(), 90.5):
        fail("the bars stand upright: names are easier to read beside horizontal ones (barh)")
    starts = [bar.get_x() for bar in bars]
    close(starts, [0.0] * 3, "where the bars of score_bars start", "a bar's length is its value")
    axes.figure.canvas.draw()
    left, right = axes.get_xlim()
    holds(
        left == 0,
        f"the axis begins at {left:.4g}: cut off there, 92 looks like several times 88. Bars begin at zero",
    )
    holds(right >= 92, f"the axis ends at {right:.4g}, before the longest bar does")
    names = [label.get_text() for label in axes.get_yticklabels()]
    lengths = {
        name: bar.get_width()
        for name, bar in zip(names, sorted(bars, key=lambda b: b.get_y()), strict=False)
    }
    equal(lengths, scores, "the bars beside their names",
          "names and values have to be sorted together")  # fmt: skip
    places = [bar.get_y() for bar in sorted(bars, key=lambda b: b.get_width())]
    holds(
        places == sorted(places),
        "the largest bar is not on top: barh puts its first bar at the bottom",
    )
    _words(axes, "Size helps a little", across="accuracy (%)")


def intervals(lab):
    scores = {"a": (40.0, 50.0, 52.0), "b": (10.0, 11.0, 19.0)}
    axes = _axes(lab.intervals(scores, "a beats b", "score (%)"), "intervals(…)")
    holds(
        axes.containers,
        "intervals drew no error bars: errorbar draws dots and whiskers together",
    )
    line, _, whiskers = axes.containers[0]
    close(np.asarray(line.get_ydata(), dtype=float), [50.0, 11.0], "the dots of intervals",
          "the order is (low, value, high)")  # fmt: skip
    ends = [sorted(segment[:, 1].tolist()) for segment in whiskers[0].get_segments()]
    if np.allclose(ends, [[10.0, 102.0], [1.0, 30.0]]):
        fail(
            "the whisker of 40, 50, 52 goes from 10 to 102: yerr takes distances from the dot, not ends"
        )
    if np.allclose(ends, [[48.0, 60.0], [3.0, 12.0]]):
        fail("the whiskers are upside down: the first row of yerr reaches down, the second up")
    close(
        ends,
        [[40.0, 52.0], [10.0, 19.0]],
        "the ends of the whiskers",
        "an interval need not be symmetric",
    )
    axes.figure.canvas.draw()
    names = [label.get_text() for label in axes.get_xticklabels() if label.get_text()]
    equal(names, ["a", "b"], "the names across")
    holds(
        line.get_linestyle() in ("None", "none", "", " "),
        "the dots are joined by a line, as if there were something between two models: choose a format without one",
    )
    _words(axes, "a beats b", up="score (%)")


def learning_curves(lab):
    curves = {
        "one": [(10, 3.0), (100, 2.5), (1000, 2.4)],
        "two": [(10, 3.2), (100, 2.6), (1000, 2.0)],
    }
    axes = _axes(lab.learning_curves(curves, "Two wins late"), "learning_curves(…)")
    named = {line.get_label(): line for line in axes.get_lines()}
    holds(len(axes.get_lines()) == 2, f"{len(axes.get_lines())} lines were drawn for two curves")
    holds(
        set(named) == {"one", "two"},
        f"the lines are called {sorted(named)}: a line without a label cannot be told from the others",
    )
    for name, curve in curves.items():
        across = np.asarray(named[name].get_xdata(), dtype=float)
        if np.allclose(across, np.log10([x for x, _ in curve])) or np.allclose(
            across, np.log([x for x, _ in curve])
        ):
            fail(
                "the logarithms were drawn: nobody reads 3 as a thousand. Scale the axis, not the data"
            )
        close(np.stack([across, named[name].get_ydata()], axis=1), curve, f"the points of {name}")
    holds(
        axes.get_xscale() == "log",
        "the x axis is linear: all but the last point are squeezed into its first tenth",
    )
    holds(axes.get_yscale() == "linear", "only the x axis should be logarithmic here")
    legend = axes.get_legend()
    holds(legend is not None, "there is no legend; the labels are known but not shown")
    equal(sorted(t.get_text() for t in legend.get_texts()), ["one", "two"], "the legend's names")
    colours = [line.get_color() for line in axes.get_lines()]
    holds(not same_color(*colours), "both lines have the same colour")
    _words(axes, "Two wins late", "text read (characters)", "loss (nats per character)")


def zipf(lab):
    counts = np.array([3, 50, 1, 12, 7])
    axes = _axes(lab.zipf(counts, "A few do it all"), "zipf(…)")
    holds(axes.get_lines(), "zipf drew no line")
    line = axes.get_lines()[0]
    ranks, heights = (np.asarray(v, dtype=float) for v in line.get_data())
    holds(len(ranks) == 5, f"zipf drew {len(ranks)} points for five counts")
    if ranks.min() == 0:
        fail(
            "the ranks begin at zero, which a logarithmic axis cannot show: the most frequent word is lost"
        )
    if np.array_equal(heights, np.sort(counts)):
        fail("the counts rise with their rank: rank one is the most frequent")
    close(ranks, [1, 2, 3, 4, 5], "the ranks")
    close(heights, [50, 12, 7, 3, 1], "the counts in the order of their ranks")
    holds(
        counts[0] == 3, "zipf sorted the array that it was given in place: a copy would be polite"
    )
    scales = (axes.get_xscale(), axes.get_yscale())
    holds(
        scales == ("log", "log"),
        f"the scales are {scales}; only with both logarithmic does the law show itself as a line",
    )
    _words(axes, "A few do it all")
    holds(axes.get_xlabel() and axes.get_ylabel(), "an axis of zipf has no name")


def heatmap(lab):
    chances = np.array([[0.1, 0.9, 0.0], [0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
    axes = _axes(lab.heatmap(chances, ["x", "y", "z"], "z is followed by x"), "heatmap(…)")
    holds(axes.images, "heatmap drew no image: imshow makes one")
    shown = np.asarray(axes.images[0].get_array(), dtype=float)
    if np.allclose(shown, chances.T):
        fail("the image is transposed: row i of the table should be row i of the image")
    close(shown, chances, "the values of the image")
    axes.figure.canvas.draw()
    across = [t.get_text() for t in axes.get_xticklabels()]
    down = [t.get_text() for t in axes.get_yticklabels()]
    equal(across, ["x", "y", "z"], "the names across", "one tick for each name")
    equal(down, ["x", "y", "z"], "the names downwards", "one tick for each name")
    equal(
        np.asarray(axes.get_yticks()).tolist(), [0, 1, 2], "the places of the names",
        "cells have their middle at whole numbers",
    )  # fmt: skip
    low, high = axes.get_ylim()
    holds(low > high, "the image stands on its head: row 0 should be on top")
    holds(
        len(axes.figure.axes) == 2,
        "there is no colour bar: without a scale nobody can turn a colour into a number",
    )
    _words(axes, "z is followed by x", "next character", "character")


def panels(lab):
    rng = np.random.default_rng(4)
    groups = {"a": rng.normal(size=50), "b": rng.normal(4, 2, size=30)}
    figure = lab.panels(groups, "b is wider", "length (m)")
    holds(isinstance(figure, Figure), f"panels returned {type(figure).__name__}, not the Figure")
    plt.close(figure)
    figure.canvas.draw()
    row = figure.axes
    holds(len(row) == 2, f"two groups, {len(row)} axes: one for each group, none left empty")
    equal([axes.get_title() for axes in row], ["a", "b"], "the titles of the panels")
    edges = [[bar.get_x() for bar in axes.patches] for axes in row]
    for axes, values in zip(row, groups.values(), strict=True):
        total = sum(bar.get_height() for bar in axes.patches)
        holds(
            total == len(values),
            f"the bars of panel {axes.get_title()!r} add up to {total:.4g} of {len(values)} values: "
            "bins must reach from the smallest to the largest value of ALL groups",
        )
        holds(len(axes.patches) == 20, f"{len(axes.patches)} bars in a panel, not twenty")
    holds(
        np.allclose(*edges),
        "the bins differ from panel to panel: a narrow bin makes low bars, and the eye compares bars",
    )
    holds(
        row[0].get_ylim() == row[1].get_ylim(),
        "the panels have different scales upwards: equal heights mean different counts",
    )
    holds(row[0].get_xlim() == row[1].get_xlim(), "the panels have different scales across")
    title = figure.get_suptitle()
    holds(title == "b is wider", f"the title above all panels reads {title!r}")
    holds(all(axes.get_xlabel() == "length (m)" for axes in row), "a panel has no unit below it")
    one = lab.panels({"only": np.arange(5.0)}, "one", "m")
    plt.close(one)
    holds(len(one.axes) == 1, "a single group should give a single panel")
