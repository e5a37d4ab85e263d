"""What the demo's reseller prints on invoices, and the invoices of the service it shows first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from billing.gateways import BANK_TRANSFER
from billing.models import BillingSettings, Invoice, InvoiceItem, Service
from billing.operations import configuration, credit, invoicing, payments, renewals
from billing.operations.items import ItemSpec
from billing.pricing.cycles import Cycle, previous_due
from clients.actors import Actor

INVOICED_DAYS_BEFORE = 14


def open_books(*, actor: Actor) -> None:
    """Say who sends the invoices and where money goes, unless somebody has said so already."""
    settings = BillingSettings.current()
    if settings.company_name:
        return
    settings.company_name = "Polar Reseller Ltd"
    settings.company_address = "7 Harbour Lane\nPorthaven PH1 2AB"
    settings.company_tax_id = "XX 123 456 789"
    settings.payment_instructions = (
        "Polar Reseller Ltd\nIBAN XX00 0000 0000 0000 0000\nBIC POLRXX00"
    )
    settings.is_credit_applied = False
    configuration.save_row(row=settings, actor=actor)


@transaction.atomic
def keep_books(service: Service, *, actor: Actor, today: date) -> None:
    """Bill what the service has had and will have: one invoice paid, one open, some credit left."""
    service.refresh_from_db()
    due = service.next_due_date
    if due is None or service.anchor_day is None or service.client.invoices.exists():
        return
    began = previous_due(due=due, cycle=Cycle(service.cycle), anchor_day=service.anchor_day)
    paid = _past_invoice(service, began, actor)
    payments.record_payment(
        client=service.client,
        invoice=paid,
        amount=paid.total + Decimal(20),
        gateway=BANK_TRANSFER.name,
        reference="DEMO-1",
        paid_on=began,
        actor=actor,
    )
    credit.add_credit(
        client=service.client,
        amount=Decimal(5),
        description=gettext("Thank you for your patience"),
        actor=actor,
    )
    renewals.invoice_next_period(
        service_ids=[service.pk],
        due=renewals.due_for_invoice(today=today, days=INVOICED_DAYS_BEFORE),
        today=today,
        actor=actor,
    )


def _past_invoice(service: Service, day: date, actor: Actor) -> Invoice:
    """Return an invoice of the past period; its line moves no due date again when it is paid."""
    item = ItemSpec(
        kind=InvoiceItem.Kind.OTHER,
        description=f"{service.product.name} ({service.domain})",
        amount=service.recurring_amount,
        unit_price=service.recurring_amount,
        service=service,
    )
    return invoicing.issue_invoice(
        client=service.client, items=[item], due_date=day, on=day, actor=actor
    )
