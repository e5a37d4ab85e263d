"""Two hands on one client's money: payments, credit, and the numbers of invoices."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from sequences import get_last_value

from billing.models import BillingProfile, BillingSettings, CreditEntry, Invoice, Payment, Service
from billing.operations import credit, numbers, payments, profiles
from clients.actors import Actor
from clients.models import Activity, Client
from tests import billing_makers, makers
from tests.billing.documents import TODAY, credit_of, hosting, issue
from tests.races.together import Meeting, together
from tests.races.unguarded import without_locks

pytestmark = [
    pytest.mark.servers,
    pytest.mark.enable_socket,
    pytest.mark.usefixtures("world", "nobody_works"),
]


@pytest.fixture
def service() -> Service:
    """A service whose client's credit is not used by itself."""
    BillingSettings.objects.create(pk=1, is_credit_applied=False)
    return billing_makers.make_billed_service(next_due=TODAY)


def pay(invoice: Invoice, reference: str, actor: Actor) -> Payment:
    return payments.record_payment(
        client=invoice.client,
        invoice=invoice,
        amount=invoice.total,
        gateway="bank_transfer",
        reference=reference,
        paid_on=TODAY,
        actor=actor,
    )


# Two payments of one invoice.


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Both payments wait for each other when they have seen that the invoice is open."""
    meeting, look = Meeting(), vars(payments)["_invoice_to_pay"]

    def look_and_wait(*what: Any) -> Invoice:
        invoice: Invoice = look(*what)
        meeting()
        return invoice

    monkeypatch.setattr(payments, "_invoice_to_pay", look_and_wait)
    return meeting


def test_an_invoice_is_paid_once_and_the_other_money_is_credit(
    service: Service, read: Meeting, actor: Actor
) -> None:
    invoice = issue(service.client, hosting(service, days=31))

    results = together(*[partial(pay, invoice, name, actor) for name in ("TX-1", "TX-2")])

    assert not read.has_happened
    assert sorted(each.applied for each in results) == [0, 10]
    assert Invoice.objects.get().status == Invoice.Status.PAID
    assert credit_of(service.client) == Decimal(10)
    assert Activity.objects.filter(action="service.paid_until").count() == 1


def test_control_without_the_lock_one_of_the_payments_fails(
    service: Service, read: Meeting, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch, payments, "record_payment")
    invoice = issue(service.client, hosting(service, days=31))

    results = together(*[partial(pay, invoice, name, actor) for name in ("TX-1", "TX-2")])

    assert read.has_happened
    assert not all(isinstance(result, Payment) for result in results)


def test_the_same_money_told_twice_at_once_is_booked_once(
    service: Service, read: Meeting, actor: Actor
) -> None:
    invoice = issue(service.client, hosting(service, days=31))

    first, second = together(*[partial(pay, invoice, "TX-1", actor)] * 2)

    assert not read.has_happened
    assert first == second == Payment.objects.get()
    assert credit_of(service.client) == 0


def test_one_reference_for_two_clients_at_once_is_booked_for_one(
    service: Service, actor: Actor
) -> None:
    invoices = [issue(client) for client in (service.client, makers.make_client())]

    results = together(*[partial(pay, invoice, "TX-1", actor) for invoice in invoices])

    refused = [each for each in results if isinstance(each, payments.UnableToRecordPayment)]
    assert len(refused) == 1
    assert Payment.objects.count() == 1
    assert Invoice.objects.open().count() == 1


# Credit that is spent twice.


@pytest.fixture
def reckoned(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Both wait for each other when they have reckoned what credit will be left."""
    meeting, save = Meeting(), BillingProfile.save

    def wait_and_save(profile: BillingProfile, **details: Any) -> None:
        meeting()
        save(profile, **details)

    monkeypatch.setattr(BillingProfile, "save", wait_and_save)
    return meeting


@pytest.fixture
def rich(service: Service, actor: Actor) -> Client:
    """A client with credit for one of two invoices."""
    client = service.client
    credit.add_credit(client=client, amount=Decimal(10), description="", actor=actor)
    for _ in range(2):
        issue(client, "10.00")
    return client


def spend(invoice: Invoice, actor: Actor) -> Decimal:
    return credit.spend_credit(invoice=invoice, actor=actor)


def test_credit_is_spent_once(rich: Client, actor: Actor, request: pytest.FixtureRequest) -> None:
    reckoned: Meeting = request.getfixturevalue("reckoned")
    first, second = rich.invoices.all()

    used = together(partial(spend, first, actor), partial(spend, second, actor))

    assert not reckoned.has_happened
    assert sorted(used) == [0, 10]
    assert credit_of(rich) == 0
    assert Invoice.objects.open().count() == 1


def test_control_without_the_lock_credit_is_spent_twice(
    rich: Client,
    actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    reckoned: Meeting = request.getfixturevalue("reckoned")
    without_locks(monkeypatch, credit, "spend_credit")
    first, second = rich.invoices.all()

    together(partial(spend, first, actor), partial(spend, second, actor))

    assert reckoned.has_happened
    spent = CreditEntry.objects.filter(reason=CreditEntry.Reason.SPENT)
    assert [entry.amount for entry in spent] == [-10, -10]
    assert profiles.profile_of(rich).credit == 0


# Numbers of invoices.


@pytest.fixture
def clients() -> list[Client]:
    """Clients with a billing profile each, in one currency."""
    clients = [makers.make_client() for _ in range(4)]
    for client in clients:
        profiles.profile_of(client)
    return clients


def issue_or_not(client: Client, *, is_undone: bool) -> str:
    with transaction.atomic():
        invoice = issue(client)
        transaction.set_rollback(is_undone)
    return str(invoice.number)


def test_numbers_given_at_once_are_different_and_none_is_left_out(clients: list[Client]) -> None:
    calls = [
        partial(issue_or_not, client, is_undone=number == 1)
        for number, client in enumerate(clients)
    ]

    together(*calls)

    found = Invoice.objects.order_by("number").values_list("number", flat=True)
    assert list(found) == ["2026-00001", "2026-00002", "2026-00003"]


def test_control_without_the_counter_s_lock_two_want_the_same_number(
    clients: list[Client],
) -> None:
    meeting = Meeting()

    def look_and_leap(client: Client) -> str:
        number = (get_last_value(numbers.INVOICES) or 0) + 1
        meeting()
        currency = profiles.profile_of(client).currency
        draft = Invoice(client=client, currency=currency, number=str(number), due_date=TODAY)
        draft.save()
        return str(number)

    results = together(*[partial(look_and_leap, client) for client in clients[:2]])

    assert meeting.has_happened
    assert [each for each in results if isinstance(each, IntegrityError)]
    assert Invoice.objects.get().number == "1"
