"""Orders of other types that wait: for their payment, for each other, for another write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from billing.models import Invoice, Service, Upgrade
from billing.operations import mailbox_types, upgrade_steps
from billing.operations.upgrade_guards import UnableToChange
from clients.actors import Actor
from clients.models import Client, User
from provisioning import tasks
from provisioning.models import Mailbox
from provisioning.operations import mailboxes
from provisioning.operations.mailboxes import MailboxChange
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing import changes
from tests.billing.automation.days import configure, cron
from tests.billing.documents import credit_of, pay
from tests.clientarea.type_steps import (
    BASIC,
    ENHANCED,
    SWAPPED,
    TODAY,
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
def ben(service: Service) -> Mailbox:
    return service.mail_domain.mailboxes.get(local_part="ben")


@pytest.fixture
def visitor(owner: User, service: Service) -> Browser:  # noqa: ARG001
    return logged_in(owner)


def one_of_two_is_included(service: Service) -> None:
    """Let the product include one of the two Basic mailboxes in use: one is bought."""
    set_product(service, basic_mailboxes=1)
    service.selections.filter(key="basic_mailboxes").update(quantity=1)


def rename(mailbox: Mailbox) -> None:
    """Save another display name, and nothing about the type."""
    mailboxes.update_mailbox(
        mailbox=mailbox, change=MailboxChange(display_name="Anna"), actor=Actor.system("test")
    )


def test_a_bought_unit_is_given_back_once_however_many_orders_wait(
    visitor: Browser, service: Service, anna: Mailbox, ben: Mailbox
) -> None:
    one_of_two_is_included(service)
    set_product(service, type_change_policy="pay")

    agree(visitor, service, anna)
    page = text(box(visitor, service, ben))
    save(visitor, service, ben, quote=newest_quote())

    first, second = Invoice.objects.order_by("pk")
    assert (first.total, second.total) == (Decimal("1.01"), Decimal("2.03"))
    assert "1.02 USD" not in page
    assert "Next, on 10 February 2026 9.00 USD" in page

    pay(first)
    pay(second)
    cron(TODAY, "--job", "settle_mailbox_types", hour=13)

    assert (type_of(anna), type_of(ben)) == (ENHANCED, ENHANCED)
    assert units(service) == {"enhanced_mailboxes": 3}
    assert set(Upgrade.objects.values_list("status", flat=True)) == {"applied"}
    assert Service.objects.get(pk=service.pk).recurring_amount == Decimal("9.00")


def test_a_unit_of_a_change_with_an_unclear_outcome_is_not_given_back_again(
    visitor: Browser, service: Service, anna: Mailbox, ben: Mailbox, vendor: Sandbox
) -> None:
    one_of_two_is_included(service)
    vendor.faults.add(action="updateUser", kind="drop_after")
    agree(visitor, service, anna)

    agree(visitor, service, ben)
    Mailbox.objects.filter(pk=anna.pk).update(unsettled_since=timezone.now() - timedelta(minutes=5))
    tasks.settle_mailbox(mailbox_id=anna.pk)

    totals = sorted(Invoice.objects.values_list("total", flat=True))
    assert totals == [Decimal("1.01"), Decimal("2.03")]
    assert units(service) == {"enhanced_mailboxes": 3}


def test_a_unit_that_is_ordered_and_not_paid_is_not_given_back(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    set_product(service, enhanced_mailboxes=1, type_change_policy="pay")
    service.selections.filter(key="enhanced_mailboxes").delete()
    makers.make_mailbox(service, "carl", vendor=vendor)
    eve = service.mail_domain.mailboxes.get(local_part="eve")
    agree(visitor, service, anna)

    page = text(box(visitor, service, eve, Mailbox.Type.BASIC))

    assert "2.03 USD" not in page
    assert "Due today 1.02 USD" in page


def test_a_write_of_something_else_does_not_answer_for_the_type(
    visitor: Browser, service: Service, anna: Mailbox
) -> None:
    set_product(service, type_change_policy="pay")
    agree(visitor, service, anna)
    pay(Invoice.objects.get())

    rename(anna)

    assert Upgrade.objects.get().status == "applying"

    cron(TODAY, "--job", "settle_mailbox_types", hour=13)

    assert Upgrade.objects.get().status == "applied"
    assert type_of(anna) == ENHANCED
    assert Mailbox.objects.get(pk=anna.pk).display_name == "Anna"


def test_a_paid_type_waits_while_another_write_is_in_flight(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    set_product(service, type_change_policy="pay")
    agree(visitor, service, anna)
    pay(Invoice.objects.get())
    vendor.faults.add(action="updateUser", kind="drop_after")
    rename(anna)
    calls = len(vendor.calls("updateUser"))

    mailbox_types.carry_out(upgrade_id=Upgrade.objects.get().pk, actor=Actor.system("billing"))

    assert Upgrade.objects.get().status == "applying"
    assert len(vendor.calls("updateUser")) == calls


@pytest.mark.parametrize("policy", ["invoice", "pay"])
def test_saving_while_another_write_is_checked_orders_nothing_and_keeps_the_fields(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox, policy: str
) -> None:
    set_product(service, type_change_policy=policy)
    vendor.faults.add(action="updateUser", kind="drop_after")
    rename(anna)
    box(visitor, service, anna)

    answer = save(visitor, service, anna, quote=newest_quote(), display_name="Anna B.")

    assert answer.status_code == 422
    assert "is still being checked with the mail server" in text(answer)
    assert "Anna B." in answer.content.decode()
    assert not Upgrade.objects.exists()
    assert not Invoice.objects.exists()


def test_a_renewal_paid_before_the_order_is_charged_up_to_the_new_type(
    visitor: Browser, service: Service, anna: Mailbox, ben: Mailbox
) -> None:
    set_product(service, type_change_policy="pay")
    configure(invoice_days=21)
    agree(visitor, service, anna)
    order = Invoice.objects.get()
    cron(TODAY, "--job", "create_invoices")
    pay(Invoice.objects.open().exclude(pk=order.pk).get())

    pay(order)
    cron(TODAY, "--job", "settle_mailbox_types", hour=13)

    difference = Invoice.objects.open().get()
    assert difference.total == Decimal("1.50")
    assert Service.objects.get(pk=service.pk).next_due_date == date(2026, 3, 10)
    assert units(service) == SWAPPED
    assert credit_of(service.client) == 0
    assert type_of(ben) == BASIC


def failed(visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox) -> Upgrade:
    """Return a change that was paid first, and then refused by the vendor."""
    set_product(service, type_change_policy="pay")
    agree(visitor, service, anna)
    vendor.faults.add(action="updateUser", kind="reject")
    pay(Invoice.objects.get())
    cron(TODAY, "--job", "settle_mailbox_types", hour=13)
    return Upgrade.objects.get(status="failed")


def test_a_failed_type_is_not_tried_again_beside_a_change_of_the_plan(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    actor = Actor.system("test")
    refused = failed(visitor, service, anna, vendor)
    changes.change(service, actor, enhanced_mailboxes=5)

    with pytest.raises(UnableToChange, match="is under way"):
        upgrade_steps.try_again(upgrade=refused, actor=actor)

    assert Upgrade.objects.get(pk=refused.pk).status == "failed"


def test_a_failed_type_is_not_tried_again_once_it_was_ordered_again(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    refused = failed(visitor, service, anna, vendor)
    agree(visitor, service, anna)

    with pytest.raises(UnableToChange, match="is being changed already"):
        upgrade_steps.try_again(upgrade=refused, actor=Actor.system("test"))

    assert Upgrade.objects.get(pk=refused.pk).status == "failed"
    assert Upgrade.objects.filter(status="unpaid").count() == 1


def test_a_failed_type_is_tried_again_where_nothing_is_in_its_way(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    refused = failed(visitor, service, anna, vendor)

    upgrade_steps.try_again(upgrade=refused, actor=Actor.system("test"))
    cron(TODAY, "--job", "settle_mailbox_types", hour=14)

    assert Upgrade.objects.get().status == "applied"
    assert type_of(anna) == ENHANCED
