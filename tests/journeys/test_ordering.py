"""A stranger orders for a new domain, pays, and has email hosting: over the wire, to the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from billing.models import Invoice, Order, Product, Service
from clients.models import Client
from provisioning.models import MailDomain
from tests import makers
from tests.billing_makers import make_priced_product
from tests.journeys.house import House, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.enable_socket]
DOMAIN = "hopper.example"
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
def product(home: House) -> Product:
    """What is for sale: three Basic mailboxes, and as many Enhanced ones as are bought."""
    return make_priced_product(
        "10.00",
        name="Business Mail",
        server=home.make_server(),
        options={"enhanced_mailboxes": "2.50"},
        basic_mailboxes=3,
    )


@pytest.fixture
def page(browser: Browser, home: House) -> Iterator[Page]:
    """The browser of somebody who has never been here."""
    context = browser.new_context(
        base_url=home.parts.web_url, viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def sign_up(page: Page) -> None:
    for label, text in (
        ("First name", "Grace"),
        ("Last name", "Hopper"),
        ("Email address", "grace@people.test"),
        ("Street and number", "Main Street 1"),
        ("City", "Arlington"),
    ):
        page.get_by_label(label).fill(text)
    page.get_by_label("Password", exact=True).fill(makers.PASSWORD)
    page.get_by_label("Country").select_option("US")
    page.get_by_role("button", name="Make my account").click()


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("product")
def test_a_new_visitor_orders_pays_and_has_email_hosting(home: House, page: Page) -> None:
    page.goto("/order/")
    page.get_by_role("link", name="Order Business Mail").click()
    page.get_by_label("Your domain").fill(DOMAIN)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Enhanced mailboxes").fill("2")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Continue").click()
    sign_up(page)
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_text("The next step is your payment")).to_be_visible()
    order, invoice = Order.objects.get(), Invoice.objects.get()
    before = home.at_vendor(DOMAIN)

    home.manage("payment", str(invoice.number), "15.00", "TX-1")
    wait_until(lambda: home.at_vendor(DOMAIN), "the vendor has the domain")
    wait_until(
        lambda: Service.objects.filter(status=Service.Status.ACTIVE).exists(),
        "the service is active",
    )
    page.get_by_role("link", name="Go to the service").click()

    expect(page.get_by_text("Not verified").first).to_be_visible()
    service = Service.objects.get()
    order.refresh_from_db()
    assert before is None
    assert order.status == Order.Status.ACTIVE
    assert service.client == Client.objects.get(email="grace@people.test")
    assert service.mail_domain.status == MailDomain.Status.UNVERIFIED
    assert service.mail_domain.enhanced_mailboxes == 2
    assert home.done_by_vendor("addDomain") == 1
    assert Invoice.objects.get().status == Invoice.Status.PAID
