"""Cover what an invoice is owed, and say so once nothing is left."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone

from billing.events import InvoicePaid
from billing.models import Invoice
from clients.actors import Actor
from clients.operations import activity
from core.events import publish
from core.money import ZERO


def cover(*, invoice: Invoice, amount: Decimal, actor: Actor) -> None:
    """
    Take an amount off an open invoice's balance; at 0 the invoice is paid.

    The caller holds the lock of the client's money, has read the invoice under it, and covers no
    more than the balance. With a balance of 0 the amount is 0.
    """
    invoice.balance -= amount
    if invoice.balance > ZERO:
        invoice.save(update_fields=["balance"])
        return
    invoice.settle(at=timezone.now())
    invoice.save(update_fields=["balance", "status", "paid_at"])
    note(action="invoice.paid", invoice=invoice, actor=actor)
    publish(InvoicePaid(invoice_id=invoice.pk))


def uncover(*, invoice: Invoice, amount: Decimal) -> None:
    """Put an amount back on an open invoice's balance; the lock is held as in `cover`."""
    invoice.balance += amount
    invoice.save(update_fields=["balance"])


def note(
    *, action: str, invoice: Invoice, actor: Actor, after: dict[str, object] | None = None
) -> None:
    """Write the activity line of an invoice."""
    activity.record(
        action=action,
        subject=invoice,
        name=invoice.number or f"#{invoice.pk}",
        client=invoice.client,
        actor=actor,
        after=after,
    )
