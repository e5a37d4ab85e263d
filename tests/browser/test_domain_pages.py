"""DKIM, DNS, branding and domain settings: every state is accessible and fits the screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import log_in
from tests.browser.domain_states import STATES
from tests.browser.stage import Stage
from tests.browser.test_every_page import WIDTHS, Theme, findings_on

SHOTS = os.environ.get("SCREENSHOTS", "")

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_state_is_accessible_and_fits_the_screen(
    browser: Browser, stage: Stage, site: str, theme: Theme, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme=theme, base_url=site
    )
    page = context.new_page()
    log_in(page, site, stage.user)
    problems = []

    for state, (names, begin) in STATES.items():
        begin(stage.service)
        for name in names:
            page.goto(stage.path(name))
            problems += _look(page, f"{name}-{state}", f"{theme}-{width}")
    page.goto(stage.path("branding"))
    page.locator("#id_color").fill("#ffe000")
    page.get_by_role("button", name="Preview").click()
    problems += _look(page, "branding-preview", f"{theme}-{width}")
    page.locator("#id_color").fill("green")
    page.get_by_role("button", name="Update").click()
    problems += _look(page, "branding-refused", f"{theme}-{width}")

    context.close()
    assert not problems, "\n".join(problems)


def _look(page: Page, name: str, look: str) -> list[str]:
    page.wait_for_timeout(120)
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}-{look}.png", full_page=True)
    return [f"{name}: {finding}" for finding in findings_on(page)]
