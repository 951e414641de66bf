"""Today: one click to the next useful minute."""

from __future__ import annotations

from typing import Any


def test_a_newcomer_is_led_to_the_first_lesson(client: Any) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert 'href="/learn/linear-algebra"' in page.text
