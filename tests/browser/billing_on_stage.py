"""Invoices, payments and credit of the client on the stage, and the pages that tell of them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone

from billing.models import BillingSettings, CreditNote, Invoice, InvoiceItem, Service, TaxRule
from billing.operations import credit, credit_notes, invoicing, payments
from billing.operations.items import ItemSpec
from clients.actors import Actor
from clients.models import Client

STAFF = Actor.system("staff")
Kind = InvoiceItem.Kind


def fill_billing(service: Service) -> None:
    """Bill the service for half a year; one invoice is in every state."""
    BillingSettings.objects.create(
        pk=1,
        company_name="Northwind Mail Ltd",
        company_address="12 Harbour Street\nBristol BS1 5TR",
        company_tax_id="GB123456789",
        payment_instructions="Northwind Mail Ltd\nIBAN GB00 NWND 0000 0000 0000 00\nBIC NWNDGB00",
        is_credit_applied=False,
    )
    TaxRule.objects.create(name="VAT", percent=20)
    client, today = service.client, timezone.localdate()
    bills = [_bill(service, today - timedelta(days=30 * months)) for months in range(6, -1, -1)]
    refunded, cancelled, *paid = bills[:5]
    for number, invoice in enumerate([refunded, *paid]):
        _pay(invoice, invoice.total + number, f"TRANSFER-2026-{number}")
    payments.refund_payment(
        payment=refunded.payments.get(),
        amount=refunded.total,
        to=payments.RefundTo.SOURCE,
        reference="BACK-1",
        on=today,
        actor=STAFF,
    )
    invoicing.reissue_invoice(
        invoice=cancelled, items=[_line(service, "Email hosting", "8.00")], on=today, actor=STAFF
    )
    _pay(bills[5], Decimal(5), "A-REFERENCE-OF-THE-BANK-THAT-HAS-FORTY-CHARACTERS")
    credit.add_credit(client=client, amount=Decimal(7), description="Thank you", actor=STAFF)
    credit_notes.issue_credit_note(
        client=client,
        items=[_line(service, "Enhanced mailboxes, five fewer than before", "3.10")],
        on=today,
        reason="Fewer Enhanced mailboxes from today on",
        actor=STAFF,
    )


def _bill(service: Service, day: date) -> Invoice:
    """Bill one month that begins on the day; it is due then."""
    names = (
        ("Business Mail for acme.test", "12.00", Kind.HOSTING),
        ("Enhanced mailboxes", "9.00", Kind.OPTION),
        ("Promotion SPRING: Business Mail", "-1.20", Kind.PROMOTION),
    )
    return invoicing.issue_invoice(
        client=service.client,
        items=[_line(service, name, amount, kind, day) for name, amount, kind in names],
        due_date=day,
        on=day - timedelta(days=14),
        actor=STAFF,
    )


def _line(
    service: Service,
    description: str,
    amount: str,
    kind: InvoiceItem.Kind = Kind.OTHER,
    day: date | None = None,
) -> ItemSpec:
    return ItemSpec(
        kind=kind,
        description=description,
        amount=Decimal(amount),
        unit_price=Decimal(amount),
        service=service,
        period_start=day,
        period_end=day + timedelta(days=30) if day else None,
    )


def _pay(invoice: Invoice, amount: Decimal, reference: str) -> None:
    payments.record_payment(
        client=invoice.client,
        invoice=invoice,
        amount=amount,
        gateway="bank_transfer",
        reference=reference,
        paid_on=invoice.due_date,
        actor=STAFF,
    )


def billing_pages(client: Client) -> dict[str, str]:
    """Return every page of the client's money, by a name fit for a file."""
    shown = {"refunded": "refunded", "cancelled": "cancelled", "paid": "paid", "unpaid": "unpaid"}
    invoices = client.invoices.order_by("-due_date")

    def of(status: str, name: str = "invoice") -> str:
        return reverse(f"clientarea:{name}", args=[invoices.filter(status=status)[0].pk])

    note = CreditNote.objects.filter(client=client)[0]
    late = client.invoices.overdue(on=timezone.localdate()).order_by("pk").last()
    return {
        "invoices": reverse("clientarea:invoices"),
        "invoices-none": f"{reverse('clientarea:invoices')}?search=nothing",
        **{f"invoice-{name}": of(status) for name, status in shown.items()},
        "invoice-overdue": reverse("clientarea:invoice", args=[late.pk if late else 0]),
        "invoice-print": of(Invoice.Status.PAID, "invoice-print"),
        "credit": reverse("clientarea:credit"),
        "credit-note": reverse("clientarea:credit-note", args=[note.pk]),
        "funds-add": reverse("clientarea:funds-add"),
        "mass-payment": reverse("clientarea:mass-payment"),
        "mass-payment-transfer": (
            f"{reverse('clientarea:mass-payment')}?how=transfer&invoice={late.pk if late else 0}"
        ),
    }
