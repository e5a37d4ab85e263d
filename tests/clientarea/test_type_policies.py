"""A mailbox's other type, charged at once, first, with the renewal, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client as Browser

from billing.models import CreditNote, Invoice, Quote, Service, Upgrade
from billing.operations import cancellation, services, termination
from clients.actors import Actor
from clients.models import Client, Permission, User
from provisioning.models import Mailbox, MailboxBatchItem
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.automation.days import configure, cron
from tests.billing.documents import credit_of, pay
from tests.clientarea.addresses import at
from tests.clientarea.type_steps import (
    BASIC,
    DUE,
    ENHANCED,
    HELD,
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
def visitor(owner: User, service: Service) -> Browser:  # noqa: ARG001
    return logged_in(owner)


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


@pytest.mark.parametrize("policy", ["renewal", "invoice"])
def test_up_and_down_again_what_comes_back_pays_for_what_was_not_paid(
    visitor: Browser, service: Service, anna: Mailbox, actor: Actor, policy: str
) -> None:
    set_product(service, type_change_policy=policy)
    for _time in range(2):
        agree(visitor, service, anna)
        agree(visitor, service, anna, BASIC)

    services.terminate_service(service=service, actor=actor)

    assert units(service) == HELD
    assert not Upgrade.objects.filter(is_charged_at_renewal=True).exists()
    assert [invoice.status for invoice in Invoice.objects.all()] == ["paid", "paid"]
    assert [each.total for each in CreditNote.objects.all()] == [Decimal("1.01")] * 2
    assert credit_of(service.client) == 0


def test_a_change_that_is_paid_in_part_with_its_own_credit_stays_so_when_the_service_ends(
    visitor: Browser, service: Service, anna: Mailbox, owner: User, actor: Actor
) -> None:
    agree(visitor, service, anna)
    with time_machine.travel(datetime(2026, 1, 25, 12, tzinfo=UTC), tick=False):
        agree(logged_in(owner), service, anna, BASIC)

        services.terminate_service(service=service, actor=actor)

    invoice = Invoice.objects.get()
    assert invoice.status == "unpaid"
    assert invoice.total - invoice.balance == CreditNote.objects.get().total
    assert credit_of(service.client) == 0


@pytest.mark.parametrize("timing", ["now", "end"])
def test_what_waits_for_a_renewal_is_invoiced_when_there_will_be_none(
    visitor: Browser, service: Service, anna: Mailbox, actor: Actor, timing: str
) -> None:
    set_product(service, type_change_policy="renewal")
    agree(visitor, service, anna)
    assert not Invoice.objects.exists()

    cancellation.request_cancellation(
        service=service, timing=timing, reason="Enough", actor=actor, on=TODAY
    )

    assert Invoice.objects.get().total == Decimal("1.01")
    assert Invoice.objects.get().status == "unpaid"
    assert not Upgrade.objects.filter(is_charged_at_renewal=True).exists()


def test_what_waits_for_a_renewal_is_invoiced_when_staff_close_the_service(
    visitor: Browser, service: Service, anna: Mailbox, actor: Actor
) -> None:
    set_product(service, type_change_policy="renewal")
    agree(visitor, service, anna)

    termination.close_service(service=service, reason="Abuse", actor=actor, on=TODAY)

    assert Invoice.objects.get().total == Decimal("1.01")


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


def test_many_at_once_take_free_slots_and_buy_nothing(
    visitor: Browser, service: Service, anna: Mailbox, run_jobs: Callable[[], None]
) -> None:
    service.mail_domain.mailboxes.filter(local_part="eve").update(status="removed")
    ben = service.mail_domain.mailboxes.get(local_part="ben")
    data = {"selected": [anna.pk, ben.pk], "action": "set_type", "account_type": "2"}

    visitor.post(at("batch-start", service), data)
    run_jobs()

    done, refused = MailboxBatchItem.objects.order_by("pk")
    assert (type_of(done.mailbox), type_of(refused.mailbox)) == (ENHANCED, BASIC)
    assert "Upgrade to add more." in refused.message
    assert units(service) == HELD
    assert not Invoice.objects.exists()
