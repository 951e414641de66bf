"""The network as SVG: lines, districts, transfers, and a link for every station.

Colours and weights are the page's (map.css); here is only what is where. Every text is escaped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from practicum.learn.roadmap import Concept, Roadmap
from practicum.web.transit.layout import layout
from practicum.web.transit.network import RADIUS, Box, Label, Network, Station, Transfer
from practicum.web.transit.paths import rounded

# The glyphs of web.render.station, on the same 16 × 16 grid.
GLYPHS = {
    "new": '<circle cx="8" cy="8" r="5.5" class="ring"/>',
    "learning": '<circle cx="8" cy="8" r="5.5" class="ring"/><path d="M8 3a5 5 0 0 1 0 10z" class="fill"/>',
    "mastered": '<circle cx="8" cy="8" r="5.5" class="ring"/><circle cx="8" cy="8" r="5" class="fill"/>',
    "fading": '<circle cx="8" cy="8" r="5.5" class="ring dashed"/><circle cx="8" cy="8" r="2.4" class="fill"/>',
}  # fmt: skip
BEND = 22.0  # how far from its bends a line begins to curve
GLYPH = 2.75 * RADIUS  # the side of the grid, so that the ring comes out near the station's radius


@dataclass(frozen=True)
class View:
    """Whose map it is: states by slug, where the learner is, what is looked at, what a filter hides."""

    states: Mapping[str, str]
    here: str
    chosen: str
    left_out: Collection[str] = field(default_factory=frozenset)


def draw(roadmap: Roadmap, view: View) -> str:
    """The whole map as one SVG element."""
    network = layout(roadmap)
    size = f"{network.width:.0f} {network.height:.0f}"
    n_open = sum(c.is_open for c in roadmap.concepts.values())
    told = (f"{len(roadmap.parts)} lines, {len(roadmap.concepts)} stations, {n_open} of them open. "
            "Arrow keys walk along the lines, Enter opens a lesson. The same map is a list below.")  # fmt: skip
    width, height = size.split()
    return "\n".join([
        f'<svg id="drawing" class="transit" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" '
        f'width="{width}" height="{height}" role="group" aria-labelledby="drawing-title" '
        'aria-describedby="drawing-told">',
        f'<title id="drawing-title">Map of the course</title><desc id="drawing-told">{escape(told)}</desc>',
        "<defs>", *_symbols(), "</defs>",
        *_group("districts", _districts(network, roadmap)),
        *_group("transfers", (_transfer(t, roadmap) for t in network.transfers)),
        *_group("titles", (f'<g class="title line-{escape(d.part)}">{_text(d.label)}</g>' for d in network.districts)),
        *_group("rails", _rails(network, roadmap)),
        *_group("names", _names(network)),
        '<g class="stops">', *(_stop(network.stations[slug], roadmap, view) for slug in roadmap.concepts), "</g>",
        "</svg>",
    ])  # fmt: skip


def spoken(concept: Concept, roadmap: Roadmap, view: View) -> str:
    """A station in words: its title, state, and what it needs."""
    said = [concept.title, view.states[concept.slug] if concept.is_open else "not open yet"]
    if concept.slug == view.here:
        said.append("you are here")
    if concept.needs:
        said.append("needs " + " and ".join(roadmap.concepts[need].title for need in concept.needs))
    return ", ".join(said)


def _symbols() -> Iterator[str]:
    for state, inside in GLYPHS.items():
        yield f'<symbol id="state-{state}" viewBox="0 0 16 16">{inside}</symbol>'


def _group(name: str, inside: Iterator[str]) -> Iterator[str]:
    """What the list and the stations' names say already: drawn, not read out."""
    yield f'<g class="{name}" aria-hidden="true">'
    yield from inside
    yield "</g>"


def _districts(network: Network, roadmap: Roadmap) -> Iterator[str]:
    for district in network.districts:
        shut = "" if any(c.is_open for c in roadmap.chapters[district.slug].concepts) else " shut"
        yield f'<g class="district line-{escape(district.part)}{shut}">{_rect(district.box)}</g>'


def _transfer(transfer: Transfer, roadmap: Roadmap) -> str:
    part = escape(roadmap.concepts[transfer.start].part)
    return (f'<path class="transfer line-{part}" data-from="{escape(transfer.start)}" '
            f'data-to="{escape(transfer.end)}" d="{rounded(transfer.points)}"/>')  # fmt: skip


def _rails(network: Network, roadmap: Roadmap) -> Iterator[str]:
    for segment in network.segments:
        shut = "" if roadmap.concepts[segment.end].is_open else " shut"
        yield (f'<path class="rail line-{escape(segment.part)}{shut}" data-from="{escape(segment.start or "")}" '
               f'data-to="{escape(segment.end)}" d="{rounded(segment.points, BEND)}"/>')  # fmt: skip


def _names(network: Network) -> Iterator[str]:
    for name in network.names:
        yield f'<g class="name line-{escape(name.part)}">{_rect(name.box)}{_text(name.label)}</g>'


def _stop(station: Station, roadmap: Roadmap, view: View) -> str:
    concept = roadmap.concepts[station.slug]
    slug, state = escape(concept.slug), view.states[concept.slug]
    is_here = concept.slug == view.here
    kinds = ["stop", f"line-{escape(concept.part)}", state]
    kinds += ["shut"] * (not concept.is_open) + ["here"] * is_here
    kinds += ["off"] * (concept.slug in view.left_out) + ["interchange"] * station.is_interchange
    return (
        f'<a href="/learn/{slug}" id="stop-{slug}" class="{" ".join(kinds)}" data-slug="{slug}" '
        f'data-part="{escape(concept.part)}" data-state="{state}" data-needs="{escape(" ".join(concept.needs))}" '
        f'tabindex="{0 if concept.slug == view.chosen else -1}" aria-label="{escape(spoken(concept, roadmap, view))}">'
        f"{_glyph(station, state)}{_pin(station) if is_here else ''}{_text(station.label)}</a>"
    )


def _glyph(station: Station, state: str) -> str:
    x, y, half = station.x, station.y, GLYPH / 2
    outer = RADIUS + 3.5 if station.is_interchange else RADIUS + 0.5
    return (
        f'<circle class="halo" cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS + 5}"/>'
        f'<circle class="ground" cx="{x:.1f}" cy="{y:.1f}" r="{outer}"/>'
        f'<use href="#state-{state}" x="{x - half:.1f}" y="{y - half:.1f}" width="{GLYPH:g}" height="{GLYPH:g}"/>'
    )


def _pin(station: Station) -> str:
    """You are here, on the side of the station that its label leaves free."""
    turn = -1 if station.label.box.y0 > station.y else 1
    return (f'<path class="pin" transform="translate({station.x:.1f} {station.y + turn * 12:.1f}) scale(1 {turn})" '
            'd="M0 0C-2 5-8 8-8 14a8 8 0 0 0 16 0C8 8 2 5 0 0zm0 11a3 3 0 1 1 0 6 3 3 0 0 1 0-6z"/>')  # fmt: skip


def _rect(box: Box) -> str:
    return (f'<rect x="{box.x0:.1f}" y="{box.y0:.1f}" width="{box.x1 - box.x0:.1f}" '
            f'height="{box.y1 - box.y0:.1f}" rx="11"/>')  # fmt: skip


def _text(label: Label) -> str:
    lines = "".join(f'<tspan x="{label.x:.1f}" y="{y:.1f}">{escape(line)}</tspan>'
                    for line, y in zip(label.lines, label.baselines, strict=True))  # fmt: skip
    return f'<text text-anchor="{label.anchor}" font-size="{label.size:g}">{lines}</text>'
