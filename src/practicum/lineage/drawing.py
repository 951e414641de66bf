"""The family tree as a picture: an SVG made by hand, so that it needs no program to draw it.

Colours are CSS custom properties with fallbacks, as attributes: a page may set them, a file
opened alone has them, and a strict content policy has nothing to refuse.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from practicum.lineage.layout import (
    BOX_H,
    PILL_H,
    STEM,
    Box,
    Layout,
    Point,
    arrange,
    fit,
    text_width,
    upper_lower,
    wrap,
)
from practicum.lineage.licence import Summary, Word, summary
from practicum.lineage.members import GONE, Edge, Family, Node, plain, readable_size, shown

INK, DIM = "var(--ink, #1a1a1a)", "var(--muted, #5c5c5c)"
LINE, PAPER, WASH = "var(--line, #bbb)", "var(--paper, #fff)", "var(--wash, #f3f3f1)"
COLOURS: dict[Word, str] = {
    "permissive": "var(--permissive, #1f7a4d)",
    "share-alike": "var(--share-alike, #2563b0)",
    "restricted": "var(--restricted, #b3261e)",
    "unknown": "var(--unknown, #8a6d00)",
}
FONT = "system-ui, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif"
MARGIN, MIN_W = 24.0, 420.0
CLAIM_PX, NAME_PX, TEXT_PX, PILL_PX = 16.0, 13.0, 11.5, 11.0
BOLD = 1.13  # how much wider a semibold letter is: 1.11 in DejaVu, the widest of the usual fonts
MAX_W, PAD, DOT_W = 310.0, 13.0, 13.0
CORNER, PORT = 8.0, 16.0  # PORT keeps edges that meet at one box apart


def draw(family: Family, claim: str, *, with_data: bool = True) -> str:
    """The family as one SVG: ancestors on top, the claim as its title.

    Every box says name@digest, what it is, and the licence that all of its ancestors add up
    to, as a colour and as a word. The label above a box is what was done to make it.
    """
    licences = {node.digest: summary(family, node.digest) for node in family.nodes}
    family = shown(family, with_data=with_data)
    made = family.parents
    places = arrange(
        family,
        {n.digest: _box_width(n, licences[n.digest], made[n.digest]) for n in family.nodes},
    )
    width = max(places.width, MIN_W) + 2 * MARGIN
    title = wrap(plain(claim), CLAIM_PX * BOLD, width - 2 * MARGIN)
    notes = [line for note in _notes(family) for line in wrap(note, TEXT_PX, width - 2 * MARGIN)]
    top = MARGIN + len(title) * 22 + 18
    foot = top + places.height + (28 if notes else 0)
    height = foot + len(notes) * 17 + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'font-family={quoteattr(FONT)} font-size="{TEXT_PX}">',
        f"<title>{escape(plain(claim))}</title>",
        f"<desc>{escape(_alt(family, licences))}</desc>",
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        *(_text(MARGIN, MARGIN + 14 + 22 * i, line, CLAIM_PX, weight=600)
          for i, line in enumerate(title)),
        f'<g transform="translate({MARGIN:.0f} {top:.0f})">',
        *_edges(family, places),
        *(_box(n, places.boxes[n.digest], licences[n.digest], made[n.digest])
          for n in family.nodes),
        "</g>",
        *(_text(MARGIN, foot + 17 * i, line, TEXT_PX, DIM) for i, line in enumerate(notes)),
        "</svg>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _text(
    x: float, y: float, text: str, size: float, fill: str = INK, *, weight: int = 400,
    middle: bool = False,
) -> str:  # fmt: skip
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    anchor = ' text-anchor="middle"' if middle else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{fill}"{bold}{anchor}>'
        f"{escape(text)}</text>"
    )


def _lines(node: Node, licence: Summary) -> list[str]:
    """What stands below the name: kind, format and size; then the licence, the word first."""
    ids = dict.fromkeys(plain(c.licence or "") for c in licence.claims if c.word == licence.word)
    terms = ", ".join(i.lower() for i in ids if i)
    words = f"{licence.word} · {terms}" if terms else licence.word
    if node.is_data:
        return [f"{node.kind} · {words}"]
    if node.kind == GONE:
        return ["deleted from the store", words]
    kind = (node.kind, node.format, readable_size(node.size_bytes))
    return [" · ".join(plain(part) for part in kind if part), words]


def _box_width(node: Node, licence: Summary, edges: list[Edge]) -> float:
    """Wide enough for its texts, within limits."""
    name, short = _name(node)
    texts = [
        text_width(name, NAME_PX * BOLD) + text_width(short, TEXT_PX),
        *(text_width(line, TEXT_PX) + DOT_W for line in _lines(node, licence)),
        text_width(_making(edges), PILL_PX) - 2 * PAD,
    ]
    # One pixel more, or rounding could cut the very text that set the width.
    return min(max(*texts, 120.0) + _inset(node) + PAD + 1, MAX_W)


def _inset(node: Node) -> float:
    return PAD + 8.0 if node.is_data else PAD + 2.0


def _name(node: Node) -> tuple[str, str]:
    name, _, short = plain(node.label).rpartition("@")
    return name, f"@{short}"


def _making(edges: list[Edge]) -> str:
    return " + ".join(dict.fromkeys(edge.words for edge in edges))


def _box(node: Node, box: Box, licence: Summary, edges: list[Edge]) -> str:
    """One node: its label of making, its outline, its lines of text; all reasons as a tooltip."""
    quiet = node.is_data or node.kind == GONE
    dots = ' stroke-dasharray="2 4"' if node.kind == GONE else ""
    parts = [
        f"<title>{escape(plain(node.label))}\n{escape(chr(10).join(licence.reasons))}</title>",
        _pill(edges, box),
        f'<rect x="{box.left:.1f}" y="{box.top:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.0f}" rx="{box.height / 2 if node.is_data else CORNER:.0f}" '
        f'fill="{WASH if quiet else PAPER}" stroke="{LINE if quiet else DIM}"{dots}/>',
    ]
    if not node.is_data:
        parts.append(
            f'<rect x="{box.left + 5:.1f}" y="{box.top + 9:.1f}" width="4" rx="2" '
            f'height="{box.height - 18:.0f}" fill="{COLOURS[licence.word]}"/>'
        )
    x, y = box.left + _inset(node), box.top + (20 if node.is_data else 21)
    room = box.width - _inset(node) - PAD
    parts.append(_name_line(node, x, y, room))
    *kind, words = _lines(node, licence)
    for line in kind:
        parts.append(_text(x, y := y + 17, fit(line, TEXT_PX, room), TEXT_PX, DIM))
    y += 17
    colour = COLOURS[licence.word]
    parts.append(f'<circle cx="{x + 4:.1f}" cy="{y - 4:.1f}" r="4" fill="{colour}"/>')
    parts.append(_text(x + DOT_W, y, fit(words, TEXT_PX, room - DOT_W), TEXT_PX))
    return f"<g>{''.join(parts)}</g>"


def _name_line(node: Node, x: float, y: float, room: float) -> str:
    """name@digest8 on one line; the name is cut when it must be, the digest never."""
    name, short = _name(node)
    name = fit(name, NAME_PX * BOLD, room - text_width(short, TEXT_PX))
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{NAME_PX:g}" fill="{INK}" font-weight="600">'
        f'{escape(name)}<tspan font-size="{TEXT_PX:g}" font-weight="400" fill="{DIM}">'
        f"{escape(short)}</tspan></text>"
    )


def _pill(edges: list[Edge], box: Box) -> str:
    """What made this node, above it, with the arrow into it; nothing for a root."""
    if not edges:
        return ""
    words = fit(_making(edges), PILL_PX, box.width - 2 * PAD)
    ports = (len(edges) - 1) * PORT + 30  # at least as wide as the edges that end in it
    width = min(max(text_width(words, PILL_PX) + 18, ports), box.width)
    top = box.top - STEM - PILL_H
    return (
        f'<path d="M{box.x:.1f} {top + PILL_H:.1f}V{box.top - 5:.1f}" stroke="{DIM}" fill="none"/>'
        f'<path d="M{box.x - 4:.1f} {box.top - 6.5:.1f}h8l-4 6z" fill="{DIM}"/>'
        f'<rect x="{box.x - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{PILL_H:.0f}" rx="{PILL_H / 2:.1f}" fill="{WASH}" stroke="{LINE}"/>'
        + _text(box.x, top + 13.2, words, PILL_PX, middle=True)
    )


def _edges(family: Family, places: Layout) -> list[str]:
    """Every edge as a curve, its ends set apart where several meet at one box."""
    leave: dict[str, list[tuple[float, int]]] = {}
    arrive: dict[str, list[tuple[float, int]]] = {}
    for index, route in places.routes.items():
        upper, lower = upper_lower(family, index)
        leave.setdefault(upper, []).append((route[1][0], index))
        arrive.setdefault(lower, []).append((route[-2][0], index))
    widths = {digest: box.width for digest, box in places.boxes.items()}
    start, end = _ports(leave, widths), _ports(arrive, widths)
    drawn = []
    for index, route in places.routes.items():
        bottom = places.boxes[upper_lower(family, index)[0]].bottom
        (x, y), (last_x, last_y) = route[0], route[-1]
        points = [(x + start[index], y), *route[1:-1], (last_x + end[index], last_y)]
        drawn.append(_curve(points, bottom, is_back=family.edges[index].is_back))
    return drawn


def _ports(ends: dict[str, list[tuple[float, int]]], widths: dict[str, float]) -> dict[int, float]:
    """How far from the middle of its box each edge ends, in the order of their other ends."""
    offsets: dict[int, float] = {}
    for digest, meeting in ends.items():
        step = min(PORT, (widths[digest] - 30) / len(meeting))
        for i, (_, index) in enumerate(sorted(meeting)):
            offsets[index] = (i - (len(meeting) - 1) / 2) * step
    return offsets


def _curve(points: list[Point], bottom: float, *, is_back: bool) -> str:
    """A line that bends only between the layers, so that it never runs through a box or a label.

    A loop back is dashed, and its arrow points up into the box whose content came again.
    """
    x, y = points[0][0], points[0][1] + BOX_H
    path = f"M{x:.1f} {bottom:.1f}V{y:.1f}"
    for next_x, top in points[1:]:
        end_y = top - STEM - PILL_H
        bend = (end_y - y) * 0.6
        path += f"C{x:.1f} {y + bend:.1f} {next_x:.1f} {end_y - bend:.1f} {next_x:.1f} {end_y:.1f}"
        x, y = next_x, top + BOX_H
        if (next_x, top) != points[-1]:
            path += f"V{y:.1f}"
    dash = ' stroke-dasharray="5 4"' if is_back else ""
    line = f'<path d="{path}" fill="none" stroke="{DIM}" stroke-width="1.3"{dash}/>'
    x = points[0][0]
    tip = f'<path d="M{x - 4:.1f} {bottom + 7:.1f}h8l-4 -6z" fill="{DIM}"/>' if is_back else ""
    return line + tip


def _alt(family: Family, licences: dict[str, Summary]) -> str:
    """The picture in words: every edge, then every licence."""
    label = {node.digest: plain(node.label) for node in family.nodes}
    said = [
        f"{label[e.parent]} → {label[e.child]} ({e.words}{', a loop back' if e.is_back else ''})"
        for e in family.edges
    ]
    words = [f"{label[n.digest]} {licences[n.digest].word}" for n in family.nodes]
    return f"Family tree. Edges: {'; '.join(said) or 'none'}. Licences: {'; '.join(words)}."


def _notes(family: Family) -> list[str]:
    """What the picture alone would leave open: loops, and content that was made twice."""
    label = {node.digest: plain(node.label) for node in family.nodes}
    notes = [
        f"↺ {label[e.parent]} → {label[e.child]} ({e.words}) gave content that was already there."
        for e in family.edges
        if e.is_back
    ]
    for node in family.nodes:
        if node.other_runs:
            n = len(node.other_runs)
            notes.append(
                f"{plain(node.label)} was made {n + 1} times with the same content; "
                "the earliest run is shown."
            )
    return notes
