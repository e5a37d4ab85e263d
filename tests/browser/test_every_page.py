"""Every page in two themes and three widths: accessible, and never wider than the screen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page

from tests.browser.conftest import log_in
from tests.browser.stage import OUTSIDE, Stage

Theme = Literal["light", "dark"]
WIDTHS = {360: 740, 768: 1024, 1280: 900}
# Set to a directory, every page is also kept there as a picture.
SHOTS = os.environ.get("SCREENSHOTS", "")

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_accessible_and_fits_the_screen(
    browser: Browser, stage: Stage, site: str, theme: Theme, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme=theme, base_url=site
    )
    page = context.new_page()
    outside = {name: reverse(route) for name, route in OUTSIDE.items()}

    problems = walk(page, outside, f"{theme}-{width}")
    log_in(page, site, stage.user)
    problems += walk(page, stage.pages, f"{theme}-{width}")

    context.close()
    assert not problems, "\n".join(problems)


def walk(page: Page, pages: dict[str, str], look: str) -> list[str]:
    """Look at each page, an empty address meaning the page as it stands; return what is wrong."""
    problems = []
    for name, path in pages.items():
        if path:
            page.goto(path)
        page.wait_for_timeout(120)
        problems += [f"{name}: {finding}" for finding in findings_on(page)]
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{SHOTS}/{name}-{look}.png", full_page=True)
    return problems


def findings_on(page: Page) -> list[str]:
    """Return what axe has to say, and whether the page scrolls sideways."""
    result = Axe().run(page)
    findings = [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in result.response["violations"]
        for node in violation["nodes"]
    ]
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    if overflow > 0:
        findings.append(f"scrolls sideways by {overflow}px")
    return findings
