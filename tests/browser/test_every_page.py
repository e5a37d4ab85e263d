"""Every page in two themes and three widths: accessible, and never wider than the screen."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from tests.browser.conftest import log_in
from tests.browser.looks import WIDTHS, look, walk, window
from tests.browser.stage import OUTSIDE, Stage

# Several tests, so that the processes that run them end at about the same time.
PARTS = 8

# Many pages, each looked at in every theme and width.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_accessible_and_fits_the_screen(
    browser: Browser, stage: Stage, site: str, part: int
) -> None:
    outside = {name: reverse(route) for name, route in OUTSIDE.items()}

    with window(browser, site) as context:
        page = context.new_page()
        problems = walk(page, share(outside, part))
        log_in(page, site, stage.user)
        problems += walk(page, share(stage.pages, part))

    assert not problems, "\n".join(problems)


def test_every_page_is_in_one_of_the_parts(stage: Stage) -> None:
    parts = [set(share(stage.pages, part)) for part in range(PARTS)]

    assert set.union(*parts) == set(stage.pages)
    assert sum(map(len, parts)) == len(stage.pages)


def share(pages: dict[str, str], part: int) -> dict[str, str]:
    """Return a part of the pages, as many as in the others."""
    return dict(list(pages.items())[part::PARTS])


@pytest.mark.enable_socket
def test_a_page_with_faults_is_found_out(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(
        "<html lang='en'><title>x</title><main><h1>x</h1><img src='x'><p class=dark>dark</p>"
        "<p style='width: 900px'>wide</p></main>"
        "<style>@media (prefers-color-scheme: dark) { .dark { color: #ddd } }</style>"
    )

    problems = look(page, "faulty")
    page.close()

    def found(what: str) -> list[str]:
        return [problem.split(":")[0] for problem in problems if what in problem]

    assert len(found("image-alt")) == 2 * len(WIDTHS)
    assert found("color-contrast") == [f"faulty, dark, {width}px" for width in WIDTHS]
    assert found("sideways") == [f"faulty, {theme}, 768px" for theme in ("light", "dark")] + [
        f"faulty, {theme}, 360px" for theme in ("light", "dark")
    ]
