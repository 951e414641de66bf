"""The drawn map: where everything is, that it can be read, and that it says what the roadmap says."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from PIL import ImageFont

from practicum.learn.roadmap import Chapter, Concept, Part, Roadmap, load_roadmap
from practicum.web.render import station as glyph_of_pages
from practicum.web.transit.drawing import GLYPHS, View, draw
from practicum.web.transit.layout import layout
from practicum.web.transit.letters import text_width, wrapped
from practicum.web.transit.network import Box, Network
from practicum.web.transit.paths import octilinear
from practicum.web.transit.routes import Stop, Streets, find_tracks, find_ways

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def made_up(
    titles: list[list[list[str]]], needs: dict[str, tuple[str, ...]] | None = None
) -> Roadmap:
    """A roadmap of these titles by part and chapter; slugs are c0-0-0, by their places."""
    parts = []
    for p, chapters in enumerate(titles):
        made = []
        for c, names in enumerate(chapters):
            concepts = tuple(
                Concept(f"X{p}{c}{n}", slug := f"c{p}-{c}-{n}", name, f"ch{p}-{c}", f"part{p}",
                        (needs or {}).get(slug, ()), 10, "Do it.")
                for n, name in enumerate(names)
            )  # fmt: skip
            made.append(Chapter(f"ch{p}-{c}", f"Chapter {p} {c}", "", (), concepts, ()))
        parts.append(Part(f"part{p}", f"Part {p}", "teal", "", tuple(made)))
    return Roadmap("test", tuple(parts))


STRANGE = made_up(
    [
        [["A"], ["Donaudampfschifffahrtsgesellschaftskapitän", "b", "c"]],
        [[f"Station number {n} of a long chapter" for n in range(9)], *([["x", "y"]] * 6)],
        [["変換器と注意機構の仕組み", "WWWW MMMM WWWW MMMM"]],
    ],
    {"c1-0-3": ("c0-0-0", "c2-0-1"), "c0-1-1": ("c2-0-0",), "c2-0-1": ("c0-1-0", "c0-0-0"),
     "c1-5-1": ("c2-0-0", "c0-1-2"), "c1-2-0": ("c2-0-1",)},
)  # fmt: skip


@pytest.fixture(params=["course", "strange"])
def roadmap(request: Any) -> Roadmap:
    return load_roadmap() if request.param == "course" else STRANGE


@pytest.fixture
def network(roadmap: Roadmap) -> Network:
    return layout(roadmap)


def test_every_concept_is_a_station_and_the_layout_is_always_the_same(roadmap: Roadmap) -> None:
    first, second = (layout.__wrapped__(roadmap) for _ in range(2))
    assert first == second
    assert list(first.stations) == list(roadmap.concepts)


def test_no_two_labels_overlap(network: Network) -> None:
    labels = {slug: s.label.box for slug, s in network.stations.items()}
    labels |= {f"district {d.slug}": d.label.box for d in network.districts}
    labels |= {f"line {n.part}": n.box for n in network.names}
    touching = [(a, b) for a, b in combinations(labels, 2) if labels[a].overlaps(labels[b], gap=1)]
    assert touching == []


def test_the_label_of_the_chosen_station_is_bold_and_still_touches_no_other(
    network: Network,
) -> None:
    labels = {slug: s.label for slug, s in network.stations.items()}
    touching = []
    for slug, label in labels.items():
        more = max(text_width(x, label.size, bold=True) for x in label.lines) - (
            label.box.x1 - label.box.x0
        )
        left = {"start": 0.0, "middle": more / 2, "end": more}[label.anchor]
        box = Box(label.box.x0 - left, label.box.y0, label.box.x1 + more - left, label.box.y1)
        touching += [
            (slug, o) for o, other in labels.items() if o != slug and box.overlaps(other.box)
        ]
    assert touching == []


def test_no_label_covers_a_station_and_no_two_stations_touch(network: Network) -> None:
    stations = network.stations.values()
    covered = [(a.slug, b.slug) for a in stations for b in stations if a.label.box.overlaps(b.box)]
    assert covered == []
    assert [1 for a, b in combinations(stations, 2) if a.box.overlaps(b.box, gap=4)] == []


def test_neither_lines_nor_transfers_run_through_the_label_of_a_station(network: Network) -> None:
    crossed = [
        (station.slug, getattr(way, "start", None), way.end)
        for station in network.stations.values()
        for way in (*network.segments, *network.transfers)
        if any(runs_through(a, b, station.label.box) for a, b in pairwise(way.points))
    ]
    assert crossed == []


def runs_through(a: tuple[float, float], b: tuple[float, float], box: Box) -> bool:
    """Whether a straight piece comes into a box, by looking every unit of the way."""
    steps = max(1, math.ceil(math.dist(a, b)))
    return any(
        box.x0 < a[0] + (b[0] - a[0]) * t / steps < box.x1
        and box.y0 < a[1] + (b[1] - a[1]) * t / steps < box.y1
        for t in range(steps + 1)
    )


def test_districts_hold_their_stations_and_labels_and_keep_apart(
    network: Network, roadmap: Roadmap
) -> None:
    for district in network.districts:
        area = district.box
        own = [network.stations[c.slug] for c in roadmap.chapters[district.slug].concepts]
        for box in (district.label.box, *(s.label.box for s in own), *(s.box for s in own)):
            assert area.x0 <= box.x0 and box.x1 <= area.x1, district.slug
            assert area.y0 <= box.y0 and box.y1 <= area.y1, district.slug
        assert area.x0 >= 0 and area.x1 <= network.width
        assert area.y0 >= 0 and area.y1 <= network.height
    pairs = combinations([d.box for d in network.districts], 2)
    assert not any(a.overlaps(b, gap=8) for a, b in pairs)


def test_a_transfer_crosses_no_district_but_those_of_its_two_stations(
    network: Network, roadmap: Roadmap
) -> None:
    for way in network.transfers:
        own = {roadmap.concepts[way.start].chapter, roadmap.concepts[way.end].chapter}
        for district in network.districts:
            if district.slug not in own:
                inside = [1 for a, b in pairwise(way.points) if runs_through(a, b, district.box)]
                assert not inside, (way.start, way.end, district.slug)


def test_every_way_is_level_upright_or_at_45_degrees(network: Network) -> None:
    for way in (*network.segments, *network.transfers):
        for (x0, y0), (x1, y1) in pairwise(way.points):
            dx, dy = abs(x1 - x0), abs(y1 - y0)
            assert min(dx, dy, abs(dx - dy)) < 0.05, way


def test_every_need_across_lines_is_a_transfer_from_station_to_station(
    network: Network, roadmap: Roadmap
) -> None:
    wanted = {(need, c.slug) for c in roadmap.concepts.values() for need in c.needs
              if roadmap.concepts[need].part != c.part}  # fmt: skip
    assert {(t.start, t.end) for t in network.transfers} == wanted
    assert wanted
    for way in network.transfers:
        for slug, end in ((way.start, way.points[0]), (way.end, way.points[-1])):
            station = network.stations[slug]
            assert math.dist(end, (station.x, station.y)) < 0.1
            assert station.is_interchange


def test_a_line_joins_its_stations_in_order_and_a_long_one_forks_after_its_first_chapter(
    network: Network, roadmap: Roadmap
) -> None:
    for part in roadmap.parts:
        slugs = [c.slug for chapter in part.chapters for c in chapter.concepts]
        pieces = [s for s in network.segments if s.part == part.slug]
        assert [s.end for s in pieces] == slugs
        assert pieces[0].start is None
        broken = [
            (s.start, before)
            for before, s in zip(slugs, pieces[1:], strict=False)
            if s.start != before
        ]
        hub = part.chapters[0].concepts[-1].slug
        assert [start for start, _ in broken] == ([hub] if len(part.chapters) > 4 else [])


@pytest.mark.parametrize("bold", [False, True])
def test_the_room_of_a_text_is_never_less_than_the_widest_font_needs(bold: bool) -> None:
    roadmap = load_roadmap()
    font = ImageFont.truetype(str(FONTS / f"DejaVuSans{'-Bold' if bold else ''}.ttf"), 1000)
    titles = [c.title for c in roadmap.concepts.values()] + [
        c.title for c in roadmap.chapters.values()
    ]
    assert [t for t in titles if font.getlength(t) > text_width(t, 1000, bold) + 1] == []
    letters = [chr(n) for n in range(32, 127)]
    assert bold or [c for c in letters if font.getlength(c) > text_width(c, 1000) + 1] == []


def test_a_title_is_broken_between_words_and_loses_none() -> None:
    assert wrapped("Linear Algebra", 12, 200) == ("Linear Algebra",)
    assert wrapped("Linear Algebra", 12, 60) == ("Linear", "Algebra")
    assert wrapped("one two three four five", 12, 1, most=2) == ("one two three", "four five")
    assert wrapped("indivisible", 12, 1) == ("indivisible",)


def test_a_way_goes_around_the_district_that_blocks_a_channel() -> None:
    stops = {"a": Stop(0, 0, 0), "b": Stop(300, 2, 2)}
    middles = [[0.0], [10.0, 400.0], [0.0]]
    free = find_ways([("a", "b")], stops, Streets(middles))["a", "b"]
    assert [(r.channel, r.x_in, r.x_out) for r in free] == [(1, 0, 10), (2, 10, 300)]
    around = find_ways([("a", "b")], stops, Streets(middles, {2: (50, 200)}))["a", "b"]
    assert [(r.channel, r.x_in, r.x_out) for r in around] == [(1, 0, 400), (2, 400, 300)]


def test_ways_that_share_a_street_keep_apart_and_swap_tracks_to_cross_less() -> None:
    stops = {"a": Stop(100, 0, 0), "b": Stop(200, 0, 0), "c": Stop(10, 1, 1), "d": Stop(50, 1, 1),
             "e": Stop(100, 2, 2), "f": Stop(200, 2, 2)}  # fmt: skip
    ways = find_ways([("b", "d"), ("a", "c")], stops, Streets([[0.0]] * 3))
    assert find_tracks(ways, stops) == {
        1: ("a", "b")
    }  # "a" ends further left: above, it crosses none
    through = find_ways([("a", "f"), ("b", "e")], stops, Streets([[0.0], [150.0], [0.0]]))
    assert {run.x_out for way in through.values() for run in way if run.channel == 1} == {
        146.5,
        153.5,
    }


def test_a_right_angle_is_cut_at_45_degrees() -> None:
    assert octilinear([(0, 0), (100, 0), (100, 100)]) == ((0, 0), (89, 0), (100, 11), (100, 100))
    assert octilinear([(0, 0), (50, 0), (100, 0)]) == ((0, 0), (100, 0))


def view(roadmap: Roadmap, **states: str) -> View:
    first = next(iter(roadmap.concepts))
    return View(dict.fromkeys(roadmap.concepts, "new") | states, first, first)


def read(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def stops(svg: str) -> dict[str, ElementTree.Element]:
    return {a.get("data-slug", ""): a for a in read(svg).iter("{http://www.w3.org/2000/svg}a")}


def test_every_concept_is_a_link_with_its_state_and_needs_in_words() -> None:
    roadmap = load_roadmap()
    found = stops(draw(roadmap, view(roadmap, calculus="learning")))
    assert list(found) == list(roadmap.concepts)
    assert found["calculus"].get("aria-label") == "Calculus, learning"
    said = found["nn-fundamentals"].get("aria-label")
    assert said == "Fundamentals, new, needs Linear Algebra and Python Basics"
    for slug, link in found.items():
        assert link.get("href") == f"/learn/{slug}"
        shut = not roadmap.concepts[slug].is_open
        assert ("not open yet" in str(link.get("aria-label"))) == shut
        assert ("shut" in str(link.get("class")).split()) == shut
    assert [s for s, a in found.items() if a.get("tabindex") == "0"] == ["linear-algebra"]


@pytest.mark.parametrize("state", sorted(GLYPHS))
def test_a_change_of_state_changes_the_glyph_which_is_that_of_every_page(state: str) -> None:
    roadmap = load_roadmap()
    link = stops(draw(roadmap, view(roadmap, calculus=state)))["calculus"]
    uses = [use.get("href") for use in link.iter("{http://www.w3.org/2000/svg}use")]
    assert uses == [f"#state-{state}"]
    assert state in str(link.get("class")).split()
    assert GLYPHS[state] in str(glyph_of_pages(state))


def test_you_are_here_is_drawn_once_and_said() -> None:
    roadmap = load_roadmap()
    svg = draw(roadmap, View(dict.fromkeys(roadmap.concepts, "new"), "calculus", "overfitting"))
    assert svg.count('class="pin"') == 1
    assert stops(svg)["calculus"].get("aria-label") == "Calculus, new, you are here"


def test_the_drawing_has_a_title_and_a_description_and_escapes_what_it_is_given() -> None:
    title = "<script>alert(1)</script> & \"quotes\" 'here'"
    roadmap = made_up([[[title, "b"]], [["c"]]], {"c1-0-0": ("c0-0-0",)})
    svg = draw(roadmap, view(roadmap))
    assert "<script" not in svg
    root = read(svg)
    assert root.get("role") == "group"
    ids = {e.get("id"): e.text for e in root.iter() if e.get("id")}
    assert ids[root.get("aria-labelledby")] == "Map of the course"
    assert "2 lines, 3 stations" in str(ids[root.get("aria-describedby")])
    link = stops(svg)["c0-0-0"]
    assert str(link.get("aria-label")).startswith(title)
    drawn = " ".join(e.text or "" for e in link.iter("{http://www.w3.org/2000/svg}tspan"))
    assert drawn == title
    assert len(re.findall(r'class="transfer ', svg)) == 1
