"""Ordering as a person does it: accessible and fitting at each step, with scripts and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from billing.models import BillingSettings, Order, ProductGroup
from billing.pricing.cycles import Cycle
from provisioning.sandbox import Sandbox
from tests.billing_makers import make_option, make_price, make_priced_product
from tests.browser.conftest import enter
from tests.browser.looks import look, window
from tests.browser.stage import Stage
from tests.makers import PASSWORD

# Many pages, each looked at in every theme and width.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture
def shelves(stage: Stage) -> None:
    """Two groups with two products each; one has an option of every kind."""
    server = stage.service.mail_domain.server
    settings = BillingSettings.current()
    settings.payment_instructions = "Northwind Mail Ltd\nIBAN GB00 NWND 0000 0000 0000 00"
    settings.save()
    for position, group_name in enumerate(("Email hosting", "For larger teams")):
        group = ProductGroup.objects.create(
            name=group_name, slug=f"group-{position}", tagline="With webmail", position=position
        )
        for number, name in enumerate(("Starter", "Professional")):
            product = make_priced_product(
                f"{10 + 5 * number}.00",
                name=f"{name} {position + 1}",
                group=group,
                server=server,
                position=number,
                setup_fee="5.00" if number else "0",
                tagline="Five mailboxes and room to grow",
                description="Calendars, contacts and webmail.",
            )
            make_price(product, f"{100 + 50 * number}.00", cycle=Cycle.ANNUALLY)
            if name == "Professional":
                make_option(product, "enhanced_mailboxes", "2.50", kind="quantity", maximum=50)
                make_option(product, "backup", "3.00", kind="yesno")
                make_option(
                    product, "support", values={"By email": "0", "By phone": "9"}, kind="radio"
                )
                make_option(product, "region", values={"Europe": "0", "Asia": "1"}, kind="dropdown")


def choose_a_domain(page: Page, domain: str) -> None:
    page.goto("/order/")
    page.get_by_role("link", name="Order Professional 1").click()
    page.get_by_label("Your domain").fill(domain)
    page.get_by_role("button", name="Continue").click()


def sign_up(page: Page) -> None:
    for label, text in (
        ("First name", "Grace"),
        ("Last name", "Hopper"),
        ("Email address", "grace@people.test"),
        ("Street and number", "Main Street 1"),
        ("City", "Arlington"),
    ):
        page.get_by_label(label).fill(text)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Country").select_option("US")
    page.get_by_role("button", name="Make my account").click()


@pytest.mark.usefixtures("shelves")
def test_every_step_of_an_order_is_accessible_and_fits_the_screen(
    browser: Browser, site: str
) -> None:
    with window(browser, site) as context:
        page = context.new_page()
        page.goto("/order/")
        problems = look(page, "order-new")
        page.get_by_role("link", name="Order Professional 1").click()
        page.get_by_label("Your domain").fill("co.uk")
        page.get_by_role("button", name="Continue").click()
        problems += look(page, "order-domain-refused")
        choose_a_domain(page, "a-rather-long-name-for-a-small-company.example")
        problems += look(page, "order-options")
        page.get_by_label("Enhanced mailboxes").fill("51")
        page.get_by_role("button", name="Continue").click()
        problems += look(page, "order-options-refused")
        page.get_by_label("Enhanced mailboxes").fill("4")
        page.get_by_role("button", name="Continue").click()
        problems += look(page, "order-review-visitor")
        page.get_by_role("link", name="Continue").click()
        page.get_by_role("button", name="Make my account").click()
        problems += look(page, "order-account-refused")
        sign_up(page)
        page.get_by_role("button", name="Place order").click()
        problems += look(page, "order-review-terms")
        page.get_by_label("I accept the terms").check()
        page.get_by_role("button", name="Place order").click()
        problems += look(page, "order-placed")
        page.get_by_role("link", name="Go to the service").click()
        problems += look(page, "service-ordered")
        page.goto("/orders/")
        problems += look(page, "orders")
        page.goto("/orders/?search=nothing")
        problems += look(page, "orders-none")

    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("way", ["scripts", "no scripts"])
@pytest.mark.usefixtures("shelves")
def test_a_client_orders_for_another_domain(
    browser: Browser, stage: Stage, site: str, vendor: Sandbox, way: str
) -> None:
    context = browser.new_context(base_url=site, java_script_enabled=way == "scripts")
    context.set_default_timeout(10_000)
    enter(context, site, stage.user)
    page = context.new_page()

    choose_a_domain(page, "second.example")
    page.get_by_label("Enhanced mailboxes").fill("4")
    if way == "no scripts":
        page.get_by_role("button", name="Work out the price").click()
    expect(page.locator("#order-sum .due")).to_contain_text("36.00")
    page.get_by_label("Annually").check()
    if way == "no scripts":
        page.get_by_role("button", name="Work out the price").click()
    expect(page.locator("#order-sum .due")).to_contain_text("180.00")
    page.get_by_label("Monthly").check()
    if way == "no scripts":
        page.get_by_role("button", name="Work out the price").click()
    page.get_by_label("Enhanced mailboxes").fill("4")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("I accept the terms").check()
    page.get_by_role("button", name="Place order").click()

    expect(page.get_by_text("The next step is your payment")).to_be_visible()
    order = Order.objects.get()
    assert (order.domain, order.client) == ("second.example", stage.service.client)
    assert "second.example" not in vendor.domains()
    page.go_back()
    expect(page.get_by_text("Your order is empty").first).to_be_visible()
    assert Order.objects.count() == 1
    context.close()
