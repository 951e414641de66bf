"""An evening in the browser: the map, a lesson, a question, the tutor, and the next evening."""

from __future__ import annotations

import re
from typing import Any

import pytest

from practicum.learn.quiz import draw


def test_the_key_leaves_the_address_bar_and_scripts_cannot_read_the_session(tab: Any) -> None:
    assert "#" not in tab.page.url
    assert tab.server.studio.door.token not in tab.page.content()
    assert tab.page.evaluate("document.cookie") == ""


def test_the_map_is_walked_with_the_keyboard_and_opens_a_lesson(tab: Any) -> None:
    page = tab.go("/map")
    page.keyboard.press("/")
    page.keyboard.type("calcul")
    page.locator("#found a", has_text="Calculus").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("#panel", has_text="Calculus").first.wait_for()
    page.locator("#panel a", has_text="Read").click()
    page.wait_for_url("**/learn/calculus")
    assert page.locator("h1").inner_text()


def test_a_lesson_that_was_read_is_remembered_on_the_map(tab: Any) -> None:
    page = tab.go("/learn/calculus")
    page.locator("button", has_text="I have read it").click()
    page.locator("#read .good").wait_for()
    assert [e.kind for e in tab.server.studio.learner.progress.events()] == ["read"]
    page = tab.go("/map")
    assert page.locator('svg a[href="/learn/calculus"]').first.get_attribute("aria-label")
    assert "learning" in page.locator('a[href="/learn/calculus"]').first.get_attribute("aria-label")


def test_a_number_of_a_lesson_is_recomputed_before_the_readers_eyes(tab: Any) -> None:
    page = tab.go("/learn/linear-algebra")
    page.locator(".claim").first.click()
    page.locator("#claim button", has_text="Recompute now").click()
    page.locator("#claim .good").wait_for()


def answer_shown(tab: Any, *, rightly: bool) -> None:
    """Answer the question that the page shows, with the keyboard where it can be."""
    page = tab.page
    key = page.locator('input[name="key"]').get_attribute("value")
    seed = int(page.locator('input[name="seed"]').get_attribute("value"))
    question = draw(tab.server.studio.learner.item(key), seed)
    if question.choices:
        place = next(i for i, c in enumerate(question.choices) if c.right == rightly)
        page.keyboard.press("abcdefgh"[place])
    else:
        given = question.right if rightly else "12345.678"
        page.locator('input[name="given"]').fill(given)
    page.keyboard.press("Enter")
    page.locator("#verdict").wait_for()


@pytest.mark.parametrize("rightly", [True, False])
def test_a_question_is_answered_by_keyboard_and_explained(tab: Any, rightly: bool) -> None:
    tab.go("/quiz?topic=linear-algebra")
    answer_shown(tab, rightly=rightly)
    said = tab.page.locator("#verdict").inner_text()
    assert said.startswith("Right." if rightly else "Not right.")
    (event,) = tab.server.studio.learner.progress.events()
    assert event.told["right"] is rightly
    tab.page.keyboard.press("Enter")
    tab.page.locator('input[name="seed"]').wait_for(state="attached")


def test_after_a_restart_everything_is_still_there(tab: Any) -> None:
    tab.go("/quiz?topic=linear-algebra")
    answer_shown(tab, rightly=True)
    tab.go("/learn/linear-algebra")
    tab.page.locator("button", has_text="I have read it").click()
    tab.page.locator("#read .good").wait_for()
    tab.server.stop()
    tab.server.start()
    tab.wrong.clear()
    tab.enter(tab.server)
    page = tab.go("/progress")
    row = page.locator("tr", has_text="Linear Algebra").first.inner_text()
    assert re.search(r"1\s*(of|/)\s*1", row), row
    tab.go("/learn/linear-algebra").locator("#read .good").wait_for()


def test_an_open_tab_says_that_the_studio_was_started_again(tab: Any) -> None:
    page = tab.go("/learn/calculus")
    tab.server.studio.door._session = "another start's"
    page.locator("button", has_text="I have read it").click()
    page.locator("#said.wrong", has_text="started again").wait_for()
    tab.wrong.clear()  # the browser itself notes the refused request


def test_the_tutor_is_asked_on_any_page_and_its_citation_leads_to_the_passage(tab: Any) -> None:
    page = tab.go("/quiz")
    page.keyboard.press("a")
    page.locator("#question").fill("What does the determinant of a matrix measure?")
    page.keyboard.press("Enter")
    link = page.locator(".quotes a").first
    link.wait_for()
    quote = page.locator(".quotes blockquote").first.inner_text()
    link.click()
    page.wait_for_url("**/learn/**#l*")
    target = page.locator(":target")
    target.wait_for()
    words = re.findall(r"[a-z]{5,}", quote.casefold())[:4]
    body = page.locator(".lesson.prose").inner_text().casefold()
    assert all(word in body for word in words)
    page.locator("#dock .answer").wait_for()
    page.keyboard.press("Escape")


def test_what_the_course_does_not_say_is_said_to_be_so(tab: Any) -> None:
    page = tab.go("/ask")
    page.locator("#question").fill("How long should I boil an ostrich egg for breakfast?")
    page.locator("#ask-form button").click()
    page.locator(".answer").wait_for()
    assert "not in the course" in page.locator(".answer").inner_text().casefold()
    assert page.locator(".quotes li").count() == 0


def test_quiz_me_leads_to_questions(tab: Any) -> None:
    page = tab.go("/ask")
    page.locator("#question").fill("quiz me on calculus")
    page.locator("#ask-form button").click()
    page.wait_for_url("**/quiz?topic=calculus")


def test_what_is_typed_into_the_tutor_stays_text(tab: Any) -> None:
    page = tab.go("/ask")
    page.locator("#question").fill('<img src=x onerror="document.title=1"> what is a gradient?')
    page.locator("#ask-form button").click()
    page.locator(".answer").wait_for()
    assert page.locator(".answer img").count() == 0
    assert page.title() != "1"


def test_dark_is_remembered(tab: Any) -> None:
    page = tab.go("/")
    page.locator("#theme-button").click()
    chosen = page.evaluate("document.documentElement.dataset.theme")
    page = tab.go("/map")
    assert page.evaluate("document.documentElement.dataset.theme") == chosen
