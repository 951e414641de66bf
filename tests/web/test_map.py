"""The map's page: drawing, list, filters, search and what one station is about."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from practicum.learn.learner import Learner
from practicum.learn.roadmap import Concept, Roadmap


def listed(text: str) -> dict[str, tuple[str, bool]]:
    """Slug → state and whether it is shown, of the list below the drawing."""
    rows = re.findall(
        r'<li data-slug="([^"]+)" data-part="[^"]+" data-state="(\w+)"( hidden)?>', text
    )
    return {slug: (state, not hidden) for slug, state, hidden in rows}


def drawn(text: str) -> dict[str, tuple[str, list[str]]]:
    """Slug → glyph and classes, of the drawing."""
    links = re.findall(
        r'<a href="/learn/[^"]+" id="stop-([^"]+)" class="([^"]+)".*?href="#state-(\w+)"', text
    )
    return {slug: (glyph, classes.split()) for slug, classes, glyph in links}


def answer(learner: Learner, slug: str, n: int, days_ago: float) -> None:
    concept = learner.roadmap.concepts[slug]
    keys = [key for key in learner.catalogue.kinds if key.startswith(f"{concept.id}.")][:n]
    at = datetime.now(UTC) - timedelta(days=days_ago)
    for key in keys:
        learner.progress.add("answer", concept.id, at=at, item=key, seed=0, given="", right=True,
                             seconds=1.0, **{"in": "quiz"})  # fmt: skip


def test_every_concept_is_on_the_drawing_and_in_the_list_with_its_state(client: Any) -> None:
    learner = client.studio.learner
    answer(learner, "calculus", 5, days_ago=0.1)
    answer(learner, "linear-algebra", 5, days_ago=90)
    learner.has_read(learner.roadmap.concepts["python-basics"])
    page = client.get("/map")
    assert page.status_code == 200
    now = datetime.now(UTC)
    standings = learner.record().standings
    wanted = {c.slug: standings[c.id].state(now) for c in learner.roadmap.concepts.values()}
    assert {"new", "learning", "mastered", "fading"} == set(wanted.values())
    assert {slug: state for slug, (state, _) in listed(page.text).items()} == wanted
    assert {slug: glyph for slug, (glyph, _) in drawn(page.text).items()} == wanted


def test_a_step_of_the_learner_changes_the_glyph(client: Any) -> None:
    assert drawn(client.get("/map").text)["calculus"][0] == "new"
    client.studio.learner.has_read(client.studio.learner.roadmap.concepts["calculus"])
    text = client.get("/map").text
    assert drawn(text)["calculus"][0] == "learning"
    assert listed(text)["calculus"][0] == "learning"


def test_a_newcomer_is_at_the_first_station(client: Any) -> None:
    text = client.get("/map").text
    assert [slug for slug, (_, classes) in drawn(text).items() if "here" in classes] == [
        "linear-algebra"
    ]
    assert "You are here" in text


def test_the_nineteen_chapters_are_listed_and_the_open_ones_can_be_tested_out_of(
    client: Any,
) -> None:
    text = client.get("/map").text
    chapters = client.studio.learner.roadmap.chapters
    for slug, chapter in chapters.items():
        assert f'id="chapter-{slug}"' in text
        is_open = any(c.is_open for c in chapter.concepts)
        assert (f'href="/quiz?testout={slug}"' in text) == is_open, slug


@pytest.mark.parametrize(
    "query, wanted",
    [
        ("", lambda c, state: True),
        ("?part=scientist", lambda c, state: c.part == "scientist"),
        ("?part=scientist&part=engineer", lambda c, state: c.part != "fundamentals"),
        ("?state=learning", lambda c, state: state == "learning"),
        ("?part=engineer&state=learning", lambda c, state: False),
        ("?part=nowhere&state=asleep", lambda c, state: True),
        ("?q=byte-pair&part=scientist", lambda c, state: c.slug == "tokenization"),
    ],
)
def test_a_filter_in_the_address_holds_for_the_drawing_and_the_list(
    client: Any, query: str, wanted: Any
) -> None:
    learner = client.studio.learner
    learner.has_read(learner.roadmap.concepts["calculus"])
    text = client.get(f"/map{query}").text
    states = {slug: state for slug, (state, _) in listed(text).items()}
    expected = {c.slug for c in learner.roadmap.concepts.values() if wanted(c, states[c.slug])}
    assert {slug for slug, (_, shown) in listed(text).items() if shown} == expected
    assert {slug for slug, (_, classes) in drawn(text).items() if "off" not in classes} == expected
    assert f"{len(expected)} of 73 stations" in text


def test_what_is_checked_stays_checked(client: Any) -> None:
    text = client.get("/map?part=engineer&state=new&q=cache").text
    checked = re.findall(r'name="(\w+)" value="(\w+)" checked', text)
    assert checked == [("part", "engineer"), ("state", "new")]
    assert 'id="search" name="q" type="search" value="cache"' in text


def test_a_station_tells_what_it_teaches_needs_and_unlocks(client: Any) -> None:
    answer(client.studio.learner, "training-and-optimization", 2, days_ago=1)
    text = client.get("/map/station/training-and-optimization").text
    assert "Derive backpropagation" in text and "105 min" in text
    needs, unlocks = text.split("Unlocks")
    assert 'data-at="calculus"' in needs and 'data-at="nn-fundamentals"' in needs
    assert 'data-at="overfitting"' in unlocks and 'data-at="word-embeddings"' in unlocks
    assert "2 of 2 answers right" in text and "Next review" in text
    for href in ("/learn/", "/lab/", "/quiz?topic=", "/quiz?testout="):
        assert f'href="{href}training-and-optimization"' in text
    assert not text.lstrip().startswith("<!doctype")


def test_a_station_that_is_not_open_tells_what_it_will_teach_and_leads_nowhere_dead(
    client: Any,
) -> None:
    roadmap = client.studio.learner.roadmap
    shut = next((c for c in roadmap.concepts.values() if not c.is_open), None)
    if shut is None:
        pytest.skip("every lesson has been written")
    text = client.get(f"/map/station/{shut.slug}").text
    assert "not open yet" in text and "When it opens" in text
    assert f'href="/learn/{shut.slug}"' not in text and f"testout={shut.slug}" not in text


def test_an_unknown_station_is_not_found(client: Any) -> None:
    assert client.get("/map/station/nowhere").status_code == 404
    assert client.get("/map?at=nowhere").status_code == 404


def test_the_station_in_the_address_is_the_one_looked_at(client: Any) -> None:
    text = client.get("/map?at=overfitting").text
    assert re.findall(r'id="stop-([\w-]+)"[^>]*tabindex="0"', text) == ["overfitting"]
    assert "Read a widening gap" in text


@pytest.mark.parametrize(
    "words, first, n",
    [
        ("Calc", "calculus", 1),
        ("lora", "lora", 2),
        ("fundamentals", "nn-fundamentals", 1),
        ("retrieval augmented", "orchestrators", 4),
        ("backpropagation", "training-and-optimization", 1),
    ],
)
def test_a_search_finds_by_title_then_chapter_then_what_is_taught(
    client: Any, words: str, first: str, n: int
) -> None:
    text = client.get(f"/map/find?q={words}").text
    assert re.findall(r'data-at="([\w-]+)"', text)[:1] == [first]
    assert f"{n} station" in text
    assert 'class="station' in text


def test_a_search_without_hits_offers_the_tutor_and_repeats_the_words_as_text(client: Any) -> None:
    text = client.get("/map/find?q=%3Cb%3Ezeppelin%26").text
    assert "<b>" not in text and "&lt;b&gt;zeppelin&amp;" in text
    assert 'href="/ask?q=%3Cb%3Ezeppelin%26"' in text
    assert client.get("/map/find?q=++").text.strip() == ""
    assert "<b>" not in client.get("/map?q=%3Cb%3Ezeppelin").text


def test_titles_of_a_roadmap_are_text_wherever_the_page_shows_them(client: Any) -> None:
    studio = client.studio
    evil = "<img src=x onerror=alert(1)>"
    roadmap = studio.learner.roadmap

    def renamed(concept: Concept) -> Concept:
        return Concept(**{**vars(concept), "title": evil, "teaches": evil})

    parts = tuple(
        type(part)(**{**vars(part), "title": evil, "chapters": tuple(
            type(ch)(**{**vars(ch), "title": evil, "concepts": tuple(map(renamed, ch.concepts))})
            for ch in part.chapters)})
        for part in roadmap.parts
    )  # fmt: skip
    studio.learner.roadmap = Roadmap("x", parts)
    for address in ("/map", "/map/station/calculus", "/map/find?q=img", "/map?q=img&at=lora"):
        text = client.get(address).text
        assert "<img" not in text, address
        assert "&lt;img" in text, address


def test_the_page_with_everything_it_loads_is_lighter_than_200_kilobytes(client: Any) -> None:
    page = client.get("/map")
    assert page.headers.get("content-encoding") == "gzip"
    own = re.findall(r'"(/static/[^"?]+)', page.text)
    modules = [f"/static/{name}" for name in ("dock.js", "map-find.js", "map-moves.js")]
    answers = [page, *(client.get(address) for address in {*own, *modules})]
    assert all(a.status_code == 200 for a in answers)
    n_bytes = sum(len(gzip.compress(a.content, 5)) for a in answers)
    assert n_bytes < 200_000, n_bytes


def test_without_scripts_the_page_is_whole(client: Any) -> None:
    text = client.get("/map").text
    assert '<form class="map-tools" id="map-tools" action="/map"' in text
    assert text.count("<li data-slug=") == 73
    assert not re.search(r"<script(?![^>]*src=)", text) and not re.search(r"\son\w+=", text)
