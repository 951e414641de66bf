"""Quiz, review and test-out pages: one item at a time, and nothing given away before it is answered."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from practicum.learn.learner import Learner
from practicum.learn.quiz import LETTERS, Question, draw
from practicum.web.study.asked import KEPT, Questions, Round, sitting

TOPIC = "linear-algebra"


def fields(html: str) -> dict[str, str]:
    """The hidden fields of the form on a page or piece."""
    return {
        name: unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)
    }


def question_on(client: Any, address: str) -> tuple[dict[str, str], Question]:
    """What a page sends back, and the question that it asks."""
    told = fields(client.get(address).text)
    return told, draw(client.studio.learner.item(told["key"]), int(told["seed"]))


def right_answer(question: Question) -> str:
    if question.choices:
        return next(LETTERS[i] for i, c in enumerate(question.choices) if c.right)
    return question.item.accept[0] if question.item.kind == "short" else repr(question.answer)


def wrong_answer(question: Question) -> str:
    if question.choices:
        return next(LETTERS[i] for i, c in enumerate(question.choices) if not c.right)
    return "-98765" if question.item.kind == "numeric" else "something else"


def answer(client: Any, told: dict[str, str], given: str) -> Any:
    return client.post("/quiz/answer", {**told, "given": given})


def piece(reply: Any) -> str:
    assert reply.status_code == 200, reply.text
    html: str = reply.json()["html"]["#round"]
    return html


def ask_until(client: Any, wanted: Callable[[Question], bool]) -> tuple[dict[str, str], Question]:
    """Answer questions of everything that is open until one is of the wanted kind."""
    for _ in range(40):
        told, question = question_on(client, "/quiz?topic=all")
        if wanted(question):
            return told, question
        answer(client, told, right_answer(question))
    raise AssertionError("no such question came")


def n_answers(learner: Learner) -> int:
    return sum(e.kind == "answer" for e in learner.progress.events())


def answer_long_ago(learner: Learner, days: int, n: int = 3) -> None:
    at = datetime.now(UTC) - timedelta(days=days)
    for item in learner.bank(TOPIC)[:n]:
        question = draw(item, 0)
        learner.answer(question, right_answer(question), at=at)


# -- choosing what to be asked about -----------------------------------------------------------


def test_the_list_offers_every_open_concept_to_ask_about_and_to_test_out_of(client: Any) -> None:
    page = client.get("/quiz")
    assert page.status_code == 200
    for concept in client.studio.learner.roadmap.concepts.values():
        assert (f'href="/quiz?topic={concept.slug}"' in page.text) == concept.is_open
    assert 'href="/quiz?testout=mathematics"' in page.text
    assert "Nothing to review yet" in page.text


def test_the_list_says_how_many_answers_are_due(client: Any) -> None:
    answer_long_ago(client.studio.learner, days=30)
    assert "3 answers are about to fade" in client.get("/quiz").text


def test_a_topic_that_does_not_exist_or_is_not_open_is_answered_kindly(client: Any) -> None:
    unknown = client.get("/quiz?topic=linear-algbra")
    assert unknown.status_code == 404
    assert "linear-algebra" in unknown.text
    for word in ("topic", "testout"):
        closed = client.get(f"/quiz?{word}=quantization")
        assert closed.status_code == 400
        assert "not open yet" in closed.text


# -- one question ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["choice", "numeric", "short"])
def test_a_question_gives_nothing_away_before_it_is_answered(client: Any, kind: str) -> None:
    told, question = ask_until(client, lambda q: q.item.kind == kind)
    page = client.get("/quiz?topic=all").text
    after = piece(answer(client, told, wrong_answer(question)))
    from practicum.web.render import inline

    for choice in question.choices:
        assert inline(choice.text) in page
        assert inline(choice.why) not in page
        assert inline(choice.why) in after
    assert 'class="is-right"' not in page
    assert question.item.passage not in page
    if kind == "short":
        assert not any(f">{accepted}<" in page for accepted in question.item.accept)
    if kind == "numeric":
        assert question.right not in page.replace(question.ask, "").partition("<form")[2]
    if question.why:
        assert inline(question.why) not in page


def test_the_choices_are_radio_buttons_of_one_group_with_a_name(client: Any) -> None:
    _, question = ask_until(client, lambda q: bool(q.choices))
    page = client.get("/quiz?topic=all").text
    values = re.findall(r'<input type="radio" name="given" value="(\w)" required>', page)
    assert values == list(LETTERS[: len(question.choices)])
    assert "<fieldset" in page
    assert "<legend" in page


def test_maths_in_a_question_is_set_as_maths(client: Any) -> None:
    ask_until(client, lambda q: "$" in q.ask)
    assert "<math" in client.get("/quiz?topic=all").text


def test_a_wrong_answer_shows_why_and_where_to_read(client: Any) -> None:
    told, question = question_on(client, f"/quiz?topic={TOPIC}")
    html = piece(answer(client, told, wrong_answer(question)))
    assert "Not right." in html
    assert f'href="/learn/{TOPIC}#{question.item.passage}"' in html
    assert "comes back" in html
    assert "tomorrow" in html
    assert re.search(r"mastery of .* went from \d+ to \d+ per cent", html)
    assert re.search(r"<button autofocus[^>]*>Next</button>", html)


def test_a_right_answer_raises_the_mastery_that_is_shown(client: Any) -> None:
    told, question = question_on(client, f"/quiz?topic={TOPIC}")
    html = piece(answer(client, told, right_answer(question)))
    before, after = map(int, re.search(r"went from (\d+) to (\d+) per cent", html).groups())  # type: ignore[union-attr]
    assert "Right." in html
    assert after > before
    standing = client.studio.learner.record().standings["F1a"]
    assert after == round(100 * standing.mastery)


def test_next_brings_another_question_and_a_reload_the_same(client: Any) -> None:
    told, question = question_on(client, f"/quiz?topic={TOPIC}")
    assert fields(client.get(f"/quiz?topic={TOPIC}").text) == told
    client.studio.learner.progress.add("read", "F1a")  # a lesson in another tab changes what helps
    assert fields(client.get(f"/quiz?topic={TOPIC}").text) == told
    answer(client, told, right_answer(question))
    after = fields(piece(client.post("/quiz/next", told)))
    assert after["key"] != told["key"]
    assert fields(client.get(f"/quiz?topic={TOPIC}").text) == after


def test_an_answer_that_is_posted_twice_counts_once(client: Any) -> None:
    told, question = question_on(client, f"/quiz?topic={TOPIC}")
    first = piece(answer(client, told, wrong_answer(question)))
    again = piece(answer(client, told, right_answer(question)))
    assert n_answers(client.studio.learner) == 1
    assert "Not right." in first
    assert "Not right." in again  # the second try is not taken, the first one's result is shown
    assert "It counted once" in again


def test_the_same_question_in_two_tabs_of_different_topics_counts_once(client: Any) -> None:
    told, question = question_on(client, f"/quiz?topic={TOPIC}")
    other, same = question_on(client, "/quiz?topic=mathematics")
    assert (told["key"], told["seed"]) == (other["key"], other["seed"]), same
    answer(client, told, right_answer(question))
    assert "It counted once" in piece(answer(client, other, right_answer(question)))
    assert n_answers(client.studio.learner) == 1
    assert fields(client.get("/quiz?topic=mathematics").text)["key"] != told["key"]


def test_a_question_that_was_not_asked_is_refused(client: Any) -> None:
    told, question = question_on(client, f"/quiz?topic={TOPIC}")
    other = next(i for i in client.studio.learner.bank(TOPIC) if i.key != question.item.key)
    for changed in ({"key": other.key}, {"seed": "77"}, {"seed": "x"}, {"key": "<b>"}, {"seed": ""},
                    {"seed": "-1"}, {"seed": "9" * 40}):  # fmt: skip
        refused = answer(client, {**told, **changed}, "a")
        assert refused.status_code == 400
        assert refused.json()["error"]
    assert n_answers(client.studio.learner) == 0


def test_a_question_answered_in_a_terminal_is_open_no_more(client: Any) -> None:
    told, question = question_on(client, f"/quiz?topic={TOPIC}")
    Learner(client.studio.store.home).answer(question, right_answer(question))
    refused = answer(client, told, right_answer(question))
    assert refused.status_code == 400
    assert "Nothing was counted" in refused.json()["error"]
    assert n_answers(client.studio.learner) == 1


def test_a_page_from_before_a_restart_can_still_be_answered(client: Any) -> None:
    told, question = question_on(client, f"/quiz?topic={TOPIC}")
    client.studio.questions = Questions(client.studio.learner)  # nothing remembered
    assert "Right." in piece(answer(client, told, right_answer(question)))


def test_what_is_no_answer_leaves_the_question_open(client: Any) -> None:
    told, question = ask_until(client, lambda q: q.item.kind == "numeric")
    n = n_answers(client.studio.learner)
    for given in ("a lot", "", "   "):
        refused = answer(client, told, given)
        assert refused.status_code == 400
    assert n_answers(client.studio.learner) == n
    assert "Right." in piece(answer(client, told, right_answer(question)))


def test_what_was_written_is_shown_escaped(client: Any) -> None:
    told, _ = ask_until(client, lambda q: q.item.kind == "short")
    html = piece(answer(client, told, "<img src=x onerror=alert(1)>"))
    assert "<img" not in html
    assert "&lt;img src=x" in html


def test_seconds_are_those_that_the_page_was_looked_at_within_reason(client: Any) -> None:
    for sent, kept in (("7.5", 7.5), ("999999", 1800.0), ("nan", 0.0), ("-4", 0.0), ("", 0.0)):
        told, question = question_on(client, f"/quiz?topic={TOPIC}")
        answer(client, {**told, "seconds": sent}, right_answer(question))
        event = client.studio.learner.progress.events()[-1]
        if kept:
            assert event.told["seconds"] == kept
        else:  # the server's own clock, which has just begun
            assert 0 <= event.told["seconds"] < 60
        assert event.told["in"] == "quiz"


def test_all_the_reasons_of_a_choice_are_given_after_it(client: Any) -> None:
    told, question = ask_until(client, lambda q: bool(q.choices))
    html = piece(answer(client, told, wrong_answer(question)))
    reasons = html.partition('<ol class="reasons"')[2]
    assert reasons.count("<li") == len(question.choices)
    assert reasons.count('class="pill good"') == 1
    assert "your answer" in reasons


# -- review ------------------------------------------------------------------------------------


def test_a_review_asks_what_is_due_and_ends_honestly(client: Any) -> None:
    learner = client.studio.learner
    answer_long_ago(learner, days=30)
    due = learner.record().due(datetime.now(UTC))
    told, question = question_on(client, "/quiz?review=1")
    seen = [told["key"]]
    assert "3 due" in client.get("/quiz?review=1").text
    for _ in range(2):
        answer(client, told, right_answer(question))
        told = fields(piece(client.post("/quiz/next", told)))
        question = draw(learner.item(told["key"]), int(told["seed"]))
        seen.append(told["key"])
    assert seen == due
    answer(client, told, right_answer(question))
    html = piece(client.post("/quiz/next", told))
    assert "Nothing is due" in html
    assert "3 of 3 right" in html
    assert re.search(r"back <strong>(tomorrow|in \d+ days)</strong>", html)
    assert {e.told["in"] for e in learner.progress.events()[3:]} == {"review"}


def test_a_review_before_any_answer_says_what_it_is_for(client: Any) -> None:
    page = client.get("/quiz?review=1")
    assert "None was answered yet" in page.text
    assert 'href="/learn/linear-algebra"' in page.text


# -- test-out ----------------------------------------------------------------------------------


def begin(client: Any, topic: str) -> str:
    reply = client.post("/quiz/testout", {"topic": topic})
    address: str = reply.json()["go"]
    return address


def test_a_test_out_explains_itself_first_and_changes_nothing(client: Any) -> None:
    page = client.get("/quiz?testout=mathematics")
    assert "at most 9 questions" in page.text
    assert "Only answers given here count" in page.text
    assert client.studio.learner.progress.events() == []


@pytest.mark.feature("A2")
def test_someone_who_knows_a_chapter_tests_out_of_it_on_the_page(client: Any) -> None:
    learner = client.studio.learner
    address = begin(client, "mathematics")
    for n in range(9):
        page = client.get(address).text
        told = fields(page)
        if "key" not in told:
            break
        assert f"{n} of at most 9 answered" in page
        question = draw(learner.item(told["key"]), int(told["seed"]))
        html = piece(answer(client, told, right_answer(question)))
    assert n <= 8
    assert "See what it showed" in html
    assert "Tested out" in page
    record = learner.record()
    assert all(record.standings[id].tested_out for id in ("F1a", "F1b", "F1c"))
    assert [e.kind for e in learner.progress.events()].count("testout") == 1
    assert "Tested out" in client.get(address).text  # a reload shows the end again


def test_a_test_out_explains_nothing_before_its_end(client: Any) -> None:
    told, question = question_on(client, begin(client, TOPIC))
    html = piece(answer(client, told, wrong_answer(question)))
    assert "Not right." in html
    assert "comes at the end" in html
    assert "The answer is" not in html
    assert 'class="reasons"' not in html
    assert question.item.passage not in html


def test_a_test_out_that_fails_shows_what_was_asked_and_why(client: Any) -> None:
    learner = client.studio.learner
    address = begin(client, TOPIC)
    for _ in range(3):
        told, question = question_on(client, address)
        answer(client, told, wrong_answer(question))
    page = client.get(address).text
    assert "Not all of it yet" in page
    assert page.count("<details>") == 3
    assert page.count("The answer is") == 3
    assert f'href="/learn/{TOPIC}"' in page
    assert not learner.record().standings["F1a"].tested_out
    refused = answer(client, told, "a")
    assert "It counted once" in piece(refused)
    assert n_answers(learner) == 3


def test_a_test_out_that_is_ended_early_can_go_on(client: Any) -> None:
    address = begin(client, "mathematics")
    told, question = question_on(client, address)
    answer(client, told, right_answer(question))
    page = client.get(f"{address}&end=1").text
    assert "ended early" in page
    assert address.replace("&", "&amp;") in page
    assert "1 of at most 9 answered" in client.get(address).text


def test_answers_from_before_do_not_count_in_a_test_out(client: Any) -> None:
    learner = client.studio.learner
    for item in learner.bank(TOPIC):
        question = draw(item, 0)
        learner.answer(question, right_answer(question))
    page = client.get(begin(client, TOPIC)).text
    assert "0 of 1 shown" in page


def test_a_test_out_of_another_day_or_of_tomorrow_is_begun_again(client: Any) -> None:
    for hours in (-30, 5):
        began = int((time.time() + hours * 3600) * 1000)
        page = client.get(f"/quiz?testout={TOPIC}&began={began}")
        assert page.status_code == 400
        assert "begin it again" in page.text
    assert client.get(f"/quiz?testout={TOPIC}&began=999999999999999999").status_code == 400


# -- what the server remembers -----------------------------------------------------------------


def test_rounds_that_nobody_comes_back_to_are_forgotten(client: Any) -> None:
    questions = client.studio.questions
    slugs = [c.slug for c in client.studio.learner.roadmap.concepts.values() if c.is_open]
    now = int(time.time() * 1000)
    for i in range(KEPT + 5):
        questions.current(Round("testout", slugs[0], now - i))
    assert len(questions._open) == KEPT


def test_a_sitting_ends_with_half_an_hour_of_silence(client: Any) -> None:
    learner, now = client.studio.learner, datetime.now(UTC)
    for minutes in (95, 50, 40, 10):
        learner.progress.add("answer", "F1a", at=now - timedelta(minutes=minutes), item="F1a.x",
                             right=True, **{"in": "quiz"})  # fmt: skip
    assert sitting(learner, "quiz") == (3, 3)
    assert sitting(learner, "review") == (0, 0)
