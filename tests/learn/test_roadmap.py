"""The map: what the roadmap names is all there, in an order that can be learned."""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from practicum.cli.main import cli
from practicum.core.errors import PracticumError, UnknownReference
from practicum.learn.course_check import check_map
from practicum.learn.lessons.links import check_links, doubled, links_of
from practicum.learn.roadmap import course_folder, load_roadmap

NAMED = json.loads((Path(__file__).parent / "roadmap_links.json").read_text("utf-8"))
WRONG, RIGHT = "https://arxiv.org/abs/2311.03099", "https://arxiv.org/abs/2306.01708"


def test_three_parts_hold_nineteen_chapters_and_seventy_three_concepts() -> None:
    roadmap = load_roadmap()
    assert [len(part.chapters) for part in roadmap.parts] == [4, 8, 7]
    sizes = [sum(len(c.concepts) for c in part.chapters) for part in roadmap.parts]
    assert sizes == [15, 32, 26]


def test_the_ids_are_the_rows_of_the_feature_table() -> None:
    from practicum.cli.dev import table_rows

    table = (Path(__file__).parents[2] / "docs" / "features.md").read_text("utf-8")
    rows = [row for row in table_rows(table) if row[0] in "FSE" and len(row) == 3]
    assert list(load_roadmap().by_id) == rows


def test_nothing_needs_itself_however_far_back() -> None:
    roadmap = load_roadmap()
    assert [slug for slug in roadmap.concepts if slug in roadmap.ancestors(slug)] == []


@pytest.mark.feature("M2")
def test_all_references_are_on_the_right_chapter_and_every_source_on_its_concept() -> None:
    roadmap = load_roadmap()
    assert sum(len(told["references"]) for told in NAMED.values()) == 97
    for slug, told in NAMED.items():
        chapter = roadmap.chapters[slug]
        assert Counter(r.url for r in chapter.references) == Counter(told["references"]), slug
        within = Counter(link.url for c in chapter.concepts for link in c.links)
        wanted = Counter(told["within"])
        if slug == "new-trends":  # the one correction
            wanted = wanted - Counter([WRONG]) + Counter([RIGHT])
        assert within == wanted, slug


@pytest.mark.feature("M2")
def test_the_link_that_was_given_for_two_papers_is_corrected_and_would_be_flagged(
    tmp_path: Path,
) -> None:
    roadmap = load_roadmap()
    links = roadmap.concepts["model-merging"].links
    ties = next(link for link in links if "TIES" in link.title)
    assert (ties.url, ties.corrects) == (RIGHT, WRONG)
    assert list(doubled(roadmap)) == []
    shutil.copy(course_folder() / "roadmap.toml", tmp_path)
    text = (tmp_path / "roadmap.toml").read_text("utf-8").replace(RIGHT, WRONG)
    (tmp_path / "roadmap.toml").write_text(text, encoding="utf-8")
    (complaint,) = doubled(load_roadmap(tmp_path))
    assert WRONG in str(complaint)
    assert "TIES" in str(complaint)


@pytest.fixture
def web() -> Iterator[str]:
    """A server of this machine that knows every page but one, and refuses robots on another."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            gone, shy = "colah" in self.path, "khanacademy" in self.path
            self.send_response(404 if gone else 403 if shy else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.mark.feature("M2")
def test_the_link_checker_asks_every_link_and_names_the_one_that_is_gone(web: str) -> None:
    links = list(links_of(load_roadmap()))
    seen = check_links(links, via=web)
    assert len(seen) == len(links) >= 97 + 80
    assert [link.url for link in seen if link.is_broken] == [
        "https://colah.github.io/posts/2015-08-Understanding-LSTMs/"
    ]
    assert {link.status for link in seen} == {200, 403, 404}


def test_the_command_fails_when_a_link_is_gone(web: str) -> None:
    done = CliRunner().invoke(cli, ["verify", "--links", "--via", web])
    assert done.exit_code == 1
    assert "colah.github.io" in done.output


def test_a_link_without_an_answer_is_broken_and_says_why() -> None:
    links = list(links_of(load_roadmap()))[:1]
    (link,) = check_links(links, via="http://127.0.0.1:9/", timeout_s=2)
    assert link.is_broken
    assert link.status == 0
    assert link.said


def toy(folder: Path, *concepts: str) -> Path:
    """A roadmap of one chapter with these concept tables."""
    head = """
[[parts]]
slug = "p"
title = "P"
colour = "teal"
summary = "s"
[[parts.chapters]]
slug = "c"
title = "C"
summary = "s"
rooms = ["core"]
references = []
"""
    (folder / "roadmap.toml").write_text(head + "\n".join(concepts), encoding="utf-8")
    return folder


def station(id: str, slug: str, *needs: str) -> str:
    return (f'[[parts.chapters.concepts]]\nid = "{id}"\nslug = "{slug}"\ntitle = "T"\n'
            f'needs = {json.dumps(needs)}\nminutes = 5\nteaches = "Do it."\n')  # fmt: skip


def test_a_circle_is_refused_and_named(tmp_path: Path) -> None:
    with pytest.raises(PracticumError, match="circle: a, b"):
        load_roadmap(toy(tmp_path, station("A1", "a", "b"), station("A2", "b", "a")))


def test_unknown_needs_and_double_names_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(PracticumError) as told:
        load_roadmap(toy(tmp_path, station("A1", "alpha"), station("A1", "beta", "alhpa")))
    assert "id 'A1' is given twice" in str(told.value)
    assert "try: alpha" in str(told.value)


def test_a_misspelled_concept_gets_the_nearest_one() -> None:
    with pytest.raises(UnknownReference, match="try: linear-algebra"):
        load_roadmap().find("linear-algbra")


def test_a_chapter_asked_for_as_a_concept_lists_its_concepts() -> None:
    with pytest.raises(UnknownReference, match="is a chapter; its concepts: linear-algebra"):
        load_roadmap().find("mathematics")


def test_every_room_of_the_house_is_explained_by_a_chapter() -> None:
    from practicum.cli.course.check import _rooms

    assert list(check_map(load_roadmap(), _rooms())) == []
    (complaint,) = check_map(load_roadmap(), [*_rooms(), "attic"])
    assert "attic" in str(complaint)


@pytest.mark.feature("M1")
def test_the_map_as_json_has_every_station_and_opens_what_is_written(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["map", "--json", "--home", str(tmp_path)])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    chapters = [c for part in told["parts"] for c in part["chapters"]]
    concepts = [c for chapter in chapters for c in chapter["concepts"]]
    assert (len(told["parts"]), len(chapters), len(concepts)) == (3, 19, 73)
    assert set(told["not_open"]) == {c["slug"] for c in concepts if not c["open"]}
    for concept in concepts:
        assert concept["teaches"]
        if concept["open"]:
            assert len(concept["labs"]) >= 1
            assert concept["n_items"] >= 5
    fundamentals = [c for c in concepts if c["id"].startswith("F")]
    assert len(fundamentals) == 15
    assert all(c["open"] for c in fundamentals)
