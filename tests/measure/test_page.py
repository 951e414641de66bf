"""Pages: complete, calm, and safe whatever a model has said."""

import base64
import re
from html.parser import HTMLParser

import pytest

from practicum.measure.page import Page
from practicum.measure.plots import Picture
from practicum.measure.style import DARK, LIGHT

EVIL = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\"'&<!--"
VOID = {"meta", "path", "use", "rect", "img", "link", "br"}
SVG = '<svg viewBox="0 0 1 1" id="s"><rect width="1" height="1"/></svg>'
PICTURE = Picture("Tuning helps", SVG, "label,accuracy (fraction)\nbase,0.3\ncalm,0.4\n", "Bars.")


class Tree(HTMLParser):
    """Every start tag with its attributes, and a complaint for each tag out of place."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def full_page(text: str = "plain") -> str:
    """A page with every element, each holding the text."""
    page = Page(f"Title {text}")
    page.add_lead(text)
    page.add_heading(text)
    page.add_paragraph(text)
    page.add_table([text, "n"], [[text, text]], text, {1})
    page.add_picture(
        Picture(text, SVG, f'label,x\n"{text.replace(chr(34), chr(34) * 2)}",1\n', text)
    )
    page.add_svg(SVG, text, alt=text)
    page.add_code(text, text)
    page.add_details(text, [text], [[text]])
    page.add_columns([(text, text), (text, text)])
    return page.html()


def test_a_page_of_hostile_text_has_the_tags_of_a_page_of_plain_text():
    plain, hostile = Tree(full_page()), Tree(full_page(EVIL))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert [sorted(a) for _, a in hostile.tags] == [sorted(a) for _, a in plain.tags]
    assert EVIL in "".join(hostile.text)


def test_a_script_in_a_reply_stays_text():
    page = Page("t")
    page.add_columns([("base", "<script>alert('x')</script>")])
    assert "<script" not in page.html()
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in page.html()


def test_the_policy_forbids_everything_but_its_own_style_and_data_images():
    head = full_page().split("<title>")[0]
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in head
    assert "base-uri 'none'; form-action 'none'" in head


def test_nothing_is_loaded_from_outside():
    tree = Tree(full_page())
    for tag, attrs in tree.tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "form"}
        for name in ("src", "href", "xlink:href", "action"):
            assert (attrs.get(name) or "#").startswith(("#", "data:text/csv"))
    assert not re.search(r"@import|url\(|https?:", full_page())


@pytest.mark.parametrize(
    "svg",
    [
        "<svg><script>alert(1)</script></svg>",
        '<svg><rect onload="alert(1)"/></svg>',
        '<svg><use xlink:href="https://example.org/a.svg#b"/></svg>',
        "<svg><foreignObject><p>hi</p></foreignObject></svg>",
        "<p>not a drawing</p>",
    ],
)
def test_a_drawing_that_runs_or_reaches_outside_is_refused(svg):
    with pytest.raises(ValueError, match="not a still drawing"):
        Page("t").add_svg(svg, "c")


def test_every_id_is_unique_and_every_inner_link_has_its_target():
    page = Page("t")
    anchors = [page.add_heading(t) for t in ("Answers", "Answers", "答え", "Report", "Größe")]
    assert anchors == ["answers", "answers-2", "section", "report-2", "grosse"]
    assert page.add_heading("Costs", id="price") == "price"
    tree = Tree(page.html())
    ids = [a["id"] for _, a in tree.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {(a["href"] or "")[1:] for a in tree.all("a")} <= set(ids)


def test_the_contents_stand_after_the_lead_and_before_the_first_heading():
    html = full_page()
    assert html.index('class="lead"') < html.index("<nav") < html.index("<h2")
    page = Page("t")
    page.add_paragraph("no headings")
    assert "<nav" not in page.html()


def test_a_picture_comes_with_its_numbers_as_a_table_and_as_csv():
    page = Page("t")
    page.add_picture(PICTURE)
    html = page.html()
    assert "<figcaption>Tuning helps</figcaption>" in html and SVG in html
    assert '<tr><th scope="row">calm</th><td class="n">0.4</td></tr>' in html
    link = next(a for a in Tree(html).all("a") if a.get("download"))
    assert link["download"] == "tuning-helps.csv"
    assert base64.b64decode((link["href"] or "").split("base64,")[1]).decode() == PICTURE.csv


def test_tables_say_what_their_headers_head_and_scroll_within_themselves():
    tree = Tree(full_page())
    assert {a.get("scope") for a in tree.all("th")} == {"col", "row"}
    boxes = [a for a in tree.all("div") if a.get("class") == "scroll"]
    assert boxes and all(a["tabindex"] == "0" and a["aria-label"] for a in boxes)


def test_a_reader_can_skip_to_the_report_and_the_page_says_its_language():
    tree = Tree(full_page())
    assert tree.all("html") == [{"lang": "en"}]
    assert tree.all("a")[0] == {"class": "skip", "href": "#report"}
    assert tree.all("main")[0]["id"] == "report"
    assert any(a.get("name") == "viewport" for a in tree.all("meta"))


def test_code_keeps_its_first_empty_line():
    page = Page("t")
    page.add_code("\nx: 1", "The recipe")
    assert ">\n\nx: 1</pre>" in page.html()  # a parser drops the first newline after <pre>


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_text_has_a_contrast_of_at_least_four_and_a_half_in_both_schemes(scheme):
    for paper in ("paper", "wash"):
        for ink in ("ink", "muted", "accent"):
            a, b = sorted((luminance(scheme[paper]), luminance(scheme[ink])))
            assert (b + 0.05) / (a + 0.05) >= 4.5
