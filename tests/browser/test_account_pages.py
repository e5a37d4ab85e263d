"""The account frame's pages in two themes and three widths: accessible, and no wider than that."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page

from clients.models import Invitation
from tests.browser.account_states import set_account_states
from tests.browser.conftest import log_in
from tests.browser.stage import Stage
from tests.browser.test_every_page import WIDTHS, Theme, walk
from tests.makers import PASSWORD

pytestmark = pytest.mark.browser


def prove(page: Page) -> None:
    page.goto(reverse("account_reauthenticate"))
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_account_page_is_accessible_and_fits_the_screen(
    browser: Browser, stage: Stage, site: str, theme: Theme, width: int
) -> None:
    states = set_account_states(stage.user, stage.service.client)
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme=theme, base_url=site
    )
    page, look = context.new_page(), f"{theme}-{width}"
    outside = {
        "invitation": _invitation(stage),
        "invitation-ended": reverse("clientarea:invitation", args=["made-up"]),
        "confirm-ended": reverse("account_confirm_email", args=["made-up"]),
    }

    problems = walk(page, outside, look)
    log_in(page, site, stage.user)
    problems += walk(page, {"invitation-other": outside["invitation"]}, look)
    problems += walk(page, states.pages, look)
    prove(page)
    problems += walk(page, states.protected_pages, look)
    problems += walk(page, states.pages_with_second_factors(stage.user), look)
    page.goto("/")
    page.locator(".account > summary").click()
    problems += walk(page, {"menu-open": ""}, look)

    context.close()
    assert not problems, "\n".join(problems)


def _invitation(stage: Stage) -> str:
    Invitation.objects.create(
        client=stage.service.client,
        email="known@people.test",
        permissions=["products", "managemailboxes", "mailboxsso"],
        token_hash=hashlib.sha256(b"well-known").hexdigest(),
        invited_by=stage.user,
        expires_at=timezone.now() + timedelta(days=5),
        sent_at=timezone.now(),
    )
    return reverse("clientarea:invitation", args=["well-known"])
