"""What follows when an invoice that somebody was told of is replaced or cancelled."""

from __future__ import annotations

from billing.events import InvoiceCancelled, InvoicePublished
from billing.models import Invoice
from billing.operations import late_fees, notices
from clients.actors import Actor
from core.events import reacts_to

ACTOR = Actor.system("billing")


@reacts_to(InvoicePublished)
def count_earlier_notices(event: InvoicePublished) -> None:
    """Nobody is told of the same debt again, or charged for it, as its invoice was replaced."""
    invoice = Invoice.objects.select_related("replaces").get(pk=event.invoice_id)
    notices.keep_notices(invoice=invoice)
    late_fees.keep_fee(invoice=invoice)


@reacts_to(InvoiceCancelled)
def take_back_the_late_fee(event: InvoiceCancelled) -> None:
    """What is not owed was not late."""
    invoice = Invoice.objects.select_related("client").get(pk=event.invoice_id)
    late_fees.take_back(invoice=invoice, actor=ACTOR)
