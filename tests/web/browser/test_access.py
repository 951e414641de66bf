"""Every page by axe, in light and dark, wide and phone-narrow; nothing runs off a narrow screen."""

from __future__ import annotations

from typing import Any

import pytest

PAGES = ("/", "/map", "/learn/calculus", "/learn/python-basics", "/learn/tokenization", "/lab/calculus",
         "/quiz", "/quiz?topic=calculus", "/ask", "/progress", "/settings", "/tools", "/tools/finetune",
         "/tools/pretrain", "/models", "/runs", "/no-such-page")  # fmt: skip
SIZES = {"wide": (1280, 900), "phone": (390, 844)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious_and_nothing_runs_off(
    chromium: Any, server: Any, size: str, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto(server.studio.door.address)
    page.wait_for_url(f"{server.here}/")
    axe, wrong = Axe(), []
    for path in PAGES:
        page.goto(server.here + path)
        page.wait_for_load_state("networkidle")
        found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
        wrong += [
            f"{path}: {v['id']} ({v['impact']}): {v['nodes'][0]['html'][:160]}"
            for v in found if v["impact"] in ("serious", "critical")
        ]  # fmt: skip
        over = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        wrong += [f"{path}: runs {over} px off the screen"] if over > 0 else []
    context.close()
    assert wrong == []
