"""A lab in the browser: red with its reason, green, hints, the solution that waits, the file beside it."""

from __future__ import annotations

from typing import Any

LAB = "/lab/linear-algebra"


def run_and_wait(page: Any) -> str:
    """Press Ctrl+Enter in the editor; what the verdict says when the run is over."""
    page.locator("#script").press("Control+Enter")
    page.locator("#run:not([hidden])").wait_for()
    page.wait_for_function(
        "() => !/running|waits|starting/i.test(document.getElementById('run-told').textContent)"
        " && !/Not run yet/.test(document.getElementById('verdict')?.textContent || 'Not run yet')"
    )
    return str(page.locator("#verdict").inner_text())


def test_a_lab_goes_from_red_with_a_reason_to_green_and_is_remembered(tab: Any) -> None:
    learner = tab.server.studio.learner
    _, lab = learner.find_lab("linear-algebra")
    page = tab.go(f"{LAB}/{lab.slug}")
    assert "checks pass" in run_and_wait(page)
    assert page.locator(".check .why").count() == len(lab.tasks), "each red check says why"
    page.locator("#script").fill(lab.solution.read_text("utf-8"))
    page.locator("#script").press("Control+Enter")
    page.locator(".verdict.won").wait_for()
    assert learner.has_passed(lab)
    assert learner.script(lab).read_text("utf-8") == lab.solution.read_text("utf-8")
    tab.server.stop()
    tab.server.start()
    tab.wrong.clear()
    tab.enter(tab.server)
    page = tab.go(f"{LAB}/{lab.slug}")
    assert "You passed this lab" in page.locator("#verdict").inner_text()


def test_a_hint_is_given_and_the_solution_waits_for_a_pass(tab: Any) -> None:
    learner = tab.server.studio.learner
    _, lab = learner.find_lab("linear-algebra")
    page = tab.go(f"{LAB}/{lab.slug}")
    page.locator(".ask-hint").first.click()
    page.locator(".hints li").first.wait_for()
    solution = lab.solution.read_text("utf-8")
    assert solution not in page.content()
    assert page.locator("#lab-solution pre").count() == 0
    assert [e.kind for e in learner.progress.events()] == ["hint"]


def test_what_was_typed_is_saved_without_asking(tab: Any) -> None:
    learner = tab.server.studio.learner
    _, lab = learner.find_lab("linear-algebra")
    page = tab.go(f"{LAB}/{lab.slug}")
    page.locator("#script").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("# a thought of mine")
    page.wait_for_function(
        "() => document.getElementById('save-told').textContent.includes('saved')"
    )
    page.wait_for_timeout(300)
    deadline = 20
    while "# a thought of mine" not in learner.script(lab).read_text("utf-8") and deadline:
        page.wait_for_timeout(250)
        deadline -= 1
    assert "# a thought of mine" in learner.script(lab).read_text("utf-8")


def test_an_endless_lab_can_be_stopped(tab: Any) -> None:
    page = tab.go(LAB)
    page.locator("#script").fill("while True:\n    print('again', flush=True)\n")
    page.locator("#script").press("Control+Enter")
    page.locator("#output", has_text="again").wait_for()
    page.locator("#stop").click()
    page.locator("#verdict", has_text="topped").wait_for()


def test_what_a_lab_prints_is_text(tab: Any) -> None:
    page = tab.go(LAB)
    page.locator("#script").fill("print('<img src=x onerror=\"document.title=1\">')\n")
    page.locator("#script").press("Control+Enter")
    page.locator("#output", has_text="<img").wait_for()
    assert page.locator("#output img").count() == 0
