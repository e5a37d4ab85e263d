"""The end of a service as a person goes through it: accessible, fitting, and taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from billing.models import Closing, Service
from billing.operations import currencies
from provisioning.sandbox import Sandbox
from tests.browser.conftest import enter
from tests.browser.looks import look, window
from tests.browser.stage import Stage
from tests.makers import PASSWORD

# Many pages, each looked at in every theme and width.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
REASON = "We move our mail to another house, which is a pity, since nothing was wrong with it."


@pytest.fixture
def service(stage: Stage) -> Service:
    """The well-filled service, paid for three weeks more."""
    due = timezone.localdate() + timedelta(days=21)
    Service.objects.filter(pk=stage.service.pk).update(
        currency=currencies.base_currency(),
        cycle="monthly",
        anchor_day=due.day,
        next_due_date=due,
        next_invoice_date=due,
    )
    return Service.objects.get(pk=stage.service.pk)


def ask_for_the_end(page: Page, stage: Stage, when: str) -> None:
    page.goto(stage.path("cancellation"))
    page.get_by_label("Why do you want to cancel?").fill(REASON)
    page.get_by_label(when).check()
    page.get_by_role("button", name="Request Cancellation").click()


@pytest.mark.usefixtures("service")
def test_every_step_of_an_ending_is_accessible_and_fits_the_screen(
    browser: Browser, stage: Stage, site: str
) -> None:
    with window(browser, site) as context:
        page = context.new_page()
        enter(context, site, stage.user)
        page.goto(stage.path("cancellation"))
        problems = look(page, "cancellation")
        page.get_by_role("button", name="Request Cancellation").click()
        problems += look(page, "cancellation-refused")
        ask_for_the_end(page, stage, "At the end of the billing period")
        problems += look(page, "cancellation-requested")
        page.goto(stage.path("service"))
        problems += look(page, "service-cancelled")
        page.get_by_role("button", name="Withdraw cancellation").click()
        ask_for_the_end(page, stage, "Immediately")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
        problems += look(page, "cancellation-now")
        page.get_by_label("Type acme.test to confirm").fill("acme.test")
        page.get_by_role("button", name="End the service now").click()
        page.goto(stage.path("service"))
        problems += look(page, "service-closed")
        page.goto(stage.path("mailboxes"))
        problems += look(page, "accounts-closed")
        page.goto(f"{site}/services/?status=closing")
        problems += look(page, "services-closed")
        page.goto(stage.path("service-restore"))
        problems += look(page, "restore")

    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("way", ["scripts", "no scripts"])
@pytest.mark.usefixtures("service")
def test_a_service_that_was_ended_now_is_restored_with_all_its_mailboxes(
    browser: Browser, stage: Stage, site: str, vendor: Sandbox, way: str
) -> None:
    before = set(vendor.mailboxes("acme.test"))
    context = browser.new_context(base_url=site, java_script_enabled=way == "scripts")
    context.set_default_timeout(10_000)
    enter(context, site, stage.user)
    page = context.new_page()

    ask_for_the_end(page, stage, "Immediately")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Type acme.test to confirm").fill("acme.test")
    page.get_by_role("button", name="End the service now").click()
    page.goto(stage.path("service"))
    expect(page.get_by_text("Closed, recoverable until")).to_be_visible()
    off = vendor.domains()["acme.test"]["active"]
    page.get_by_role("link", name="Restore", exact=True).click()
    page.get_by_role("button", name="Restore service").click()
    page.goto(stage.path("mailboxes"))

    expect(page.get_by_text("anna@acme.test").first).to_be_visible()
    assert str(off) in {"0", "False"}
    assert str(vendor.domains()["acme.test"]["active"]) in {"1", "True"}
    assert set(vendor.mailboxes("acme.test")) == before
    assert Closing.objects.get().status == Closing.Status.RESTORED
    context.close()
