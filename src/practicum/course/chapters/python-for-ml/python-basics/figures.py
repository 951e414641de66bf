"""The figures of this lesson."""

import array
import tracemalloc
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import INK, MUTED, PALETTE
from practicum.measure.plots import Picture, drawing, lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TOP, _MIDDLE, _BOTTOM = 2.0, 1.0, 0.0  # where objects are drawn; names stand at the same heights
_NAMES = {"base": _TOP, "alice": _MIDDLE, "bob": _BOTTOM}
_BRIEF, _AGE, _HELLO = '"Be brief."', '"I am 54."', '"Hello."'
# After each line: where every name points, what every object holds, and what the line has changed.
_STORY = (
    ('base = ["Be brief."]', {"base": _TOP}, {_TOP: [_BRIEF]}, "base"),
    ("alice = base", {"base": _TOP, "alice": _TOP}, {_TOP: [_BRIEF]}, "alice"),
    (
        "bob = [*base]",
        {"base": _TOP, "alice": _TOP, "bob": _BOTTOM},
        {_TOP: [_BRIEF], _BOTTOM: [_BRIEF]},
        "bob",
    ),
    (
        'alice.append("I am 54.")',
        {"base": _TOP, "alice": _TOP, "bob": _BOTTOM},
        {_TOP: [_BRIEF, _AGE], _BOTTOM: [_BRIEF]},
        _AGE,
    ),
    (
        'bob.append("Hello.")',
        {"base": _TOP, "alice": _TOP, "bob": _BOTTOM},
        {_TOP: [_BRIEF, _AGE], _BOTTOM: [_BRIEF, _HELLO]},
        _HELLO,
    ),
    (
        "alice = []",
        {"base": _TOP, "alice": _MIDDLE, "bob": _BOTTOM},
        {_TOP: [_BRIEF, _AGE], _MIDDLE: [], _BOTTOM: [_BRIEF, _HELLO]},
        "alice",
    ),
)


def arrows() -> Frames:
    """Six lines of code: where the names point and what the lists hold after each."""
    claim = "An assignment moves an arrow; only a method such as append changes an object"
    return Frames(claim, "the line that just ran", {row[0]: _scene(claim, *row) for row in _STORY})


def _scene(
    claim: str,
    code: str,
    points: dict[str, float],
    objects: dict[float, list[str]],
    changed: str,
) -> Picture:
    def draw(axes: "Axes") -> None:
        for name, target in points.items():
            new = name == changed
            colour = PALETTE[1] if new else MUTED
            height = _NAMES[name]
            axes.text(1.0, height, name, ha="right", va="center", color=PALETTE[1] if new else INK)
            # The upper arrow comes in level, the one from below at a slant: both ends stay apart.
            end = target if height == target else target - 0.22
            width = 2.0 if new else 1.4
            axes.plot([1.15, 2.9], [height, end], color=colour, linewidth=width)
            tip = [(2.78, end + 0.07), (3.0, end), (2.78, end - 0.07)]
            axes.fill(*zip(*tip, strict=True), color=colour)
        for height, cells in objects.items():
            for place, cell in enumerate(cells or [""]):
                new = cell == changed
                left = 3.1 + 2.4 * place
                right = left + (2.4 if cell else 0.5)
                axes.plot(
                    [left, right, right, left, left],
                    [height + d for d in (-0.28, -0.28, 0.28, 0.28, -0.28)],
                    color=PALETTE[1] if new else PALETTE[0],
                    linewidth=1.6,
                    zorder=3 if new else 2,
                )
                axes.text((left + right) / 2, height, cell, ha="center", va="center", color=INK)
        axes.text(3.1, 2.45, "objects", color=MUTED, fontsize=8, va="bottom")
        axes.text(1.0, 2.45, "names", color=MUTED, fontsize=8, va="bottom", ha="right")
        axes.set_xlim(0, 8.2)
        axes.set_ylim(-0.5, 2.75)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)

    rows = [
        (name, f"list {_PLACES[target]}", f"[{', '.join(objects[target])}]")
        for name, target in points.items()
    ]
    told = "; ".join(f"{name} points to the {where}, which is {what}" for name, where, what in rows)
    return drawing(
        claim,
        draw,
        x="",
        y=f"after  {code}",
        alt=f"Names with arrows to lists, after {code}: {told}.",
        rows=[("name", "points to", "which holds"), *rows],
        height_in=2.3,
    )


_PLACES = {_TOP: "at the top", _MIDDLE: "in the middle", _BOTTOM: "at the bottom"}


def memory() -> Picture:
    """What token ids take in memory, held in three ways."""
    holders: dict[str, Callable[[Iterator[int]], object]] = {
        "list": list,
        "array of two bytes each": lambda ids: array.array("H", ids),
        "generator": lambda ids: ids,
    }
    counts = range(0, 100_001, 20_000)
    series = {
        name: [(n, round(_held_mb(hold, n), 2)) for n in counts] for name, hold in holders.items()
    }
    return lines(
        "A list of ids takes twenty times the memory of an array, a generator next to none",
        series,
        x="token ids",
        y="memory held (MB)",
    )


def _ids(n: int) -> Iterator[int]:
    """n token ids, spread over the vocabulary and none of them among the small numbers."""
    return (1000 + i * 7919 % 48_000 for i in range(n))


def _held_mb(hold: Callable[[Iterator[int]], object], n: int) -> float:
    tracemalloc.start()
    try:
        held = hold(_ids(n))
        size, _ = tracemalloc.get_traced_memory()
        del held
        return size / 1e6
    finally:
        tracemalloc.stop()
