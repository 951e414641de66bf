"""A plot as dots of Braille, for terminals: marks and frame only, the words are in its alt text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

COLUMNS = 72  # characters; a Braille cell is two dots wide and four high
DARK = 90  # of 255 ink in a dot: thinner marks of an anti-aliased line would be noise
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_collected: ContextVar[list[str] | None] = ContextVar("sketches", default=None)


@contextmanager
def sketching() -> Iterator[list[str]]:
    """Collects a sketch of every plot drawn meanwhile, in order."""
    sketches: list[str] = []
    token = _collected.set(sketches)
    try:
        yield sketches
    finally:
        _collected.reset(token)


def keep_sketch(figure: Figure) -> None:
    """Sketch the figure when somebody is collecting; the figure is left as it was."""
    sketches = _collected.get()
    if sketches is not None:
        sketches.append(sketch(figure))


def sketch(figure: Figure) -> str:
    """Lines of Braille, and below them where the axes begin and end."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    hidden: list[Artist] = [a for a in figure.findobj(Text) if a.get_visible()]
    hidden += [line for axes in figure.axes for line in (*axes.get_xgridlines(), *axes.get_ygridlines())
               if line.get_visible()]  # fmt: skip
    for artist in hidden:
        artist.set_visible(False)
    dpi, backend = figure.dpi, figure.canvas
    try:
        figure.set_dpi(2 * COLUMNS / figure.get_figwidth())
        drawn = FigureCanvasAgg(figure)
        drawn.draw()
        ink = np.asarray(drawn.buffer_rgba())[:, :, 3] > DARK
    finally:
        figure.set_dpi(dpi)
        figure.set_canvas(backend)
        for artist in hidden:
            artist.set_visible(True)
    rows = [_row(ink[top : top + 4]) for top in range(0, ink.shape[0], 4)]
    while rows and not rows[0].strip("⠀"):
        rows.pop(0)
    while rows and not rows[-1].strip("⠀"):
        rows.pop()
    return "\n".join([*(row.rstrip("⠀") for row in rows), *_ranges(figure)])


def _row(ink: object) -> str:
    import numpy as np

    dots = np.asarray(ink)
    cells = []
    for left in range(0, dots.shape[1], 2):
        cell = dots[:, left : left + 2]
        bits = sum(
            _BITS[r][c] for r in range(cell.shape[0]) for c in range(cell.shape[1]) if cell[r, c]
        )
        cells.append(chr(0x2800 + bits))
    return "".join(cells)


def _ranges(figure: Figure) -> list[str]:
    said = []
    for axes in figure.axes[:1]:
        for name, (low, high) in (("across", axes.get_xlim()), ("up", axes.get_ylim())):
            axis = axes.xaxis if name == "across" else axes.yaxis
            if axis.get_visible() and len(axis.get_majorticklocs()):
                said.append(f"{name} from {low:.4g} to {high:.4g}")
    return ["; ".join(said)] if said else []
