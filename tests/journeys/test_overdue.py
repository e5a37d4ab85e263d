"""What is not paid is suspended by the cron, and works again with the payment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import global_settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from billing.models import Invoice, Service
from billing.operations import credit
from clients.actors import Actor
from clients.models import User
from provisioning.models import MailDomain, ModuleJob
from tests import makers
from tests import vendor as stand_in
from tests.billing.automation.days import has_run_daily
from tests.billing.documents import hosting, issue
from tests.billing_makers import make_billed_service, make_priced_product
from tests.browser.conftest import log_in
from tests.journeys.house import House, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.enable_socket]
DOMAIN = "acme.test"
PATIENCE_MS = 30_000


@pytest.fixture
def home(home: House) -> House:
    """All of it, as it runs in an installation."""
    home.start_broker()
    home.start_vendor()
    home.start_worker()
    home.start_web()
    return home


@pytest.fixture
def owner(settings: Settings, home: House) -> User:  # noqa: ARG001
    """A customer whose password the web's own settings can check."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    return makers.make_user(email="ada@people.test")


@pytest.fixture
def service(home: House, owner: User) -> Service:
    """A service with a period that should have been paid ten days ago."""
    due = timezone.localdate() - timedelta(days=10)
    service = make_billed_service(
        client=makers.make_client(owner=owner),
        product=make_priced_product(server=home.make_server()),
        domain=DOMAIN,
        next_due=due,
    )
    issue(service.client, hosting(service, start=due), due=due)
    Service.objects.update(next_invoice_date=due + timedelta(days=30))
    home.control("state", {"domains": [{"domain": DOMAIN, "reseller": stand_in.USERNAME}]})
    has_run_daily(timezone.localdate() - timedelta(days=1))
    return service


@pytest.fixture
def page(browser: Browser, home: House, service: Service, owner: User) -> Iterator[Page]:  # noqa: ARG001
    """Logged in as the customer."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    log_in(page, home.parts.web_url, owner)
    yield page
    context.close()


def comes_to(service: Service, status: str, mail_status: str) -> None:
    def found() -> bool:
        rows = Service.objects.filter(pk=service.pk, status=status)
        return rows.filter(mail_domain__status=mail_status).exists()

    wait_until(found, f"the service is {status}, its domain {mail_status}")


def is_on(home: House) -> bool:
    domain = home.at_vendor(DOMAIN)
    assert domain is not None
    return str(domain["active"]) in {"1", "True"}


@pytest.mark.timeout(180)
def test_overdue_is_suspended_and_the_payment_lifts_it(
    home: House, service: Service, page: Page
) -> None:
    said = home.manage("cron")
    comes_to(service, Service.Status.SUSPENDED, MailDomain.Status.SUSPENDED)
    off = not is_on(home)
    page.reload()
    page.get_by_role("link", name=DOMAIN).first.click()
    expect(page.get_by_text("Overdue on payment").first).to_be_visible()

    credit.add_credit(
        client=service.client,
        amount=Decimal(50),
        description="Bank transfer",
        actor=Actor.system("test"),
    )
    page.get_by_role("link", name="Pay Invoice").first.click()
    page.get_by_role("button", name="Use credit").click()
    comes_to(service, Service.Status.ACTIVE, MailDomain.Status.ACTIVE)
    again = home.manage("cron")
    page.get_by_role("link", name="My Services").first.click()
    page.get_by_role("link", name=DOMAIN).first.click()

    expect(page.get_by_text("Overdue on payment")).to_have_count(0)
    assert "suspend_overdue" in said
    assert "suspend_overdue" not in again
    assert off
    assert is_on(home)
    assert Invoice.objects.get().status == "paid"
    actions = ModuleJob.objects.order_by("pk").values_list("action", "status")
    assert list(actions) == [("suspend", "succeeded"), ("unsuspend", "succeeded")]
