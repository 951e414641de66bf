"""The progress page: evidence, pictures, history, the certificate, and the way out and in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from practicum.core.errors import DataError
from practicum.learn.learner import Learner
from practicum.learn.progress import FORMAT, Event, Progress, exported, parse_export
from practicum.learn.quiz import LETTERS, draw
from practicum.web.study.history import history
from practicum.web.study.pictures import known_over_time, reviews_ahead

NOW = datetime.now(UTC)


def live(learner: Learner, days: int = 20) -> None:
    """A learner's last weeks: a lesson, a lab, and some questions a day, four of five right."""
    for day in range(days):
        at = NOW - timedelta(days=days - day)
        concept = list(learner.roadmap.concepts.values())[day // 7]
        learner.progress.add("read", concept.id, at=at)
        for n, item in enumerate(learner.bank(concept.slug)[:5]):
            question = draw(item, day)
            is_right = n != 3
            if question.choices:
                given = next(
                    LETTERS[i] for i, c in enumerate(question.choices) if c.right is is_right
                )
            else:
                given = question.right if is_right else "-1"
            learner.answer(question, given, at=at + timedelta(minutes=n))


def lines(events: list[dict[str, Any]], n: int | None = None) -> str:
    head = {"format": FORMAT, "n": len(events) if n is None else n}
    return "\n".join(map(json.dumps, [head, *events])) + "\n"


def read_event(**changed: Any) -> dict[str, Any]:
    return {"at": "2026-03-02T10:00:00+00:00", "kind": "read", "concept": "F1a", "told": {},
            "uid": "one", **changed}  # fmt: skip


# -- the page ----------------------------------------------------------------------------------


def test_before_anything_was_done_the_page_leads_to_the_first_step(client: Any) -> None:
    page = client.get("/progress").text
    assert "Nothing yet" in page
    assert 'href="/learn/linear-algebra"' in page
    assert "/progress/pictures" not in page
    assert "What you did last" not in page


def test_the_evidence_of_a_concept_is_its_answers_labs_lesson_and_review(client: Any) -> None:
    learner = client.studio.learner
    live(learner, days=3)
    learner.progress.add("lab", "F1a", lab="by-hand", all=True, passed=[], n=1)
    page = client.get("/progress").text
    row = page.partition('href="/learn/linear-algebra"')[2].partition("</tr>")[0]
    standing = learner.record().standings["F1a"]
    assert f"{100 * standing.mastery:.0f} %" in row
    assert f"{standing.n_right} of {standing.n}" in row
    assert f"1 of {learner.catalogue.n_labs['F1a']}" in row
    assert ">read<" in row
    assert "due" in row or "tomorrow" in row or "in " in row


def test_what_is_shown_can_be_narrowed_by_state(client: Any) -> None:
    live(client.studio.learner, days=3)
    begun = (
        client.get("/progress?show=learning")
        .text.partition('id="evidence"')[2]
        .partition("</table>")[0]
    )
    fresh = (
        client.get("/progress?show=new").text.partition('id="evidence"')[2].partition("</table>")[0]
    )
    assert 'href="/learn/overfitting"' in fresh
    assert 'href="/learn/overfitting"' not in begun
    assert 'href="/learn/linear-algebra"' not in fresh
    assert client.get("/progress?show=<script>").status_code == 200


def test_the_pictures_have_their_numbers_and_a_text(client: Any) -> None:
    live(client.studio.learner)
    html = client.get("/progress/pictures").text
    assert html.count("<figure") == 2
    assert html.count("<summary>The numbers</summary>") == 2
    assert "come back today" in html
    assert "concepts mastered" in html
    assert client.get("/progress/pictures").text == html


def test_the_bars_count_every_review_of_the_month_once(client: Any) -> None:
    learner = client.studio.learner
    live(learner)
    record = learner.record()
    picture = reviews_ahead(record, NOW)
    assert picture is not None
    counts = [int(float(row.split(",")[1])) for row in picture.csv.strip().splitlines()[1:]]
    until = (NOW.astimezone() + timedelta(days=29)).date()
    assert len(counts) == 30
    assert sum(counts) == sum(c.due.astimezone().date() <= until for c in record.cards.values())


def test_the_curve_ends_where_the_learner_stands(client: Any) -> None:
    learner = client.studio.learner
    live(learner)
    picture = known_over_time(learner, learner.progress.events(), NOW)
    assert picture is not None
    states = [s.state(NOW) for s in learner.record().standings.values()]
    last = {
        row.split(",")[0]: float(row.split(",")[2]) for row in picture.csv.strip().splitlines()[1:]
    }
    assert last == {"begun": len(states) - states.count("new"),
                    "mastered": states.count("mastered") + states.count("fading")}  # fmt: skip
    assert known_over_time(learner, [], NOW) is None


# -- history -----------------------------------------------------------------------------------


def sentences(learner: Learner) -> list[str]:
    told = history(learner.progress.events(), learner, 50)
    return [f"{d.before} {d.name}{d.after}" for _, deeds in told for d in deeds]


def test_deeds_are_told_as_sentences_the_latest_first(client: Any) -> None:
    learner = client.studio.learner
    lab = learner.labs(learner.roadmap.find("linear-algebra"))[0]
    add, at = learner.progress.add, NOW - timedelta(hours=9)
    add("read", "F1a", at=at)
    add("lab", "F1a", at=at + timedelta(hours=1), lab=lab.slug, all=False, passed=["x"], n=3)
    add(
        "lab",
        "F1a",
        at=at + timedelta(hours=1, minutes=5),
        lab=lab.slug,
        all=True,
        passed=["x"],
        n=1,
    )
    add("hint", "F1a", at=at + timedelta(hours=2), lab=lab.slug, task="x", number=2)
    for minute, right in enumerate((True, False, True)):
        add("answer", "F1b" if minute else "F1a", at=at + timedelta(hours=3, minutes=minute),
            item="F1b.x", right=right, **{"in": "review"})  # fmt: skip
    add("testout", at=at + timedelta(hours=5), passed=True, concepts=["F1a", "gone"])
    add("solution", "F1a", at=at + timedelta(hours=6), lab="gone", surrendered=True)
    add("read", "gone", at=at + timedelta(hours=7))
    add("setting", at=at + timedelta(hours=8), theme="dark")
    assert sentences(learner) == [
        "Read something that left the map",
        "The solution of the lab something that left the map, before it was passed",
        "Tested out of Linear Algebra",
        "3 questions on Calculus and 1 other concept in a review: 2 right",
        f"Hint 2 for the lab {lab.title}",
        f"The lab {lab.title}: passed at run 2",
        "Read Linear Algebra",
    ]


# -- certificate -------------------------------------------------------------------------------


def test_the_certificate_is_a_page_of_its_own_that_runs_nothing(client: Any) -> None:
    live(client.studio.learner, days=3)
    page = client.get("/progress/certificate?name=%3Cscript%3Ealert(1)%3C/script%3E%20Ada")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.text
    assert "Ada" in page.text
    assert "content-disposition" not in page.headers
    saved = client.get("/progress/certificate?name=Ada&save=1")
    assert saved.headers["content-disposition"].startswith("attachment")


def test_the_page_says_what_is_missing_for_the_certificate(client: Any) -> None:
    learner = client.studio.learner
    learner.progress.add("testout", passed=True, concepts=["F1a", "F1b", "F1c"])
    page = client.get("/progress").text.partition('id="certificate"')[2]
    mathematics, _, rest = page.partition("</details>")
    assert "complete" in mathematics
    assert "0 of 4" in rest
    assert "right answers, 18 labs left" in rest


# -- out and in --------------------------------------------------------------------------------


def test_an_export_goes_into_another_home_whole_and_once(client: Any, tmp_path: Path) -> None:
    learner = client.studio.learner
    live(learner, days=4)
    learner.progress.add("answer", "F1a", item="F1a.x", right=False, given="a\u2028b\x85c\nd")
    file = client.get("/progress/export")
    assert file.headers["content-disposition"].startswith("attachment; filename=")
    other = Progress(tmp_path / "other.db")
    assert other.include_text(file.text, "x") == len(learner.progress.events())
    assert other.events() == learner.progress.events()
    assert other.include_text(file.text, "x") == 0


def test_an_import_says_how_many_events_were_new(client: Any, tmp_path: Path) -> None:
    other = Learner(tmp_path / "elsewhere")
    live(other, days=2)
    text = exported(other.progress.events())
    first = client.post("/progress/import", {"text": text})
    assert first.status_code == 200
    assert "12 events are new" in first.json()["html"]["#imported"]
    again = client.post("/progress/import", {"text": text})
    assert "here already" in again.json()["html"]["#imported"]
    assert len(client.studio.learner.progress.events()) == 12


BAD = {
    "no export": "hello",
    "nothing": "  ",
    "another format": '{"format": "x", "n": 0}',
    "no count": json.dumps({"format": FORMAT}),
    "a list": "[" * 5000,
    "a cut-off file": lines([read_event()], n=2),
    "a deep line": lines([]) + "[" * 100_000,
    "a list as an event": lines([]) + "[1]",
    "no place": lines([{k: v for k, v in read_event().items() if k != "concept"}]),
    "an unknown kind": lines([read_event(kind="dance")]),
    "a kind that is no word": lines([read_event(kind=["read"])]),
    "an answer without its item": lines([read_event(kind="answer", told={"right": True})]),
    "an answer that is neither right nor wrong": lines(
        [read_event(kind="answer", told={"item": "F1a.x", "right": "yes"})]
    ),
    "concepts that are no names": lines(
        [read_event(kind="testout", told={"passed": True, "concepts": [["F1a"]]})]
    ),
    "the year 9000": lines([read_event(at="9000-01-01T00:00:00+00:00")]),
    "the year 1": lines([read_event(at="0001-01-01T00:00:00+14:00")]),
    "half a character": lines([read_event(told={"x": "\ud800"})]),
    "a number as a name": lines([read_event(uid=7)]),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_no_export_is_refused_kindly_and_nothing_is_added(client: Any, text: str) -> None:
    refused = client.post("/progress/import", {"text": text})
    assert refused.status_code == 400
    told = refused.json()["error"].casefold()
    assert "nothing was added" in told
    assert "practicum-progress" not in told or "is not an export" in told
    assert client.studio.learner.progress.events() == []
    assert client.get("/progress").status_code == 200  # no event can ever be taken away again


def test_one_bad_line_among_good_ones_refuses_all_and_is_named(client: Any) -> None:
    text = lines([read_event(), read_event(uid="two", kind="dance"), read_event(uid="three")])
    refused = client.post("/progress/import", {"text": text})
    assert "the file:3" in refused.json()["error"]
    assert client.studio.learner.progress.events() == []
    many = client.post("/progress/import", {"text": lines([]) + "x\n" * 500}).json()["error"]
    assert len(many.splitlines()) <= 5
    assert "497 lines more" in many


def test_an_import_without_a_text_is_refused(client: Any) -> None:
    for given in ({}, {"text": 5}, {"text": None}):
        assert client.post("/progress/import", given).status_code == 400


def test_names_that_come_in_with_an_import_are_shown_escaped(client: Any) -> None:
    evil = "<img src=x onerror=alert(1)>"
    text = lines([read_event(concept=evil), read_event(uid="2", kind="lab", told={"lab": evil})])
    assert client.post("/progress/import", {"text": text}).status_code == 200
    page = client.get("/progress")
    assert page.status_code == 200
    assert "<img" not in page.text


def test_a_file_that_is_not_text_is_told_in_a_terminal_too(tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DataError, match="not an export"):
        Progress(tmp_path / "p.db").include(tmp_path / "photo")


def test_what_was_exported_is_read_as_it_was() -> None:
    event = Event(NOW, "answer", "F1a", {"item": "F1a.x", "right": True, "given": "“é”"}, "u")
    assert parse_export(exported([event]), "x") == [event]
