"""Reading one document: what an invoice or a credit note says, for every way to show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import gateways
from billing.models import CreditEntry, CreditNote, Currency, Invoice, InvoiceItem, Payment
from core.money import ZERO

NOTE = "credit note"
OVERDUE = "overdue"


@dataclass(frozen=True)
class Line:
    """One line as it is printed."""

    description: str
    quantity: int
    unit_price: Decimal
    amount: Decimal
    is_taxed: bool


@dataclass(frozen=True)
class Tax:
    """One level of tax; `percent` is text without needless zeros."""

    name: str
    percent: str
    amount: Decimal


@dataclass(frozen=True)
class Movement:
    """Money that came, or went back (negative), for an invoice."""

    day: date
    label: str
    reference: str
    amount: Decimal


@dataclass(frozen=True)
class Document:
    """
    What is on paper. `due_date`, `balance` and movements are an invoice's alone.

    `status` is that of the invoice, `overdue` besides, or empty for a credit note.
    """

    title: str
    number: str
    issue_date: date | None
    currency: Currency
    issuer: dict[str, Any]
    recipient: dict[str, Any]
    lines: list[Line]
    subtotal: Decimal
    taxes: list[Tax]
    total: Decimal
    has_prices_with_tax: bool = False
    is_exempt: bool = False
    due_date: date | None = None
    balance: Decimal = ZERO
    status: str = ""
    paid_on: date | None = None
    notes: str = ""
    concerns: str = ""
    movements: tuple[Movement, ...] = ()

    @property
    def is_open(self) -> bool:
        """Tell whether this is an invoice that is still to be paid."""
        return self.status in {Invoice.Status.UNPAID, OVERDUE} and self.balance > ZERO

    @property
    def has_untaxed_lines(self) -> bool:
        """Tell whether lines with and without tax have to be told apart."""
        return bool(self.taxes) and any(not each.is_taxed for each in self.lines)


def invoice_document(invoice: Invoice, *, today: date) -> Document:
    """Read what a published invoice says, with its payments; `currency` is loaded already."""
    movements = tuple(_movement(row) for row in movements_of(invoice))
    is_overdue = invoice.status == Invoice.Status.UNPAID and invoice.due_date < today
    return Document(
        title=_("Invoice"),
        number=invoice.number or "",
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        currency=invoice.currency,
        issuer=invoice.issuer,
        recipient=invoice.recipient,
        lines=[_line(item) for item in invoice.items.order_by("pk")],
        subtotal=invoice.subtotal,
        taxes=_taxes(invoice.taxes),
        total=invoice.total,
        has_prices_with_tax=invoice.has_prices_with_tax,
        is_exempt=_is_exempt(invoice.taxes),
        balance=invoice.balance,
        status=OVERDUE if is_overdue else invoice.status,
        paid_on=_paid_on(invoice, movements),
        notes=invoice.notes,
        movements=movements,
    )


def credit_note_document(note: CreditNote) -> Document:
    """Read what a credit note says; `currency` and `invoice` are loaded already."""
    return Document(
        title=_("Credit note"),
        number=note.number,
        issue_date=note.issue_date,
        currency=note.currency,
        issuer=note.issuer,
        recipient=note.recipient,
        lines=[
            Line(
                description=each["description"],
                quantity=each["quantity"],
                unit_price=Decimal(each["unit_price"]),
                amount=Decimal(each["amount"]),
                is_taxed=each["is_taxed"],
            )
            for each in note.items
        ],
        subtotal=note.subtotal,
        taxes=_taxes(note.taxes),
        total=note.total,
        is_exempt=_is_exempt(note.taxes),
        notes=note.reason,
        concerns=(note.invoice.number or "") if note.invoice else "",
    )


def movements_of(invoice: Invoice) -> QuerySet[Any, Any]:
    """Return payments, refunds, credit and credit notes of an invoice, by day, in one query."""
    # What was paid on a cancelled invoice does not count for it any more, but it was paid.
    is_cancelled = invoice.status == Invoice.Status.CANCELLED
    payments = invoice.payments.filter(Q(kind=Payment.Kind.PAYMENT) | Q(applied__gt=0))
    paid = payments if is_cancelled else payments.filter(applied__gt=0)
    credited = invoice.credit_entries.filter(
        Q(reason=CreditEntry.Reason.SPENT)
        | Q(reason=CreditEntry.Reason.RETURNED, payment__isnull=True)
    )
    rows: QuerySet[Any, Any] = _arm(
        paid,
        day=F("paid_on"),
        what=F("kind"),
        how=F("gateway"),
        text=F("reference"),
        sum=F("amount") if is_cancelled else F("applied"),
    ).union(
        _arm(
            credited,
            day=TruncDate("created_at"),
            what=F("reason"),
            how=_text(gateways.CREDIT.name),
            text=_text(""),
            sum=F("amount"),
        ),
        _arm(
            invoice.credit_notes.all(),
            day=F("issue_date"),
            what=_text(NOTE),
            how=_text(""),
            text=F("number"),
            sum=F("total"),
        ),
        all=True,
    )
    return rows.order_by("day")


def _arm(rows: QuerySet[Any], **columns: Any) -> QuerySet[Any, Any]:
    arm: QuerySet[Any, Any] = rows.order_by().annotate(**columns).values_list(*columns)
    return arm


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())


def _movement(row: tuple[date, str, str, str, Decimal]) -> Movement:
    day, what, how, text, amount = row
    gateway = gateways.gateway_of(how)
    way = str(gateway.label) if gateway else how
    labels = {
        Payment.Kind.PAYMENT.value: way,
        Payment.Kind.REFUND.value: _("Refund: %(way)s") % {"way": way},
        CreditEntry.Reason.SPENT.value: _("Credit used"),
        CreditEntry.Reason.RETURNED.value: _("Returned to the credit balance"),
        NOTE: _("Credit note"),
    }
    goes_out = what in {Payment.Kind.REFUND, CreditEntry.Reason.RETURNED}
    return Movement(
        day=day,
        label=labels[what],
        reference=text,
        amount=-abs(amount) if goes_out else abs(amount),
    )


def _paid_on(invoice: Invoice, movements: tuple[Movement, ...]) -> date | None:
    """Return the day that the last of the money came, which may be before it was recorded."""
    if invoice.paid_at is None:
        return None
    recorded = timezone.localdate(invoice.paid_at)
    came = [each.day for each in movements if each.amount > ZERO and each.day <= recorded]
    return max(came, default=recorded)


def _line(item: InvoiceItem) -> Line:
    return Line(
        description=item.description,
        quantity=item.quantity,
        unit_price=item.unit_price,
        amount=item.amount,
        is_taxed=item.is_taxed,
    )


def _taxes(stored: list[dict[str, Any]]) -> list[Tax]:
    return [
        Tax(name=each["name"], percent=each["percent"], amount=Decimal(each["amount"]))
        for each in stored
        if not each["is_exempt"]
    ]


def _is_exempt(stored: list[dict[str, Any]]) -> bool:
    return any(each["is_exempt"] for each in stored)
