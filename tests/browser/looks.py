"""How a page is looked at: in both themes and at each width, by axe and with a ruler."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
# The widest first: a page is loaded once, and the window then made narrower.
HEIGHTS = {1280: 900, 768: 1024, 360: 740}
WIDTHS = tuple(HEIGHTS)
# Set to a directory, every page is also kept there as a picture.
SHOTS = os.environ.get("SCREENSHOTS", "")
# Scripts and htmx have had their say about a page that has been loaded.
SETTLING_MS = 120
AXE = Axe().axe_script
# What moves or fades would be judged halfway; what turns for ever is not waited for.
# An animation that is paused, or of something out of sight, never ends: it is not waited for.
AT_REST = """() => Promise.race([
  new Promise((resolve) => setTimeout(() => resolve(null), 1500)),
  Promise.all(
    document.getAnimations()
      .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime))
      .map((one) => one.finished.catch(() => null))
  ).then(() => null),
])"""
VIOLATIONS = "() => axe.run({resultTypes: ['violations']}).then((found) => found.violations)"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def window(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """Open a window to walk through the site with, at the first width and in the first theme."""
    size: ViewportSize = {"width": WIDTHS[0], "height": HEIGHTS[WIDTHS[0]]}
    context = browser.new_context(viewport=size, color_scheme=THEMES[0], base_url=site)
    try:
        yield context
    finally:
        # A page left open would go on asking, and hold on to the test's database.
        context.close()


def walk(page: Page, pages: dict[str, str]) -> list[str]:
    """Load each page once and look at it; return what is wrong."""
    problems = []
    for name, path in pages.items():
        page.goto(path)
        problems += look(page, name)
    return problems


def look(page: Page, name: str) -> list[str]:
    """Look at the page as it stands, in every theme and at every width; return what is wrong."""
    problems = []
    page.wait_for_timeout(SETTLING_MS)
    page.wait_for_load_state()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            problems += [f"{name}, {theme}, {width}px: {each}" for each in findings_on(page)]
            if SHOTS:
                Path(SHOTS).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=f"{SHOTS}/{name}-{theme}-{width}.png", full_page=True)
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHTS[WIDTHS[0]]})
    page.emulate_media(color_scheme=THEMES[0])
    return problems


def findings_on(page: Page) -> list[str]:
    """Return what axe has to say, and whether the page scrolls sideways."""
    page.evaluate(AT_REST)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    violations: list[dict[str, Any]] = page.evaluate(VIOLATIONS)
    findings = [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in violations
        for node in violation["nodes"]
    ]
    overflow = page.evaluate(OVERFLOW)
    if overflow > 0:
        findings.append(f"scrolls sideways by {overflow}px")
    return findings
