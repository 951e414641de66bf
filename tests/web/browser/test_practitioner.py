"""A practitioner in the browser: a form with a mistake, and its plan in other words."""

from __future__ import annotations

from typing import Any


def test_a_mistake_is_said_beside_its_field_before_anything_runs(tab: Any) -> None:
    page = tab.go("/tools/pretrain")
    page.locator("#p-updates").fill("-3")
    page.locator("#plan .bad").wait_for()
    assert "nothing was written" in page.locator("#plan").inner_text().casefold()
    page.locator("#p-updates").fill("5")
    page.locator("#plan dl.facts").wait_for()
    told = page.locator("#plan").inner_text()
    assert "practicum pretrain" in told
    assert "stage: pretrain" in told
    assert tab.server.studio.queue.jobs() == []
