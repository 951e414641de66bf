"""A blank figure in the house's hand, and any figure as inline SVG.

Colours are drawn as sentinels and replaced by CSS custom properties afterwards, so that one
SVG is right in dark and in light. Text stays text, ids are unique on a page, and the same
plot always gives the same bytes.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING

from practicum.measure.sketch import keep_sketch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, strongest contrast first: told apart without red-green vision.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)))
MARKS = ("o", "s", "^", "D", "v", "P")
INK, MUTED, LINE, PAPER = "#010203", "#040506", "#070809", "#0a0b0c"  # no plot means these
VARIABLES = {
    INK: "var(--ink, #1d1d1b)",
    MUTED: "var(--muted, #66645e)",
    LINE: "var(--line, #d9d5cb)",
    PAPER: "var(--paper, transparent)",
}
FONTS = "Seravek,'Gill Sans Nova',Ubuntu,Calibri,'DejaVu Sans',source-sans-pro,sans-serif"
WIDTH_IN = 5.6  # narrow, so that a phone still shows letters of eight pixels
TEXT_PT, SMALL_PT = 9.5, 8.0
N_TICKS = 6  # across; more would touch each other at this width
SETTINGS = {
    "font.family": ["DejaVu Sans"],  # ships with matplotlib and is the widest of FONTS
    "font.size": TEXT_PT,
    "text.parse_math": False,  # "$5 or $6" in a label is money, not mathematics
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "svg.fonttype": "none",
}
_ONE_AT_A_TIME = threading.Lock()  # matplotlib's settings are global; web pages draw in threads


@contextmanager
def settings(mark: str) -> Iterator[None]:
    """The house's drawing settings, for the time of one plot."""
    from matplotlib import rc_context

    with _ONE_AT_A_TIME, rc_context({**SETTINGS, "svg.hashsalt": mark}):
        yield


def canvas(height_in: float, *, grid: str) -> tuple[Figure, Axes]:
    """An empty transparent plot with grid lines across one axis, "x" or "y"."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    # At 72 dots an inch one pixel is one point, which is also one unit of the SVG.
    figure = Figure(figsize=(WIDTH_IN, height_in), dpi=72, layout="constrained")
    axes = figure.add_subplot()
    figure.patch.set_visible(False)
    axes.patch.set_visible(False)
    for side in ("top", "right", "left" if grid == "x" else "bottom"):
        axes.spines[side].set_visible(False)
    for spine in axes.spines.values():
        spine.set_color(LINE)
    axes.tick_params(colors=MUTED, labelcolor=INK, length=3, labelsize=TEXT_PT)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_color(MUTED)
        axis.get_offset_text().set_color(MUTED)
    axes.xaxis.set_major_locator(MaxNLocator(N_TICKS))
    axes.grid(axis="x" if grid == "x" else "y", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def label_axes(axes: Axes, x: str, y: str) -> None:
    """Name both axes; y above its axis, where it is read without turning the head."""
    axes.set_xlabel(x, loc="right")
    axes.set_title(y, loc="left", fontsize=TEXT_PT, color=MUTED, fontweight="normal", pad=8)


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """The places nearest to the wanted ones, in least squares, that keep a gap apart.

    Source  Isotonic regression of wanted minus i·gap, by pooling neighbours that collide.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    pools: list[tuple[float, int]] = []  # (mean, size)
    for rank, i in enumerate(order):
        mean, size = wanted[i] - rank * gap, 1
        while pools and pools[-1][0] > mean:
            other, n = pools.pop()
            mean, size = (mean * size + other * n) / (size + n), size + n
        pools.append((mean, size))
    levels = [mean for mean, size in pools for _ in range(size)]
    places = [0.0] * len(wanted)
    for rank, i in enumerate(order):
        places[i] = levels[rank] + rank * gap
    return places


def _write_thousands(figure: Figure) -> None:
    """Ticks beyond 10,000 in full with commas, where matplotlib would write a power of ten."""
    from matplotlib.ticker import ScalarFormatter, StrMethodFormatter

    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            plain = isinstance(axis.get_major_formatter(), ScalarFormatter)
            if plain and max(map(abs, axis.get_view_interval())) >= 10_000:
                axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def inline_svg(figure: Figure, *, title: str, alt: str, mark: str, footer: str = "") -> str:
    """The figure as SVG to put into HTML: no prolog, no outside reference, ids of its own."""
    _write_thousands(figure)
    if footer:
        figure.supxlabel(footer, x=0.0, ha="left", fontsize=SMALL_PT, color=MUTED)
    keep_sketch(figure)
    stream = io.StringIO()
    empty = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(stream, format="svg", metadata=empty)
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # A style element would reach the whole page; as an attribute it stays in this drawing.
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    for sentinel, variable in VARIABLES.items():
        text = text.replace(f": {sentinel}", f": {variable}")
    text = re.sub(r"font-family: [^;\"]*", f"font-family: {FONTS}", text)
    text = re.sub(r'\bid="', f'id="{mark}-', text)
    text = re.sub(r"(url\(|href=\")#", rf"\1#{mark}-", text)
    text = re.sub(r"\n\s*(?=<)", "\n", text)
    root = (
        f'<svg id="{mark}" role="img" aria-label="{escape(alt)}"'
        ' style="stroke-linejoin:round;stroke-linecap:butt"'
    )
    head, _, rest = text.partition(">")
    return f"{head.replace('<svg', root, 1)}><title>{escape(title)}</title>{rest}"
