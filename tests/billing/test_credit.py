"""Credit is a ledger: its lines add up to the balance, which is never below 0."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from billing.events import CreditNoteIssued, InvoicePaid
from billing.models import (
    BillingSettings,
    CreditEntry,
    CreditNote,
    Invoice,
    PublishedDocumentChanged,
    TaxRule,
)
from billing.operations import credit, credit_notes, invoicing, payments
from billing.operations.credit import UnableToMoveCredit
from billing.operations.credit_notes import UnableToIssueCreditNote
from clients.models import Activity, Client
from tests import makers
from tests.billing.documents import ACTOR, TODAY, credit_of, issue, line, pay
from tests.billing.heard import Heard

pytestmark = pytest.mark.django_db
Status = Invoice.Status


@pytest.fixture
def client_() -> Client:
    """Return a client whose credit is not used by itself."""
    BillingSettings.objects.create(pk=1, is_credit_applied=False)
    return makers.make_client()


def give(client: Client, amount: str) -> CreditEntry:
    return credit.add_credit(client=client, amount=Decimal(amount), description="Gift", actor=ACTOR)


def note(client: Client, *amounts: str, **fields: Any) -> CreditNote:
    return credit_notes.issue_credit_note(
        client=client,
        items=[line(each) for each in amounts],
        on=TODAY,
        reason="Less was delivered",
        actor=ACTOR,
        **fields,
    )


def status_of(invoice: Invoice) -> tuple[object, object]:
    fresh = Invoice.objects.get(pk=invoice.pk)
    return fresh.status, fresh.balance


def test_every_movement_keeps_the_balance_it_led_to(client_: Client) -> None:
    give(client_, "10.00")
    credit.remove_credit(client=client_, amount=Decimal(4), description="Error", actor=ACTOR)

    lines: list[object] = list(
        CreditEntry.objects.order_by("pk").values_list("reason", "amount", "balance")
    )

    assert lines == [("added", 10, 10), ("removed", -4, 6)]
    assert credit_of(client_) == Decimal(6)
    assert Activity.objects.get(action="credit.removed").after == {"credit": "6.00"}


@pytest.mark.parametrize("amount", ["10.01", "0", "-1", "0.001"])
def test_no_more_is_taken_than_there_is(client_: Client, amount: str) -> None:
    give(client_, "10.00")

    with pytest.raises(UnableToMoveCredit):
        credit.remove_credit(client=client_, amount=Decimal(amount), description="", actor=ACTOR)

    assert credit_of(client_) == Decimal(10)


def test_a_line_of_the_ledger_is_written_once(client_: Client) -> None:
    entry = give(client_, "10.00")

    for attempt in (entry.save, entry.delete, CreditEntry.objects.all().delete):
        with pytest.raises(PublishedDocumentChanged):
            attempt()
    with pytest.raises(PublishedDocumentChanged):
        CreditEntry.objects.update(amount=5)

    assert credit_of(client_) == Decimal(10)


def test_credit_pays_an_invoice(client_: Client, heard: Heard) -> None:
    give(client_, "10.00")
    invoice = issue(client_, "7.00")

    used = credit.spend_credit(invoice=invoice, actor=ACTOR)
    again = credit.spend_credit(invoice=invoice, actor=ACTOR)

    assert (used, again) == (Decimal(7), Decimal(0))
    assert status_of(invoice) == (Status.PAID, 0)
    assert heard.of(InvoicePaid) == [InvoicePaid(invoice.pk)]
    assert credit_of(client_) == Decimal(3)


@pytest.mark.parametrize("amount", ["7.01", "4.01"])
def test_no_more_credit_is_used_than_is_owed_or_there(client_: Client, amount: str) -> None:
    give(client_, "4.00")
    invoice = issue(client_, "7.00")

    with pytest.raises(UnableToMoveCredit):
        credit.spend_credit(invoice=invoice, amount=Decimal(amount), actor=ACTOR)

    assert status_of(invoice) == (Status.UNPAID, Decimal(7))
    assert credit_of(client_) == Decimal(4)


def test_several_invoices_are_paid_oldest_first_and_only_the_client_s_own(
    client_: Client,
) -> None:
    give(client_, "12.00")
    late = issue(client_, "7.00", due=TODAY.replace(day=1))
    first, strange = issue(client_, "8.00"), issue(makers.make_client(), "1.00")

    used = credit.spend_on_all(client=client_, invoices=[first, strange, late], actor=ACTOR)

    assert used == Decimal(12)
    assert status_of(late) == (Status.PAID, 0)
    assert status_of(first) == (Status.UNPAID, Decimal(3))
    assert status_of(strange) == (Status.UNPAID, Decimal(1))
    assert credit_of(client_) == 0


def test_a_credit_note_gives_the_net_amount_and_its_tax(client_: Client, heard: Heard) -> None:
    TaxRule.objects.create(name="VAT", percent=20)

    made = note(client_, "20.00", "-12.50")

    assert made.number == "CN-2026-00001"
    assert (made.subtotal, made.tax, made.total) == (
        Decimal("7.50"),
        Decimal("1.50"),
        Decimal("9.00"),
    )
    assert credit_of(client_) == Decimal("9.00")
    assert CreditEntry.objects.get().credit_note == made
    assert heard.of(CreditNoteIssued) == [CreditNoteIssued(made.pk)]


def test_a_credit_note_on_an_invoice_has_the_tax_that_was_charged(client_: Client) -> None:
    rule = TaxRule.objects.create(name="VAT", percent=20)
    invoice = issue(client_, "10.00")
    pay(invoice)
    rule.percent = Decimal(25)
    rule.save()

    made = note(client_, "5.00", invoice=invoice)

    assert made.total == Decimal("6.00")
    assert status_of(invoice) == (Status.PAID, 0)
    assert credit_of(client_) == Decimal("6.00")


def test_a_credit_note_on_an_open_invoice_lowers_what_is_owed(
    client_: Client, heard: Heard
) -> None:
    invoice = issue(client_, "10.00")
    pay(invoice, "6.00")

    note(client_, "3.00", invoice=invoice)

    assert status_of(invoice) == (Status.UNPAID, Decimal(1))
    assert credit_of(client_) == 0

    note(client_, "3.00", invoice=invoice)

    assert status_of(invoice) == (Status.PAID, 0)
    assert credit_of(client_) == Decimal(2)
    assert heard.of(InvoicePaid) == [InvoicePaid(invoice.pk)]


def test_what_a_credit_note_took_off_is_not_given_back_when_the_invoice_is_cancelled(
    client_: Client,
) -> None:
    invoice = issue(client_, "10.00")
    pay(invoice, "6.00")
    note(client_, "3.00", invoice=invoice)

    invoicing.cancel_invoice(invoice=invoice, actor=ACTOR)

    assert credit_of(client_) == Decimal(6)


@pytest.mark.parametrize("paid", ["", "4.00"])
def test_credit_notes_do_not_pay_an_invoice_by_themselves(
    client_: Client, heard: Heard, paid: str
) -> None:
    invoice = issue(client_, "10.00")
    if paid:
        pay(invoice, paid)
    note(client_, "5.50", invoice=invoice)
    before = status_of(invoice)

    with pytest.raises(UnableToIssueCreditNote, match="Cancel it instead"):
        note(client_, "4.50", invoice=invoice)

    assert status_of(invoice) == before
    assert before[0] == Status.UNPAID
    assert heard.of(InvoicePaid) == []
    assert CreditNote.objects.count() == 1
    assert credit_of(client_) == 0


def test_what_was_refunded_before_it_was_paid_takes_no_room_from_credit_notes(
    client_: Client,
) -> None:
    invoice = issue(client_, "10.00")
    bounced = pay(invoice, "4.00")
    payments.refund_payment(
        payment=bounced,
        amount=Decimal(4),
        to=payments.RefundTo.SOURCE,
        reference="R1",
        on=TODAY,
        actor=ACTOR,
    )
    pay(invoice, "10.00")

    note(client_, "10.00", invoice=invoice)

    assert credit_of(client_) == Decimal(10)
    with pytest.raises(UnableToIssueCreditNote, match="more than the invoice is worth"):
        note(client_, "0.01", invoice=invoice)


@pytest.mark.parametrize("amounts", [("10.01",), ("0.00",), ("1.00", "-1.00"), ("10.00",)])
def test_what_corrects_nothing_or_too_much_is_no_credit_note(
    client_: Client, amounts: tuple[str, ...]
) -> None:
    invoice = issue(client_, "10.00")

    with pytest.raises(UnableToIssueCreditNote):
        note(client_, *amounts, invoice=invoice)

    assert not CreditNote.objects.exists()
    assert status_of(invoice) == (Status.UNPAID, Decimal(10))
    assert note(client_, "1.00").number == "CN-2026-00001"


def test_what_was_credited_is_not_refunded_as_well(client_: Client) -> None:
    invoice = issue(client_, "10.00")
    payment = pay(invoice)
    note(client_, "4.00", invoice=invoice)

    with pytest.raises(payments.UnableToRefundPayment, match="credited already"):
        payments.refund_payment(
            payment=payment,
            amount=Decimal("6.01"),
            to=payments.RefundTo.SOURCE,
            reference="R1",
            on=TODAY,
            actor=ACTOR,
        )

    assert payment.refunds.count() == 0
    assert status_of(invoice) == (Status.PAID, 0)


def test_a_credit_note_is_never_changed(client_: Client) -> None:
    made = note(client_, "5.00")
    made.reason = "Something else"

    for attempt in (made.save, made.delete, CreditNote.objects.all().delete):
        with pytest.raises(PublishedDocumentChanged):
            attempt()

    assert CreditNote.objects.get().reason == "Less was delivered"
