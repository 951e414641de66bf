"""The lesson's page: read on a phone, every number recomputed when asked, every line an address."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from typing import Any

import pytest

from practicum.learn.lessons.claims import claims_of
from practicum.learn.lessons.lesson import FENCE, headings, walk
from practicum.learn.roadmap import load_roadmap

OPEN = [c for c in load_roadmap().concepts.values() if c.is_open]
COMING = next(c for c in load_roadmap().concepts.values() if not c.is_open)


def ids_of(text: str) -> list[str]:
    return re.findall(r'\sid="([^"]+)"', text)


_drawn: dict[str, str] = {}  # of a learner who did nothing yet


@pytest.fixture
def pages(client: Any) -> dict[str, str]:
    """Every open lesson's page, asked for once."""
    if not _drawn:
        answers = {c.slug: client.get(f"/learn/{c.slug}") for c in OPEN}
        assert {a.status_code for a in answers.values()} == {200}
        _drawn.update({slug: answer.text for slug, answer in answers.items()})
    return _drawn


@pytest.mark.parametrize("slug", [c.slug for c in OPEN])
def test_no_id_is_given_twice_and_every_link_within_the_page_leads_somewhere(
    pages: dict[str, str], slug: str
) -> None:
    ids = ids_of(pages[slug])
    assert [id for id, n in Counter(ids).items() if n > 1] == []
    wanted = set(re.findall(r'href="#([^"]+)"', pages[slug]))
    assert wanted <= set(ids)


@pytest.mark.parametrize("slug", [c.slug for c in OPEN])
def test_every_paragraph_heading_and_list_item_has_the_address_of_its_line(
    pages: dict[str, str], slug: str
) -> None:
    from practicum.learn.lessons.lesson import read_lesson

    folder = load_roadmap().concepts[slug].folder
    assert folder is not None
    lesson = read_lesson(folder)
    ids = set(ids_of(pages[slug]))
    lines = lesson.source.splitlines()
    expected = {line for level, _, line in headings(lesson.source) if level > 1}
    for block in walk(lesson.blocks):
        if block.kind == "prose" and not FENCE.match(block.text):
            expected.add(block.line)
    expected |= {block.line for block in walk(lesson.blocks) if block.kind == "math"}
    missing = [f"{n}: {lines[n - 1][:60]}" for n in sorted(expected) if f"l{n}" not in ids]
    assert missing == []
    named = [i for i in ids if re.fullmatch(r"l\d+", i)]
    assert all(lines[int(i[1:]) - 1].strip() for i in named), "an address leads to an empty line"


@pytest.mark.parametrize("slug", [c.slug for c in OPEN])
def test_a_lesson_weighs_less_than_200_kb_on_the_wire(pages: dict[str, str], slug: str) -> None:
    assert len(gzip.compress(pages[slug].encode(), 5)) < 150_000  # the rest of 200 kB is shared


def test_the_lines_of_a_tutors_passages_are_addresses_of_the_page(pages: dict[str, str]) -> None:
    from practicum.tutor.passages import lesson_passages

    missing = [f"{c.slug}:{p.line}" for c in OPEN for p in lesson_passages(c)
               if f'id="l{p.line}"' not in pages[c.slug]]  # fmt: skip
    assert missing == []


def test_a_lesson_has_its_contents_labs_sources_and_the_next_station(pages: dict[str, str]) -> None:
    text = pages["linear-algebra"]
    assert "8 minutes to read" in text
    assert 'href="#arrows-that-do-not-turn"' in text
    assert text.count('href="/lab/linear-algebra/moves"') == 2, "its card, and the list at the end"
    assert "\0" not in text
    assert 'href="/learn/calculus"' in text
    assert 'class="box errata"' in text


def test_labs_show_how_they_stand(client: Any) -> None:
    learner = client.studio.learner
    concept = learner.roadmap.concepts["linear-algebra"]
    tasks = [t.name for t in learner.labs(concept)[0].tasks]
    learner.progress.add("lab", concept.id, lab="moves", all=False, passed=tasks[:2], n=5)
    assert "2 of 5 checks pass" in client.get("/learn/linear-algebra").text
    learner.progress.add("lab", concept.id, lab="moves", all=True, passed=tasks, n=5)
    assert "minutes · passed" in client.get("/learn/linear-algebra").text


def test_reading_is_remembered_once_and_by_a_post_only(client: Any) -> None:
    progress = client.studio.learner.progress
    assert "I have read it" in client.get("/learn/calculus").text
    assert progress.events() == []
    for _ in range(2):
        told = client.post("/learn/calculus/read").json()["html"]
        assert "You have read this lesson" in told["#read"]
        assert 'aria-label="learning"' in told["#state"]
    assert [e.kind for e in progress.events()] == ["read"]
    assert "I have read it" not in client.get("/learn/calculus").text


def test_a_lesson_that_is_not_open_says_what_it_will_teach(client: Any) -> None:
    answer = client.get(f"/learn/{COMING.slug}")
    assert answer.status_code == 200
    assert "not open yet" in answer.text
    assert COMING.teaches[1:20] in answer.text
    assert client.post(f"/learn/{COMING.slug}/read").status_code == 400


@pytest.mark.parametrize(
    ("word", "said"),
    [("linear-algbra", 'href="/learn/linear-algebra"'), ("mathematics", 'href="/learn/calculus"'),
     ("zzzzzz", "No concept on the map"), ("%3Cscript%3E", "&lt;script&gt;")],
)  # fmt: skip
def test_an_unknown_lesson_is_a_page_that_leads_on(client: Any, word: str, said: str) -> None:
    answer = client.get(f"/learn/{word}")
    assert answer.status_code == 404
    assert said in answer.text
    assert "<script>" not in answer.text


def test_a_concepts_id_leads_to_its_lesson(client: Any) -> None:
    answer = client.get("/learn/F1a")
    assert answer.headers["location"] == "/learn/linear-algebra"


def test_a_number_says_where_it_is_computed_and_is_computed_again(client: Any) -> None:
    where = "/learn/linear-algebra/claim/angle_by_hand"
    piece = client.get(where).text
    assert "def angle_by_hand() -&gt; float:" in piece
    assert "every digit that is shown" in piece
    told = client.post(where).json()["html"]["#claim-told"]
    assert "16.2602" in told
    assert "the lesson is right" in told
    tolerant = client.get("/learn/linear-algebra/claim/closest_angle").text
    assert "0.5, from machine to machine" in tolerant


def test_a_number_that_the_lesson_does_not_have_is_unknown(client: Any) -> None:
    for name in ("angle_by_hnd", "__import__", "_cosines"):
        assert client.get(f"/learn/linear-algebra/claim/{name}").status_code == 404
        assert client.post(f"/learn/linear-algebra/claim/{name}").status_code == 404


def test_every_number_of_every_lesson_has_its_origin() -> None:
    from practicum.learn.lessons.recompute import origin_of

    for concept in OPEN:
        assert concept.folder is not None
        text = (concept.folder / "lesson.md").read_text("utf-8")
        for name in {c.name for c in claims_of(text) if c.name}:
            origin = origin_of(concept.folder, name)
            assert "def " in origin.source


def test_a_number_that_does_not_come_out_is_told(tmp_path: Any) -> None:
    from practicum.core.errors import PracticumError
    from practicum.learn.lessons.recompute import recompute

    (tmp_path / "lesson.md").write_text("# T\n\n{{n|4}} and {{dead|1}}\n", "utf-8")
    (tmp_path / "claims.py").write_text(
        'import os\n\ndef n():\n    """N."""\n    print("noise")\n    return 3\n\n'
        'def dead():\n    """D."""\n    os._exit(1)\n', "utf-8")  # fmt: skip
    told = recompute(tmp_path, "n")
    assert (told.value, told.agrees) == ("3", False)
    with pytest.raises(PracticumError, match="computing dead failed"):
        recompute(tmp_path, "dead")
