"""DKIM, DNS, branding and domain settings: every state is accessible and fits the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import enter
from tests.browser.domain_states import STATES
from tests.browser.looks import look, window
from tests.browser.stage import Stage

# Many pages, each looked at in every theme and width.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def test_every_state_is_accessible_and_fits_the_screen(
    browser: Browser, stage: Stage, site: str
) -> None:
    with window(browser, site) as context:
        page = context.new_page()
        enter(context, site, stage.user)
        problems = []

        for state, (names, begin) in STATES.items():
            begin(stage.service)
            for name in names:
                page.goto(stage.path(name))
                problems += look(page, f"{name}-{state}")
        page.goto(stage.path("branding"))
        page.locator("#id_color").fill("#ffe000")
        page.get_by_role("button", name="Preview").click()
        problems += look(page, "branding-preview")
        page.locator("#id_color").fill("green")
        page.get_by_role("button", name="Update").click()
        problems += look(page, "branding-refused")

    assert not problems, "\n".join(problems)
