"""A language a third longer than English, on a telephone: nothing is cut off or sticks out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page

from clients.models import User
from tests.browser.account_states import set_account_states
from tests.browser.stage import OUTSIDE, Stage
from tests.browser.test_import_pages import pages as import_pages
from tests.languages.pseudo import CLOSE, CODE, pseudo_language

# Many pages, each looked at in every theme and width.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

# Names what is drawn beyond the right edge of the screen, where nothing scrolls to it.
OUT_OF_SIGHT = """() => {
  const edge = document.documentElement.clientWidth;
  const scrolls = (node) => {
    for (let each = node; each && each !== document.body; each = each.parentElement) {
      if (["auto", "scroll"].includes(getComputedStyle(each).overflowX)) return true;
    }
    return false;
  };
  return [...document.querySelectorAll("button, .btn, .badge-soft, h1, h2, h3, label, dt, dd")]
    .filter((node) => node.checkVisibility() && !node.closest(".visually-hidden, .skip-link"))
    .filter((node) => node.getBoundingClientRect().right > edge + 1 && !scrolls(node))
    .map((node) => node.textContent.trim().slice(0, 60));
}"""


@pytest.fixture(autouse=True)
def _in_the_pseudo_language() -> Iterator[None]:
    with pseudo_language():
        yield


def test_every_page_fits_a_telephone_in_a_longer_language(
    browser: Browser, stage: Stage, site: str
) -> None:
    User.objects.filter(pk=stage.user.pk).update(language=CODE)
    pages = stage.pages | set_account_states(stage.user, stage.service.client).pages
    pages |= import_pages(stage)
    outside = {name: reverse(route) for name, route in OUTSIDE.items()}
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, base_url=site, locale=CODE
    )
    page = context.new_page()
    visit = Client()
    visit.force_login(stage.user)
    session = visit.cookies[settings.SESSION_COOKIE_NAME]

    problems = _look(page, outside)
    context.add_cookies([{"name": session.key, "value": session.value, "url": site}])
    problems += _look(page, pages)

    context.close()
    assert not problems, "\n".join(problems)


def _look(page: Page, pages: dict[str, str]) -> list[str]:
    problems = []
    for name, path in pages.items():
        if path.endswith("/print/"):
            continue  # a document is in its recipient's language
        page.goto(path)
        if CLOSE not in page.content():
            problems.append(f"{name}: is not in the language")
        problems += [f"{name}: {text} sticks out" for text in page.evaluate(OUT_OF_SIGHT)]
        beyond = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if beyond > 0:
            problems.append(f"{name}: scrolls sideways by {beyond}px")
    return problems
