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
from tests.browser.conftest import enter
from tests.browser.looks import look, walk, window
from tests.browser.stage import Stage
from tests.makers import PASSWORD

# Many pages, each looked at in every theme and width.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def prove(page: Page) -> None:
    page.goto(reverse("account_reauthenticate"))
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/")


def test_every_account_page_is_accessible_and_fits_the_screen(
    browser: Browser, stage: Stage, site: str
) -> None:
    states = set_account_states(stage.user, stage.service.client)
    outside = {
        "invitation": _invitation(stage),
        "invitation-ended": reverse("clientarea:invitation", args=["made-up"]),
        "confirm-ended": reverse("account_confirm_email", args=["made-up"]),
    }

    with window(browser, site) as context:
        page = context.new_page()
        problems = walk(page, outside)
        enter(context, site, stage.user)
        problems += walk(page, {"invitation-other": outside["invitation"]})
        problems += walk(page, states.pages)

    assert not problems, "\n".join(problems)


def test_every_page_behind_the_password_is_accessible_and_fits_the_screen(
    browser: Browser, stage: Stage, site: str
) -> None:
    states = set_account_states(stage.user, stage.service.client)

    with window(browser, site) as context:
        page = context.new_page()
        enter(context, site, stage.user)
        prove(page)
        problems = walk(page, states.protected_pages)
        problems += walk(page, states.pages_with_second_factors(stage.user))
        page.goto("/")
        page.locator(".account > summary").click()
        problems += look(page, "menu-open")

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
