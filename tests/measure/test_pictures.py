"""Plots and pages: well-formed, self-contained, escaped, with their numbers beside them."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from practicum.measure.page import Page
from practicum.measure.plots import Picture, Point, bars, dots, lines, scatter

POINTS = [Point("base", 0.02, 0.01, 0.05, 270.0), Point("tuned <b>", 0.51, 0.45, 0.57, 145.0)]


def pictures() -> list[Picture]:
    return [
        bars("Tuning helps", POINTS, x="accuracy (fraction)", key="abc"),
        dots("The gain is real", POINTS, x="gain (fraction)"),
        lines("Loss falls", {"loss": [(1, 3.0), (2, 1.5)]}, x="update", y="loss (nats)"),
        scatter("Half the size", POINTS, x="size (MB)", y="accuracy (fraction)"),
    ]


@pytest.mark.parametrize("picture", pictures(), ids=lambda p: p.claim)
def test_a_picture_is_wellformed_svg_with_its_claim_as_text_alternative(picture: Picture) -> None:
    root = ElementTree.fromstring(picture.svg)
    assert root.get("role") == "img"
    assert (root.get("aria-label") or "").startswith(picture.claim)
    assert "var(--ink" in picture.svg
    assert "#010203" not in picture.svg


def test_the_csv_holds_every_number_of_the_plot() -> None:
    rows = list(csv.reader(io.StringIO(pictures()[0].csv)))
    assert rows == [["label", "accuracy (fraction)", "low", "high"], ["base", "0.02", "0.01", "0.05"],
                    ["tuned <b>", "0.51", "0.45", "0.57"]]  # fmt: skip


def test_pictures_are_deterministic_and_share_no_ids() -> None:
    first, second = pictures(), pictures()
    assert [p.svg for p in first] == [p.svg for p in second]
    ids = [
        {e.get("id") for e in ElementTree.fromstring(p.svg).iter() if e.get("id")} for p in first
    ]
    assert all(not a & b for i, a in enumerate(ids) for b in ids[i + 1 :])


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def page() -> str:
    made = Page("A report <script>alert(1)</script>")
    made.add_lead("One sentence.")
    made.add_heading("Results & more")
    made.add_table(["model", "score"], [["<img src=x onerror=y>", "0.5"]], "caption", {1})
    made.add_picture(pictures()[0])
    made.add_columns([("first", "<script>steal()</script>"), ("last", "![](http://evil/?q=)")])
    made.add_code("a: <b>", "The recipe")
    return made.html()


def test_untrusted_text_stays_text() -> None:
    tags = Tags()
    tags.feed(page())
    names = {t for t, _ in tags.seen}
    assert "script" not in names
    assert "img" not in names
    assert "&lt;script&gt;steal()" in page()


def test_nothing_on_the_page_points_outside() -> None:
    tags = Tags()
    tags.feed(page())
    links = [v for _, attrs in tags.seen for k, v in attrs.items() if k in ("src", "href", "xlink:href") and v]
    assert all(link.startswith(("#", "data:text/csv")) for link in links)
    policy = next(a["content"] for t, a in tags.seen if t == "meta" and "http-equiv" in a)
    assert (policy or "").startswith("default-src 'none'")


def test_the_page_names_its_language_its_contents_and_its_table_headers() -> None:
    tags = Tags()
    tags.feed(page())
    assert ("html", {"lang": "en"}) in tags.seen
    assert ("a", {"href": "#results-more"}) in tags.seen
    assert any(t == "h2" and a.get("id") == "results-more" for t, a in tags.seen)
    assert all(a.get("scope") == "col" for t, a in tags.seen if t == "th")
