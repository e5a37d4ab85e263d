"""Money is booked once, covers what is owed, and what is too much becomes credit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from billing.events import InvoicePaid, PaymentReceived, PaymentRefunded
from billing.models import CreditEntry, Invoice, InvoiceItem, Payment
from billing.operations import credit, funds, invoicing, payments
from billing.operations.funds import UnableToAddFunds
from billing.operations.payments import RefundTo, UnableToRecordPayment, UnableToRefundPayment
from clients.models import Activity, Client
from tests import makers
from tests.billing.documents import ACTOR, TODAY, credit_of, issue, line, pay
from tests.billing.heard import Heard

pytestmark = pytest.mark.django_db
Status = Invoice.Status


@pytest.fixture
def client_() -> Client:
    """Return a client."""
    return makers.make_client()


def refund(
    payment: Payment, amount: str, *, to: RefundTo = RefundTo.SOURCE, reference: str = "R1"
) -> Payment:
    """Refund a part of a payment."""
    return payments.refund_payment(
        payment=payment,
        amount=Decimal(amount),
        to=to,
        reference=reference if to == RefundTo.SOURCE else "",
        on=TODAY,
        actor=ACTOR,
    )


def status_of(invoice: Invoice) -> tuple[object, object]:
    fresh = Invoice.objects.get(pk=invoice.pk)
    return fresh.status, fresh.balance


def test_a_payment_settles_the_invoice_once(client_: Client, heard: Heard) -> None:
    invoice = issue(client_, "10.00")

    payment = pay(invoice, reference="TX-77")

    assert status_of(invoice) == (Status.PAID, 0)
    assert (payment.applied, payment.kind) == (Decimal(10), Payment.Kind.PAYMENT)
    assert heard.of(InvoicePaid) == [InvoicePaid(invoice.pk)]
    assert heard.of(PaymentReceived) == [PaymentReceived(payment.pk)]
    assert Activity.objects.filter(action="payment.received", actor_name="test").count() == 1


def test_parts_of_it_leave_the_rest_open(client_: Client, heard: Heard) -> None:
    invoice = issue(client_, "10.00")

    pay(invoice, "4.00")

    assert status_of(invoice) == (Status.UNPAID, Decimal(6))
    assert heard.of(InvoicePaid) == []

    pay(invoice, "6.00")

    assert status_of(invoice) == (Status.PAID, 0)


def test_what_is_too_much_becomes_credit(client_: Client) -> None:
    invoice = issue(client_, "10.00")

    payment = pay(invoice, "12.50")

    assert payment.applied == Decimal(10)
    assert credit_of(client_) == Decimal("2.50")
    entry = CreditEntry.objects.get()
    assert (entry.reason, entry.payment, entry.invoice) == ("overpaid", payment, invoice)


def test_the_same_reference_again_is_the_same_payment(client_: Client, heard: Heard) -> None:
    invoice = issue(client_, "10.00")
    first = pay(invoice, "10.00", reference="TX-1")

    again = pay(invoice, "10.00", reference=" TX-1 ")

    assert again == first
    assert Payment.objects.count() == 1
    assert credit_of(client_) == 0
    assert heard.of(PaymentReceived) == [PaymentReceived(first.pk)]


def test_the_same_reference_for_something_else_is_refused(client_: Client) -> None:
    invoice, other = issue(client_, "10.00"), issue(makers.make_client(), "10.00")
    pay(invoice, "10.00", reference="TX-1")

    for target, amount in ((invoice, "9.00"), (other, "10.00")):
        with pytest.raises(UnableToRecordPayment, match="another payment"):
            pay(target, amount, reference="TX-1")
    pay(other, "10.00", reference="TX-1", gateway="cash")

    assert Payment.objects.count() == 2


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.PAID])
def test_money_for_a_closed_invoice_becomes_credit(client_: Client, status: str) -> None:
    invoice = issue(client_, "10.00")
    if status == Status.CANCELLED:
        invoicing.cancel_invoice(invoice=invoice, actor=ACTOR)
    else:
        pay(invoice)

    payment = pay(invoice, "10.00")

    assert status_of(invoice) == (status, 0)
    assert payment.applied == 0
    assert credit_of(client_) == Decimal(10)


def test_money_without_an_invoice_becomes_credit(client_: Client) -> None:
    payments.record_payment(
        client=client_,
        invoice=None,
        amount=Decimal(20),
        gateway="bank_transfer",
        reference="TX-5",
        paid_on=TODAY,
        actor=ACTOR,
    )

    assert credit_of(client_) == Decimal(20)


@pytest.mark.parametrize(
    ("amount", "reference", "gateway"),
    [
        ("0", "TX", "cash"),
        ("-1", "TX", "cash"),
        ("1.001", "TX", "cash"),
        ("1.00", "  ", "cash"),
        ("1.00", "TX", "credit"),
        ("1.00", "TX", "telepathy"),
    ],
)
def test_what_is_no_payment_is_not_recorded(
    client_: Client, amount: str, reference: str, gateway: str
) -> None:
    invoice = issue(client_, "10.00")

    with pytest.raises(UnableToRecordPayment):
        payments.record_payment(
            client=client_,
            invoice=invoice,
            amount=Decimal(amount),
            gateway=gateway,
            reference=reference,
            paid_on=TODAY,
            actor=ACTOR,
        )

    assert status_of(invoice) == (Status.UNPAID, Decimal(10))
    assert not Payment.objects.exists()


def test_a_draft_and_a_stranger_s_invoice_take_no_payment(client_: Client) -> None:
    draft = invoicing.draft_invoice(
        client=client_, items=[line("5.00")], due_date=TODAY, actor=ACTOR
    )
    strange = issue(makers.make_client(), "5.00")

    for invoice in (draft, strange):
        with pytest.raises(UnableToRecordPayment):
            pay(invoice, "5.00", client=client_)

    assert not Payment.objects.exists()
    assert not CreditEntry.objects.exists()


def test_a_full_refund_marks_the_invoice_a_partial_one_does_not(
    client_: Client, heard: Heard
) -> None:
    invoice = issue(client_, "10.00")
    payment = pay(invoice)

    first = refund(payment, "4.00", reference="R1")

    assert status_of(invoice) == (Status.PAID, 0)
    assert payments.refundable(payment) == Decimal(6)

    second = refund(payment, "6.00", reference="R2")

    assert status_of(invoice) == (Status.REFUNDED, 0)
    assert heard.of(PaymentRefunded) == [PaymentRefunded(first.pk), PaymentRefunded(second.pk)]
    assert credit_of(client_) == 0


def test_no_more_is_refunded_than_was_paid(client_: Client) -> None:
    payment = pay(issue(client_, "10.00"))
    refund(payment, "4.00")

    with pytest.raises(UnableToRefundPayment, match="more than is left"):
        refund(payment, "6.01", reference="R2")

    assert payment.refunds.count() == 1


def test_the_same_refund_again_is_the_same_refund(client_: Client) -> None:
    payment = pay(issue(client_, "10.00"))

    assert refund(payment, "4.00") == refund(payment, "4.00")
    with pytest.raises(UnableToRefundPayment, match="another payment"):
        refund(payment, "5.00")

    assert payments.refundable(payment) == Decimal(6)


def test_a_refund_to_the_balance_is_credit(client_: Client) -> None:
    invoice = issue(client_, "10.00")
    payment = pay(invoice)

    made = refund(payment, "10.00", to=RefundTo.CREDIT)

    assert made.gateway == "credit"
    assert status_of(invoice) == (Status.REFUNDED, 0)
    assert credit_of(client_) == Decimal(10)


def test_a_refund_takes_what_was_overpaid_first(client_: Client) -> None:
    invoice = issue(client_, "10.00")
    payment = pay(invoice, "13.00")

    refund(payment, "5.00")

    assert credit_of(client_) == 0
    assert status_of(invoice) == (Status.PAID, 0)
    assert Payment.objects.get(kind=Payment.Kind.REFUND).applied == Decimal(2)


def test_what_was_overpaid_and_spent_is_not_refunded(client_: Client) -> None:
    payment = pay(issue(client_, "10.00"), "13.00")
    issue(client_, "3.00")

    with pytest.raises(UnableToRefundPayment, match="has been spent"):
        refund(payment, "13.00")

    assert payment.refunds.count() == 0
    assert credit_of(client_) == 0


def test_a_refund_on_an_open_invoice_is_owed_again(client_: Client) -> None:
    invoice = issue(client_, "10.00")
    payment = pay(invoice, "4.00")

    refund(payment, "4.00")

    assert status_of(invoice) == (Status.UNPAID, Decimal(10))


@pytest.mark.parametrize("with_credit", ["0", "3.00"])
def test_a_payment_that_bounced_keeps_no_later_one_from_being_refunded(
    client_: Client, with_credit: str
) -> None:
    invoice = issue(client_, "10.00")
    refund(pay(invoice, "4.00"), "4.00", reference="R1")
    if Decimal(with_credit):
        credit.add_credit(client=client_, amount=Decimal(with_credit), description="", actor=ACTOR)
        credit.spend_credit(invoice=invoice, actor=ACTOR)
    payment = pay(invoice)

    refund(payment, str(payment.amount), reference="R2")

    expected = Status.PAID if Decimal(with_credit) else Status.REFUNDED
    assert status_of(invoice) == (expected, 0)
    assert payments.refundable(payment) == 0


def test_what_a_cancelled_invoice_gave_back_is_refunded_from_the_balance(client_: Client) -> None:
    invoice = issue(client_, "10.00")
    payment = pay(invoice, "4.00")
    invoicing.cancel_invoice(invoice=invoice, actor=ACTOR)

    refund(Payment.objects.get(pk=payment.pk), "4.00")

    assert credit_of(client_) == 0
    assert status_of(invoice) == (Status.CANCELLED, 0)


def test_funds_are_credit_when_they_are_paid_not_before(client_: Client) -> None:
    makers.make_service(client=client_)

    invoice = funds.add_funds(client=client_, amount=Decimal(25), on=TODAY, actor=ACTOR)

    assert [item.kind for item in invoice.items.all()] == [InvoiceItem.Kind.FUNDS]
    assert credit_of(client_) == 0

    payment = pay(invoice)

    assert credit_of(client_) == Decimal(25)

    refund(payment, "25.00")

    assert credit_of(client_) == 0
    assert status_of(invoice) == (Status.REFUNDED, 0)


def test_funds_that_were_spent_are_not_refunded(client_: Client) -> None:
    makers.make_service(client=client_)
    invoice = funds.add_funds(client=client_, amount=Decimal(25), on=TODAY, actor=ACTOR)
    payment = pay(invoice)
    issue(client_, "1.00")

    with pytest.raises(UnableToRefundPayment, match="has been spent"):
        refund(payment, "25.00")

    assert status_of(invoice) == (Status.PAID, 0)
    assert credit_of(client_) == Decimal(24)


def test_funds_are_not_paid_with_credit(client_: Client) -> None:
    makers.make_service(client=client_)
    credit.add_credit(client=client_, amount=Decimal(50), description="", actor=ACTOR)
    invoice = funds.add_funds(client=client_, amount=Decimal(25), on=TODAY, actor=ACTOR)

    with pytest.raises(credit.UnableToMoveCredit):
        credit.spend_credit(invoice=invoice, actor=ACTOR)

    assert status_of(invoice) == (Status.UNPAID, Decimal(25))
    assert credit_of(client_) == Decimal(50)


@pytest.mark.parametrize("amount", ["9.99", "1000.01", "10.005"])
def test_funds_keep_to_their_limits(client_: Client, amount: str) -> None:
    makers.make_service(client=client_)

    with pytest.raises(UnableToAddFunds):
        funds.add_funds(client=client_, amount=Decimal(amount), on=TODAY, actor=ACTOR)

    assert not Invoice.objects.exists()


def test_who_has_no_service_adds_no_funds(client_: Client) -> None:
    with pytest.raises(UnableToAddFunds, match="active service"):
        funds.add_funds(client=client_, amount=Decimal(25), on=date(2026, 1, 1), actor=ACTOR)

    assert not Invoice.objects.exists()
