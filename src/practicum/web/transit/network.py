"""What a drawn map consists of: stations with their labels, districts, lines and transfers.

Units  every length is a unit of the drawing, which is a CSS pixel at scale 1; y grows downwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Box:
    """An upright rectangle."""

    x0: float
    y0: float
    x1: float
    y1: float

    def overlaps(self, other: Box, gap: float = 0) -> bool:
        """Whether the two come nearer to each other than `gap`."""
        return (self.x0 - gap < other.x1 and other.x0 - gap < self.x1
                and self.y0 - gap < other.y1 and other.y0 - gap < self.y1)  # fmt: skip

    def moved(self, dx: float, dy: float) -> Box:
        """The same box elsewhere."""
        return Box(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)


@dataclass(frozen=True)
class Label:
    """Lines of text and the room they take at their size, in the widest font of the stack."""

    lines: tuple[str, ...]
    box: Box
    anchor: Anchor
    size: float

    @property
    def x(self) -> float:
        """Where SVG anchors each line."""
        if self.anchor == "middle":
            return (self.box.x0 + self.box.x1) / 2
        return self.box.x0 if self.anchor == "start" else self.box.x1

    @property
    def baselines(self) -> list[float]:
        """The y of each line's baseline."""
        leading = (self.box.y1 - self.box.y0) / len(self.lines)
        return [self.box.y0 + leading * n + self.size * 0.9 for n in range(len(self.lines))]

    def moved(self, dx: float, dy: float) -> Label:
        """The same label elsewhere."""
        return replace(self, box=self.box.moved(dx, dy))


@dataclass(frozen=True)
class Station:
    """A concept on the map."""

    slug: str
    x: float
    y: float
    label: Label
    is_interchange: bool

    @property
    def box(self) -> Box:
        """The room of its glyph."""
        r = RADIUS + 2 if self.is_interchange else RADIUS
        return Box(self.x - r, self.y - r, self.x + r, self.y + r)


@dataclass(frozen=True)
class District:
    """A chapter: the area around its stations."""

    slug: str
    part: str
    box: Box
    label: Label


@dataclass(frozen=True)
class Segment:
    """A piece of a line between two stations; `start` is None where the line begins."""

    part: str
    start: str | None
    end: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Transfer:
    """A prerequisite across lines: who knows `start` may change to `end`."""

    start: str
    end: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class LineName:
    """The plate at which a line begins."""

    part: str
    box: Box
    label: Label


@dataclass(frozen=True)
class Network:
    """The whole drawing."""

    width: float
    height: float
    stations: dict[str, Station]
    districts: tuple[District, ...]
    segments: tuple[Segment, ...]
    transfers: tuple[Transfer, ...]
    names: tuple[LineName, ...]


RADIUS = 9.0  # of a station's glyph with its ring
