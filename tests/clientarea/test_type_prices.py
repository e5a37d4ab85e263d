"""Another type for one mailbox: its price in the dialog, and charged only if in effect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from billing.models import Invoice, Quote, Service, TaxRule, Upgrade
from clients.models import Client, User
from provisioning import tasks
from provisioning.models import Mailbox
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at
from tests.clientarea.type_steps import (
    BASIC,
    ENHANCED,
    HELD,
    SWAPPED,
    agree,
    box,
    logged_in,
    make_full_plan,
    newest_quote,
    save,
    set_product,
    text,
    type_of,
    units,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 1, 20, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def client(owner: User) -> Client:
    return makers.make_client(owner=owner)


@pytest.fixture
def service(client: Client, vendor: Sandbox) -> Service:
    return make_full_plan(client, vendor)


@pytest.fixture
def anna(service: Service, vendor: Sandbox) -> Mailbox:
    return makers.make_mailbox(service, "anna", vendor=vendor)


@pytest.fixture
def visitor(owner: User, service: Service) -> Browser:  # noqa: ARG001
    return logged_in(owner)


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
