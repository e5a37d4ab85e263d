"""The main job, over the wire: a service from its order to its end, with the browser between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import global_settings
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django import Settings

from billing.models import Product, Service
from clients.models import Activity, Client, User
from provisioning.models import MailDomain, ModuleJob, Server
from tests import makers
from tests.browser.conftest import log_in
from tests.journeys.house import House, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.enable_socket]
DOMAIN = "acme.test"
ADDRESS = f"anna@{DOMAIN}"
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
def client(owner: User) -> Client:
    return makers.make_client(owner=owner)


@pytest.fixture
def product(home: House) -> Product:
    return makers.make_product(
        server=home.make_server(), name="Small Mail", basic_mailboxes=2, enhanced_mailboxes=0
    )


@pytest.fixture
def page(browser: Browser, home: House, owner: User) -> Iterator[Page]:
    """Logged in as the customer."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    log_in(page, home.parts.web_url, owner)
    yield page
    context.close()


def service_in(status: str, mail_status: str) -> Service:
    """Wait until the service and its domain have got there."""

    def found() -> Service | None:
        services = Service.objects.with_domain().filter(mail_domain__domain=DOMAIN)
        return services.filter(status=status, mail_domain__status=mail_status).first()

    service: Service = wait_until(found, f"the service is {status}, its domain {mail_status}")
    return service


def held(home: House) -> dict[str, Any]:
    """Return what the vendor holds of the domain, which has to be there."""
    domain = home.at_vendor(DOMAIN)
    assert domain is not None
    return domain


def publish(home: House, page: Page) -> None:
    """Do at the DNS provider what the card says."""
    host = page.locator("#record-host").inner_text()
    value = page.locator("#record-value").inner_text()
    name = DOMAIN if host in {"@", DOMAIN} else f"{host}.{DOMAIN}"
    home.control("dns", {"name": name, "type": "TXT", "value": value})


def row_of(page: Page) -> Locator:
    return page.get_by_role("row", name=ADDRESS)


def opened_by(page: Page, button: Locator) -> Page:
    """Press a button that opens a tab; return the tab."""
    with page.context.expect_page() as opening:
        button.click()
    return opening.value


@pytest.mark.timeout(180)
@pytest.mark.parametrize("lost_answers", [(), ("addDomain", "addUser")], ids=["calm", "dropped"])
def test_a_service_lives_from_order_to_termination(
    home: House, client: Client, product: Product, page: Page, lost_answers: tuple[str, ...]
) -> None:
    for action in lost_answers:
        home.break_once(action)

    order(home, client, product)
    verify(home, page)
    add_a_mailbox(home, page)
    open_it(home, page)
    suspend_and_unsuspend(home, page)
    change_the_product(home, page, product.server)
    terminate(home, page)

    assert [fault["action"] for fault in home.control("faults")["faults"]] == []
    once = ("addDomain", "addUser", "removeDomain")
    assert [home.done_by_vendor(action) for action in once] == [1, 1, 1]
    recorded = Activity.objects.filter(action__in=["account.create", "mailbox.added"])
    assert sorted(recorded.values_list("action", flat=True)) == ["account.create", "mailbox.added"]


def order(home: House, client: Client, product: Product) -> None:
    """Staff place the service; a worker creates it at the vendor."""
    home.manage("place_service", DOMAIN, "--client", client.email, "--product", product.name)

    service_in(Service.Status.ACTIVE, MailDomain.Status.UNVERIFIED)
    assert list(home.control("state")["domains"]) == [DOMAIN]
    assert not held(home)["verified"]


def verify(home: House, page: Page) -> None:
    """The customer publishes the record of the card and presses Recheck."""
    page.reload()
    page.get_by_role("link", name=DOMAIN).first.click()
    page.get_by_role("button", name="Recheck").click()
    expect(page.locator("#toasts")).to_contain_text("has not been seen yet")
    publish(home, page)
    # A domain is not asked about more than once in ten seconds, however often somebody clicks.
    page.wait_for_timeout(10_500)
    page.get_by_role("button", name="Recheck").click()

    expect(page.locator("#toasts")).to_contain_text(f"{DOMAIN} is verified")
    service_in(Service.Status.ACTIVE, MailDomain.Status.ACTIVE)
    assert held(home)["verified"]


def add_a_mailbox(home: House, page: Page) -> None:
    """In the browser; where the answer was lost, the list finds out by itself."""
    page.get_by_role("link", name="Accounts").first.click()
    page.get_by_role("link", name="Add Mailbox").first.click()
    page.get_by_label("User name").fill("anna")
    page.get_by_role("button", name="Save").click()

    expect(row_of(page).locator(".c-status")).to_have_text("Active", timeout=PATIENCE_MS)
    assert list(held(home)["mailboxes"]) == ["anna"]


def open_it(home: House, page: Page) -> None:
    """Webmail and control panel open in tabs of their own, logged in."""
    webmail = opened_by(page, page.get_by_role("button", name=f"Webmail {ADDRESS}"))
    expect(webmail.get_by_role("heading", name=f"Mailbox open: {ADDRESS}")).to_be_visible()
    row_of(page).locator("summary").click()
    panel = opened_by(page, page.get_by_role("button", name="Control Panel"))
    expect(panel.get_by_role("heading", name=f"Mailbox open: {ADDRESS}")).to_be_visible()

    for tab in (webmail, panel):
        assert tab.url.startswith(home.parts.vendor_url)
        assert "?" not in tab.url
        tab.close()


def suspend_and_unsuspend(home: House, page: Page) -> None:
    """Staff switch the service off, and on again; the mailbox is still there."""
    home.manage("service", "suspend", DOMAIN, "--reason", "Overdue on Payment")
    service_in(Service.Status.SUSPENDED, MailDomain.Status.SUSPENDED)
    assert not held(home)["active"]
    page.reload()
    expect(page.get_by_text("Reason: Overdue on Payment")).to_be_visible()
    expect(page.get_by_role("link", name="Add Mailbox")).to_have_count(0)

    home.manage("service", "unsuspend", DOMAIN)
    service_in(Service.Status.ACTIVE, MailDomain.Status.ACTIVE)
    assert held(home)["active"]
    assert list(held(home)["mailboxes"]) == ["anna"]


def change_the_product(home: House, page: Page, server: Server) -> None:
    """A product with less than what is in use is refused, a larger one is given."""
    makers.make_product(server=server, name="No Mail", basic_mailboxes=0)
    makers.make_product(server=server, name="Large Mail", basic_mailboxes=50)
    home.manage("service", "change", DOMAIN, "--product", "No Mail")
    failed = ModuleJob.objects.filter(status=ModuleJob.Status.FAILED)
    refused: ModuleJob = wait_until(failed.first, "the change is refused")
    assert "1 Basic mailboxes, allowed 0" in refused.message

    home.manage("service", "change", DOMAIN, "--product", "Large Mail")
    large = Service.objects.filter(product__name="Large Mail")
    wait_until(large.first, "the product is changed")
    page.reload()
    expect(page.get_by_text("of 50").first).to_be_visible()
    assert list(held(home)["mailboxes"]) == ["anna"]


def terminate(home: House, page: Page) -> None:
    """Staff end it: nothing is left at the vendor, and the customer is told."""
    home.manage("service", "terminate", DOMAIN, "--confirm", DOMAIN)

    service = service_in(Service.Status.TERMINATED, MailDomain.Status.TERMINATED)
    assert home.at_vendor(DOMAIN) is None
    assert not service.mail_domain.mailboxes.live().exists()
    page.reload()
    expect(page.get_by_text("This service has ended")).to_be_visible()
