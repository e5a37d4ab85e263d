"""Another type for one mailbox: its price in the dialog, and charged only if it is in effect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from billing.models import CreditNote, Invoice, Product, Quote, Service, TaxRule, Upgrade
from clientarea.visits import SEEN_AT
from clients.models import Client, Permission, User
from provisioning import tasks
from provisioning.models import Mailbox
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.automation.days import configure, cron
from tests.billing.documents import credit_of, pay
from tests.billing_makers import make_billed_service, make_priced_product
from tests.clientarea.addresses import at, of

pytestmark = pytest.mark.django_db

Run = Callable[[], None]
TODAY, DUE = date(2026, 1, 20), date(2026, 2, 10)
BASIC, ENHANCED = Mailbox.Type.BASIC, Mailbox.Type.ENHANCED
HELD = {"basic_mailboxes": 2, "enhanced_mailboxes": 1}
SWAPPED = {"basic_mailboxes": 1, "enhanced_mailboxes": 2}


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 1, 20, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def client(owner: User) -> Client:
    return makers.make_client(owner=owner)


@pytest.fixture
def service(client: Client, vendor: Sandbox) -> Service:
    """Two Basic mailboxes at 1.50 and one Enhanced at 3.00, paid from 10 January on; all in use."""
    product = make_priced_product(
        "0.00",
        options={"basic_mailboxes": "1.50", "enhanced_mailboxes": "3.00"},
        quota_pool_gb=100,
    )
    service = make_billed_service(
        client=client,
        product=product,
        choices=HELD,
        next_due=DUE,
        domain="acme.test",
        vendor=vendor,
    )
    makers.make_mailbox(service, "ben", vendor=vendor)
    makers.make_mailbox(service, "eve", vendor=vendor, account_type=ENHANCED)
    return service


@pytest.fixture
def anna(service: Service, vendor: Sandbox) -> Mailbox:
    return makers.make_mailbox(service, "anna", vendor=vendor)


@pytest.fixture
def visitor(owner: User, service: Service) -> Browser:  # noqa: ARG001
    return logged_in(owner)


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    session = browser.session
    session[SEEN_AT] = int(datetime.now(tz=UTC).timestamp())
    session.save()
    return browser


def text(response: Any) -> str:
    html = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(html.split())


def box(browser: Browser, service: Service, mailbox: Mailbox, kind: int = ENHANCED) -> Any:
    """Choose a type in the dialog; return the box with its price."""
    return browser.get(of("price", service, mailbox), {"account_type": kind})


def save(
    browser: Browser, service: Service, mailbox: Mailbox, kind: int = ENHANCED, **more: str
) -> Any:
    values = {"account_type": str(kind), "quota_gb": "5", "display_name": "", "password": ""}
    return browser.post(of("manage", service, mailbox), values | more, follow=True)


def agree(browser: Browser, service: Service, mailbox: Mailbox, kind: int = ENHANCED) -> Any:
    """Look at the price and save."""
    box(browser, service, mailbox, kind)
    return save(browser, service, mailbox, kind, quote=newest_quote())


def newest_quote() -> str:
    return str(Quote.objects.get(confirmed_at=None).pk)


def units(service: Service) -> dict[str, int]:
    return dict(service.selections.exclude(option=None).values_list("key", "quantity"))


def type_of(mailbox: Mailbox) -> int:
    return Mailbox.objects.get(pk=mailbox.pk).account_type


def set_product(service: Service, **fields: Any) -> None:
    Product.objects.filter(pk=service.product_id).update(**fields)


def test_the_price_is_shown_before_anything_is_saved(
    visitor: Browser, service: Service, anna: Mailbox
) -> None:
    page = text(box(visitor, service, anna))

    assert "2.03 USD" in page
    assert "1.02 USD" in page
    assert "Due today 1.01 USD" in page
    assert "Next, on 10 February 2026 7.50 USD" in page
    assert "Saving changes the type at once, and you get an invoice." in page
    assert type_of(anna) == BASIC
    assert not Invoice.objects.exists()


def test_saved_the_type_is_changed_and_charged_line_by_line(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    page = text(agree(visitor, service, anna))

    invoice = Invoice.objects.get()
    domain = Service.objects.get(pk=service.pk).mail_domain
    assert vendor.mailboxes("acme.test")["anna"]["account_type"] == ENHANCED
    assert type_of(anna) == ENHANCED
    assert sorted(item.amount for item in invoice.items.all()) == [
        Decimal("-1.02"),
        Decimal("2.03"),
    ]
    assert (invoice.total, invoice.status) == (Decimal("1.01"), "unpaid")
    assert units(service) == SWAPPED
    assert (domain.basic_mailboxes, domain.enhanced_mailboxes) == (1, 2)
    assert Service.objects.get(pk=service.pk).recurring_amount == Decimal("7.50")
    assert f"The change of the type is on invoice {invoice.number}." in page


def test_without_a_price_agreed_to_saving_shows_it_and_changes_nothing(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    answer = save(visitor, service, anna)

    assert answer.status_code == 422
    assert "This change has a price. Look at it and save again." in text(answer)
    assert "Due today 1.01 USD" in text(answer)
    assert not vendor.calls("updateUser")

    again = save(visitor, service, anna, quote=newest_quote())

    assert again.status_code == 200
    assert type_of(anna) == ENHANCED


def test_a_price_that_has_moved_is_shown_anew(
    visitor: Browser, service: Service, anna: Mailbox
) -> None:
    box(visitor, service, anna)
    old = newest_quote()
    TaxRule.objects.create(name="VAT", percent=20)

    answer = save(visitor, service, anna, quote=old)

    assert "Something has changed in the meantime." in text(answer)
    assert "Due today 1.22 USD" in text(answer)
    assert type_of(anna) == BASIC
    assert not Upgrade.objects.exists()


def test_a_free_slot_costs_nothing(visitor: Browser, service: Service, anna: Mailbox) -> None:
    eve = service.mail_domain.mailboxes.get(local_part="eve")
    Mailbox.objects.filter(pk=eve.pk).update(status="removed")

    page = text(box(visitor, service, anna))
    save(visitor, service, anna)

    assert "No extra charge: this uses your last free mailbox of this type." in page
    assert type_of(anna) == ENHANCED
    assert units(service) == HELD
    assert not Invoice.objects.exists()
    assert not Upgrade.objects.exists()
    assert not Quote.objects.exists()


def test_included_units_stay_and_only_the_new_one_is_charged(
    visitor: Browser, service: Service, anna: Mailbox
) -> None:
    set_product(service, basic_mailboxes=2)
    service.selections.filter(key="basic_mailboxes").delete()

    agree(visitor, service, anna)

    assert Invoice.objects.get().total == Decimal("2.03")
    assert units(service) == {"enhanced_mailboxes": 2}
    assert Service.objects.get(pk=service.pk).mail_domain.basic_mailboxes == 2


@pytest.mark.parametrize("change", ["maximum", "hidden", "closed"])
def test_where_no_more_can_be_bought_the_upgrade_is_offered(
    visitor: Browser, service: Service, anna: Mailbox, change: str
) -> None:
    option = service.product.options.filter(key="enhanced_mailboxes")
    if change == "maximum":
        option.update(maximum=1)
    elif change == "hidden":
        option.update(is_hidden=True, minimum=1)
    else:
        set_product(service, has_option_changes=False)

    answer = box(visitor, service, anna)
    save(visitor, service, anna)

    assert "Your plan has no Enhanced mailbox left." in text(answer)
    assert at("upgrade-options", service) in answer.content.decode()
    assert type_of(anna) == BASIC


def test_what_the_vendor_refuses_is_not_charged(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    vendor.faults.add(action="updateUser", kind="reject")

    answer = agree(visitor, service, anna)

    assert answer.status_code == 422
    assert type_of(anna) == BASIC
    assert units(service) == HELD
    assert Upgrade.objects.get().status == "cancelled"
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("is_done", [True, False])
def test_an_unclear_outcome_is_charged_only_if_it_turns_out_to_be_in_effect(
    visitor: Browser,
    service: Service,
    anna: Mailbox,
    vendor: Sandbox,
    is_done: bool,  # noqa: FBT001
) -> None:
    vendor.faults.add(action="updateUser", kind="drop_after" if is_done else "http_502")

    agree(visitor, service, anna)

    assert Upgrade.objects.get().status == "applying"
    assert not Invoice.objects.exists()

    Mailbox.objects.filter(pk=anna.pk).update(unsettled_since=timezone.now() - timedelta(minutes=5))
    tasks.settle_mailbox(mailbox_id=anna.pk)

    assert Upgrade.objects.get().status == ("applied" if is_done else "cancelled")
    assert Invoice.objects.count() == is_done
    assert units(service) == (SWAPPED if is_done else HELD)


def test_two_that_are_under_way_at_once_are_both_counted(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    ben = service.mail_domain.mailboxes.get(local_part="ben")
    vendor.faults.add(action="updateUser", kind="drop_after")
    agree(visitor, service, anna)

    agree(visitor, service, ben)

    assert type_of(ben) == ENHANCED
    assert units(service) == SWAPPED

    Mailbox.objects.filter(pk=anna.pk).update(unsettled_since=timezone.now() - timedelta(minutes=5))
    tasks.settle_mailbox(mailbox_id=anna.pk)

    assert units(service) == {"enhanced_mailboxes": 3}
    assert Service.objects.get(pk=service.pk).mail_domain.enhanced_mailboxes == 3
    assert Invoice.objects.count() == 2


def test_less_is_credited_as_the_product_says(
    visitor: Browser, service: Service, vendor: Sandbox
) -> None:
    eve = service.mail_domain.mailboxes.get(local_part="eve")
    makers.make_mailbox(service, "carl", vendor=vendor)

    page = text(box(visitor, service, eve, BASIC))
    save(visitor, service, eve, BASIC, quote=newest_quote())

    assert "Added to your credit 1.01 USD" in page
    assert CreditNote.objects.get().total == Decimal("1.01")
    assert credit_of(service.client) == Decimal("1.01")
    assert units(service) == {"basic_mailboxes": 3}
    assert type_of(eve) == BASIC


def test_a_pool_that_would_be_too_small_is_refused_with_numbers(
    visitor: Browser, service: Service, vendor: Sandbox
) -> None:
    set_product(service, quota_pool_gb=None, basic_quota_gb=5, enhanced_quota_gb=25)
    domain = service.mail_domain
    type(domain).objects.filter(pk=domain.pk).update(quota_pool_gb=35)
    eve = domain.mailboxes.get(local_part="eve")
    makers.make_mailbox(service, "carl", vendor=vendor, quota_mb=10000)

    answer = agree(visitor, service, eve, BASIC)

    assert "would have 15 GB for all mailboxes, and they have 20 GB" in text(answer)
    assert type_of(eve) == ENHANCED
    assert not vendor.calls("updateUser")
    assert not CreditNote.objects.exists()


def test_paid_first_the_type_comes_with_the_payment(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    set_product(service, type_change_policy="pay")

    page = text(agree(visitor, service, anna))

    assert "The type is changed as soon as its invoice is paid." in page
    assert type_of(anna) == BASIC
    assert not vendor.calls("updateUser")

    pay(Invoice.objects.get())
    cron(TODAY, "--job", "settle_mailbox_types", hour=13)

    assert type_of(anna) == ENHANCED
    assert units(service) == SWAPPED
    assert Invoice.objects.count() == 1
    assert Upgrade.objects.get().status == "applied"


def test_paid_and_then_refused_it_waits_for_staff(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    set_product(service, type_change_policy="pay")
    agree(visitor, service, anna)
    vendor.faults.add(action="updateUser", kind="reject")

    pay(Invoice.objects.get())
    cron(TODAY, "--job", "settle_mailbox_types", hour=13)

    assert Upgrade.objects.get().status == "failed"
    assert units(service) == HELD
    assert credit_of(service.client) == 0


def test_with_the_next_renewal_it_is_a_line_of_that(
    visitor: Browser, service: Service, anna: Mailbox
) -> None:
    set_product(service, type_change_policy="renewal")

    page = text(box(visitor, service, anna))
    save(visitor, service, anna, quote=newest_quote())

    assert "The amount is on your next renewal." in page
    assert units(service) == SWAPPED
    assert not Invoice.objects.exists()

    cron(DUE - timedelta(days=14))
    cron(DUE - timedelta(days=13))

    assert Invoice.objects.get().total == Decimal("8.51")  # 7.50 and 1.01


def test_with_an_open_renewal_it_is_a_line_of_its_replacement(
    visitor: Browser, service: Service, anna: Mailbox
) -> None:
    set_product(service, type_change_policy="renewal")
    configure(invoice_days=21)
    cron(TODAY, "--job", "create_invoices")

    agree(visitor, service, anna)

    renewal = Invoice.objects.open().get()
    assert renewal.total == Decimal("8.51")
    assert renewal.replaces is not None
    assert renewal.replaces.total == Decimal("6.00")
    assert Upgrade.objects.get().status == "applied"

    pay(renewal)

    assert Service.objects.get(pk=service.pk).next_due_date == date(2026, 3, 10)
    assert Upgrade.objects.get().status == "applied"


def test_who_may_not_change_the_plan_buys_nothing(
    service: Service, anna: Mailbox, client: Client
) -> None:
    member = makers.make_member(client=client, permissions=[Permission.MANAGE_MAILBOXES])
    helper = logged_in(member)

    page = text(box(helper, service, anna))
    answer = save(helper, service, anna)

    assert "Ask the owner of this account for one more." in page
    assert answer.status_code == 422
    assert type_of(anna) == BASIC
    assert not Quote.objects.exists()


def test_cut_off_before_the_vendor_was_told_it_is_given_up(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    vendor.faults.add(action="updateUser", kind="http_502")
    agree(visitor, service, anna)
    Mailbox.objects.filter(pk=anna.pk).update(unsettled_since=None, wanted_account_type=None)

    cron(TODAY, "--job", "settle_mailbox_types", hour=13)

    assert Upgrade.objects.get().status == "cancelled"
    assert not Invoice.objects.exists()
