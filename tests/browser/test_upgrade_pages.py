"""Changing a plan and a mailbox's type as a person does, on a day in January 2026."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from playwright.sync_api import Browser, Page, expect

from billing.models import Invoice, Service, TaxRule
from billing.operations import credit
from clients.actors import Actor
from clients.models import User
from provisioning.models import Mailbox
from provisioning.sandbox import Sandbox
from tests.billing_makers import make_billed_service, make_priced_product
from tests.browser.conftest import enter
from tests.browser.looks import look, window
from tests.makers import make_client, make_mailbox, make_user

# Many pages, each looked at in every theme and width.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
DUE = date(2026, 2, 10)
WAYS = pytest.mark.parametrize("way", ["scripts", "no scripts"])


@pytest.fixture(autouse=True)
def _in_january() -> Iterator[None]:
    """Let the server's clock go on from noon of 20 January; the browser's own is left alone."""
    with time_machine.travel(datetime(2026, 1, 20, 12, tzinfo=UTC), tick=True):
        yield


@pytest.fixture
def user(site: str, socket_enabled: None) -> User:  # noqa: ARG001
    return make_user(email="ada@people.test", first_name="Ada", last_name="Keller")


@pytest.fixture
def service(user: User, vendor: Sandbox) -> Service:
    """Two Basic mailboxes at 1.50 and one Enhanced at 3.00, all in use; paid from 10 January on."""
    product = make_priced_product(
        "5.00",
        name="Business Mail",
        options={"basic_mailboxes": "1.50", "enhanced_mailboxes": "3.00"},
    )
    larger = make_priced_product("25.00", name="Bundle 15", server=product.server)
    product.upgrades_to.add(larger)
    service = make_billed_service(
        client=make_client(owner=user),
        product=product,
        choices={"basic_mailboxes": 2, "enhanced_mailboxes": 1},
        next_due=DUE,
        domain="acme.test",
        vendor=vendor,
    )
    for name, kind in (("anna", Mailbox.Type.BASIC), ("ben", Mailbox.Type.BASIC), ("eve", 2)):
        make_mailbox(service, name, account_type=kind, vendor=vendor)
    return service


@pytest.fixture
def page(browser: Browser, site: str, user: User, way: str) -> Iterator[Page]:
    context = browser.new_context(base_url=site, java_script_enabled=way == "scripts")
    context.set_default_timeout(10_000)
    enter(context, site, user)
    yield context.new_page()
    context.close()


@WAYS
def test_a_mailbox_becomes_enhanced_for_what_the_days_left_cost(
    page: Page, service: Service, way: str
) -> None:
    page.goto(f"/services/{service.pk}/accounts/")
    anna = Mailbox.objects.get(local_part="anna")
    page.goto(f"/services/{service.pk}/accounts/{anna.pk}/")
    page.get_by_label("Type").select_option(label="Enhanced (all 1 in use)")
    if way == "no scripts":
        page.get_by_role("button", name="Save").click()
    box = page.locator("#type-price")
    expect(box.get_by_text("2.03")).to_be_visible()
    expect(box.get_by_text("1.02")).to_be_visible()
    expect(box.locator(".due")).to_contain_text("1.01")
    assert not Invoice.objects.exists()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("anna@acme.test is saved")).to_be_visible()
    assert Mailbox.objects.get(local_part="anna").account_type == Mailbox.Type.ENHANCED
    assert Invoice.objects.get().total == Decimal("1.01")


@WAYS
def test_options_are_adjusted_looked_at_and_confirmed(
    page: Page, service: Service, way: str
) -> None:
    credit.add_credit(
        client=service.client, amount=Decimal(20), description="Hello", actor=Actor.system("test")
    )

    page.goto(f"/services/{service.pk}/")
    page.get_by_role("link", name="Upgrade/Downgrade Options").first.click()
    # What is typed before the scripts are there is priced by Continue alone.
    page.wait_for_url("**/upgrade-options/**", wait_until="load")
    page.get_by_label("Enhanced mailboxes").fill("5")
    if way == "scripts":
        expect(page.locator("#change-sum").get_by_text("8.13").first).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Confirm the change")).to_be_visible()
    expect(page.get_by_text("21 of 31 days")).to_be_visible()
    expect(page.locator(".due")).to_contain_text("0.00")
    page.get_by_role("button", name="Confirm").click()

    expect(page.get_by_text("acme.test is")).to_be_visible()
    fresh = Service.objects.with_domain().get(pk=service.pk)
    assert Invoice.objects.get().total == Decimal("8.13")
    assert fresh.mail_domain.enhanced_mailboxes == 5
    assert fresh.recurring_amount == 23


def test_every_step_of_a_change_is_accessible_and_fits_the_screen(
    browser: Browser, site: str, user: User, service: Service
) -> None:
    TaxRule.objects.create(name="VAT", percent=20)
    anna = Mailbox.objects.get(local_part="anna")
    with window(browser, site) as context:
        enter(context, site, user)
        page = context.new_page()
        page.goto(f"{site}/services/{service.pk}/upgrade/")
        problems = look(page, "upgrade")
        page.goto(f"{site}/services/{service.pk}/upgrade-options/")
        problems += look(page, "upgrade-options")
        page.get_by_label("Enhanced mailboxes").fill("0")
        page.get_by_role("button", name="Continue").click()
        problems += look(page, "upgrade-below-use")
        page.get_by_label("Enhanced mailboxes").fill("5")
        page.get_by_role("button", name="Continue").click()
        problems += look(page, "upgrade-review")
        page.get_by_role("button", name="Confirm").click()
        page.goto(f"{site}/services/{service.pk}/upgrade/")
        problems += look(page, "upgrade-waiting")
        page.get_by_role("button", name="Withdraw the change").click()
        page.goto(f"{site}/services/{service.pk}/accounts/{anna.pk}/")
        page.get_by_label("Type").select_option(index=1)
        expect(page.locator("#type-price .due")).to_be_visible()
        problems += look(page, "manage-price")

    assert not problems, "\n".join(problems)
