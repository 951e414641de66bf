"""Plots: what they say, in pictures and in words, and that they are safe to put into a page."""

import csv
import functools
import io
import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import pytest

from practicum.core.errors import PracticumError
from practicum.measure.canvas import INK, LINE, MUTED, PAPER, spread
from practicum.measure.plots import Picture, Point, bars, dots, lines, scatter
from practicum.measure.told import aligned, exact, short

approx = pytest.approx
ROWS = [Point("base", 0.312, 0.274, 0.354, 988), Point("calm-q4", 0.414, 0.372, 0.457, 398)]
CURVES = {"small": [(0.0, 3.2), (100.0, 2.1)], "large": [(0.0, 3.1), (100.0, 1.5)]}


@functools.cache
def four(claim: str = "One claim") -> list[Picture]:
    """One of each kind."""
    return [
        bars(claim, ROWS, x="accuracy (fraction)", key="0a1b", n=512, reference=("chance", 0.25)),
        dots(claim, ROWS, x="gain (fraction)", key="0a1b"),
        lines(claim, CURVES, x="update", y="loss (nats/token)", key="0a1b"),
        scatter(claim, ROWS, x="size (MB)", y="accuracy (fraction)", key="0a1b"),
    ]


def words(svg: str) -> list[str]:
    """Every text of a drawing."""
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]


def test_every_plot_is_well_formed_and_carries_its_claim_alt_text_and_key():
    for picture in four("Accuracy rose"):
        root = ET.fromstring(picture.svg)
        assert picture.svg.startswith("<svg") and root.get("role") == "img"
        assert root.get("aria-label") == f"Accuracy rose. {picture.alt}"
        assert root[0].text == "Accuracy rose"
        assert any("recipe key 0a1b" in text for text in words(picture.svg))
        assert picture.claim == "Accuracy rose" and picture.key == "0a1b"


def test_text_stays_text_with_axes_named_and_values_at_the_ends_of_bars():
    said = words(four()[0].svg)
    assert {"base", "calm-q4", "accuracy (fraction)", "0.312", "0.414", "chance 0.25"} <= set(said)
    assert "n = 512 · whiskers: 95 % intervals · recipe key 0a1b" in said


def test_bars_start_at_zero_and_are_as_long_as_their_values():
    picture = bars("c", [Point("a", 2.0), Point("b", 1.0)], x="n (count)")
    paths = re.findall(r"<path[^>]*fill: #0072b2[^>]*>", picture.svg, re.S)
    ends = [[float(x) for x in re.findall(r"[ML] ([\d.]+) ", path)] for path in paths]
    lengths = [max(xs) - min(xs) for xs in ends]
    assert min(ends[0]) == min(ends[1])
    assert lengths[0] == approx(2 * lengths[1], rel=1e-4)  # coordinates have six decimals


def test_curves_are_labelled_at_their_ends_and_differ_in_dashes_too():
    svg = four()[2].svg
    assert {"small", "large"} <= set(words(svg))
    strokes = re.findall(r'style="fill: none;([^"]*stroke-width: 1.8[^"]*)"', svg)
    assert len(strokes) == 2 and "dasharray" not in strokes[0] and "dasharray" in strokes[1]


def test_gains_carry_their_sign_and_a_minus_that_is_no_hyphen():
    picture = dots("c", [Point("a − b", -0.01, -0.03, 0.01), Point("c − b", 0.112)], x="gain (f)")
    assert {"−0.010", "+0.112"} <= set(words(picture.svg))
    assert "a − b: −0.01 (95 % interval −0.03 to +0.01); c − b: +0.112." in picture.alt


def test_the_same_plot_gives_the_same_bytes_and_another_other_ids():
    assert bars("One claim", ROWS, x="a (b)") == bars("One claim", ROWS, x="a (b)")
    found = [re.findall(r'\bid="([^"]+)"', p.svg) for p in (*four(), *four("Another claim"))]
    flat = [name for names in found for name in names]
    assert len(flat) == len(set(flat))
    used = re.findall(r'(?:url\(|href=")#([^")]+)', "".join(p.svg for p in four()))
    assert used and set(used) <= set(flat)


def test_plots_drawn_at_once_in_threads_are_those_drawn_one_after_another():
    def draw(i: int) -> str:
        return bars(f"claim {i}", [Point("a", 1.0)], x="n (count)").svg

    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(draw, range(4)))
    assert at_once == [draw(i) for i in range(4)]


def test_drawing_leaves_no_trace_in_the_settings_of_matplotlib():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    lines("c", CURVES, x="update", y="loss (nats)")
    assert dict(mpl.rcParams) == before


def test_colours_follow_the_page_and_nothing_reaches_outside_of_the_drawing():
    for picture in four():
        assert not any(sentinel in picture.svg for sentinel in (INK, MUTED, LINE, PAPER))
        assert "var(--ink, " in picture.svg and "var(--line, " in picture.svg
        assert not re.search(r"<script|<style|<metadata|<!--|<\?xml|<!DOCTYPE", picture.svg)
        links = re.findall(r'(?:href|src)="([^"]*)"', picture.svg)
        assert all(link.startswith("#") for link in links)


def test_names_are_shown_letter_by_letter_whatever_they_hold():
    name = r"<b>$x_1$ & \1 --> "
    for picture in (
        bars(name, [Point(name, 1.0)], x=name),
        lines(name, {name: [(0, 1), (1, 2)]}, x=name, y=name),
        scatter(name, [Point(name, 1.0, x=2.0)], x=name, y=name),
    ):
        assert any(text.strip() == name.strip() for text in words(picture.svg))
        assert "<b>" not in picture.svg
        assert ET.fromstring(picture.svg)[0].text == name


def test_the_table_keeps_what_was_plotted():
    rows = list(csv.reader(io.StringIO(four()[3].csv)))
    assert rows[0] == ["label", "size (MB)", "accuracy (fraction)", "low", "high"]
    assert rows[2] == ["calm-q4", "398", "0.414", "0.372", "0.457"]
    assert list(csv.reader(io.StringIO(four()[2].csv)))[2] == ["small", "100", "2.1"]


def test_the_alt_text_of_curves_tells_where_each_begins_and_ends():
    assert four()[2].alt == (
        "Line chart of loss (nats/token) against update. small goes from 3.2 at 0 to 2.1 at 100; "
        "large goes from 3.1 at 0 to 1.5 at 100."
    )


def test_a_long_alt_text_is_cut_and_says_by_how_much():
    picture = bars("c", [Point(f"m{i}", i) for i in range(15)], x="n (count)")
    assert picture.alt.endswith("m11: 11; and 3 more.")


def test_an_interval_without_ends_is_no_whisker():
    svg = bars("c", [Point("a", 1.0, float("-inf"), float("inf"))], x="n (count)").svg
    assert "whiskers" not in svg and "1.00" in words(svg)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_not_finite_is_refused_by_name(value):
    with pytest.raises(PracticumError, match="bad: "):
        bars("c", [Point("good", 1.0), Point("bad", value)], x="n (count)")


def test_a_plot_of_nothing_is_refused():
    for draw in (
        lambda: bars("c", [], x="n"),
        lambda: dots("c", [], x="n"),
        lambda: lines("c", {"a": []}, x="n", y="m"),
        lambda: scatter("c", [], x="n", y="m"),
    ):
        with pytest.raises(PracticumError, match="nothing"):
            draw()


def test_labels_that_collide_are_spread_evenly_around_where_they_wanted_to_be():
    assert spread([5.0, 5.0, 5.0], gap=2) == approx([3, 5, 7])
    assert spread([0.0, 10.0], gap=2) == approx([0, 10])
    # 10 and 11 share a middle of 10.5; 20 is free
    assert spread([11.0, 20.0, 10.0], gap=2) == approx([11.5, 20, 9.5])


def test_names_of_neighbouring_points_do_not_overlap():
    points = [Point(f"model {c}", 0.5, 0.4, 0.6, 100 + 25 * i) for i, c in enumerate("abcd")]
    svg = scatter("c", [*points, Point("far", 0.1, x=900)], x="size (MB)", y="acc (f)").svg
    shape = r'<text style="[^"]*" x="([\d.]+)" y="([\d.]+)"[^>]*>model \w<'
    places = [(float(x), float(y)) for x, y in re.findall(shape, svg)]
    assert len(places) == 4
    for i, (x, y) in enumerate(places):
        for other_x, other_y in places[i + 1 :]:
            assert abs(x - other_x) >= 36 or abs(y - other_y) >= 9  # seven letters of 9.5 points


def test_numbers_are_written_as_they_are_read():
    assert [short(v) for v in (0.31234, -2.0, 12345.6, 0)] == ["0.312", "−2", "12,346", "0"]
    assert aligned([0.424, 0.21, 0.0]) == ["0.424", "0.210", "0.000"]
    assert aligned([12345, -2000]) == ["12,345", "−2,000"]
    assert aligned([5.0, 0.0004]) == ["5.00", "0.0004"]
    assert [exact(v) for v in (None, 1234567.0, 0.1 + 0.2)] == ["", "1234567", "0.3"]
