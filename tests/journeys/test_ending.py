"""A service is ended and brought back, over the wire, with the browser between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import global_settings
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from billing.models import Closing, Service
from clients.models import Activity, User
from provisioning.models import ClosingSnapshot, MailDomain
from tests import makers
from tests import vendor as stand_in
from tests.browser.conftest import log_in
from tests.journeys.house import House, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.enable_socket]
DOMAIN = "acme.test"
NAMES = ("anna", "ben", "carla")
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
    """A service with three mailboxes, here and at the vendor."""
    service = makers.make_service(
        client=makers.make_client(owner=owner),
        product=makers.make_product(server=home.make_server()),
        domain=DOMAIN,
    )
    for name in NAMES:
        makers.make_mailbox(service, name)
    domain = {"domain": DOMAIN, "reseller": stand_in.USERNAME}
    mailboxes = [{"domain": DOMAIN, "username": name} for name in NAMES]
    home.control("state", {"domains": [domain], "mailboxes": mailboxes})
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
def test_cancelled_now_and_restored_a_service_works_as_before(
    home: House, service: Service, page: Page
) -> None:
    page.get_by_role("link", name=DOMAIN).first.click()
    page.get_by_role("link", name="Request Cancellation").first.click()
    page.get_by_label("Why do you want to cancel?").fill("We move to another house")
    page.get_by_label("Immediately").check()
    page.get_by_role("button", name="Request Cancellation").click()
    page.get_by_label("Password").fill(makers.PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label(f"Type {DOMAIN} to confirm").fill(DOMAIN)
    page.get_by_role("button", name="End the service now").click()
    comes_to(service, Service.Status.CLOSING, MailDomain.Status.CLOSING)
    off = not is_on(home)
    page.reload()
    expect(page.get_by_text("Closed, recoverable until")).to_be_visible()

    page.get_by_role("link", name="Restore", exact=True).click()
    page.get_by_role("button", name="Restore service").click()
    comes_to(service, Service.Status.ACTIVE, MailDomain.Status.ACTIVE)
    page.reload()
    page.get_by_role("link", name="Accounts").first.click()

    for name in NAMES:
        expect(page.get_by_text(f"{name}@{DOMAIN}").first).to_be_visible()
    assert off
    assert is_on(home)
    assert home.done_by_vendor("removeDomain") == 0
    assert sorted(home.control("state")["domains"][DOMAIN]["mailboxes"]) == sorted(NAMES)
    assert ClosingSnapshot.objects.get().mailboxes == len(NAMES)
    assert Closing.objects.get().status == Closing.Status.RESTORED
    assert Activity.objects.filter(action="account.restore").count() == 1
