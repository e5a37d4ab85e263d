"""Lines, invoices and payments for the tests of billing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from billing.models import CreditEntry, Invoice, InvoiceItem, Payment, Service
from billing.operations import credit_notes, invoicing, payments, profiles
from billing.operations.items import ItemSpec
from clients.actors import Actor
from clients.models import Client

TODAY = date(2026, 5, 10)
ACTOR = Actor.system("test")
_references = count(1)


def line(amount: str, description: str = "Something", **fields: Any) -> ItemSpec:
    """Return a line of that amount."""
    values: dict[str, Any] = {"kind": InvoiceItem.Kind.OTHER, "unit_price": Decimal(amount)}
    return ItemSpec(description=description, amount=Decimal(amount), **(values | fields))


def hosting(
    service: Service, amount: str = "10.00", *, start: date = TODAY, days: int = 30, **fields: Any
) -> ItemSpec:
    """Return the line of a service's period."""
    return line(
        amount,
        f"Email for {service.domain}",
        kind=InvoiceItem.Kind.HOSTING,
        service=service,
        period_start=start,
        period_end=start + timedelta(days=days),
        **fields,
    )


def issue(client: Client, *items: ItemSpec | str, due: date = TODAY, **fields: Any) -> Invoice:
    """Return a published invoice over these lines, given as lines or amounts."""
    return invoicing.issue_invoice(
        client=client,
        items=[line(each) if isinstance(each, str) else each for each in items or ("10.00",)],
        due_date=due,
        on=TODAY,
        actor=ACTOR,
        **fields,
    )


def pay(invoice: Invoice, amount: str = "", *, reference: str = "", **fields: Any) -> Payment:
    """Pay an invoice, all of it unless an amount is named, by bank transfer."""
    values: dict[str, Any] = {
        "client": invoice.client,
        "gateway": "bank_transfer",
        "paid_on": TODAY,
    }
    return payments.record_payment(
        invoice=invoice,
        amount=Decimal(amount) if amount else Invoice.objects.get(pk=invoice.pk).balance,
        reference=reference or f"TX{next(_references)}",
        actor=ACTOR,
        **(values | fields),
    )


def paper(client: Client) -> dict[str, int]:
    """Give a client one document of each kind; return their ids as addresses call them."""
    note = credit_notes.issue_credit_note(
        client=client, items=[line("2.00")], on=TODAY, reason="Less", actor=ACTOR
    )
    return {"invoice_id": issue(client, uses_credit=False).pk, "credit_note_id": note.pk}


def credit_of(client: Client) -> Decimal:
    """Return the client's credit, which is what the ledger adds up to."""
    credit = profiles.profile_of(client).credit
    entries = CreditEntry.objects.filter(client=client).order_by("pk")
    assert sum((each.amount for each in entries), Decimal(0)) == credit
    return credit
