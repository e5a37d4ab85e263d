"""Late fees: an invoice of their own for what is overdue for too long."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import formats, translation
from django.utils.translation import gettext as _

from billing.models import BillingSettings, Invoice, InvoiceItem, InvoiceNotice
from billing.operations import invoicing, profiles
from billing.operations.currencies import unit_of
from billing.operations.items import ItemSpec
from billing.pricing.late_fees import LateFee, LateFeeKind, late_fee
from clients.actors import Actor

Kind = InvoiceNotice.Kind


def due_for_late_fee(*, today: date, settings: BillingSettings) -> QuerySet[Invoice]:
    """Return the overdue invoices that a fee is to be charged for, and was not yet."""
    rule = _rule(settings)
    if rule.kind == LateFeeKind.NONE:
        return Invoice.objects.none()
    charged = InvoiceNotice.objects.filter(invoice=OuterRef("pk"), kind=Kind.LATE_FEE)
    fees = InvoiceItem.objects.filter(
        invoice=OuterRef("pk"),
        kind__in=[InvoiceItem.Kind.LATE_FEE, InvoiceItem.Kind.FUNDS],
    )
    return (
        Invoice.objects.overdue(on=today)
        .filter(~Exists(charged), ~Exists(fees), balance__gt=0)
        .filter(due_date__lte=today - timedelta(days=rule.days))
        .exclude(client__billing__is_late_fee_exempt=True)
        .order_by("due_date", "pk")
    )


@transaction.atomic
def charge_late_fee(
    *, invoice_id: int, today: date, now: datetime, settings: BillingSettings, actor: Actor
) -> Invoice | None:
    """
    Charge the fee for an overdue invoice, and return the invoice of the fee; None if none is due.

    A published invoice does not change, and replacing it would take away the number that a
    transfer on its way names. So the fee has an invoice of its own, due at once, which is
    cancelled with the overdue one. No fee is charged for a fee, and none suspends a service.
    """
    found = Invoice.objects.select_related("client").get(pk=invoice_id)
    profile = profiles.lock(found.client)
    overdue = due_for_late_fee(today=today, settings=settings).filter(pk=invoice_id)
    invoice = overdue.select_related("client", "currency").first()
    if invoice is None:
        return None
    currency = unit_of(invoice.currency)
    fee = late_fee(
        rule=_rule(settings),
        owed=invoice.balance,
        due=invoice.due_date,
        today=today,
        currency=currency,
    )
    InvoiceNotice.objects.create(invoice=invoice, kind=Kind.LATE_FEE, told_at=now)
    if fee <= 0 or profile.currency_id != invoice.currency_id:
        return None
    return invoicing.issue_invoice(
        client=invoice.client,
        items=[
            ItemSpec(
                kind=InvoiceItem.Kind.LATE_FEE,
                description=_described(invoice),
                amount=fee,
                unit_price=fee,
                is_taxed=False,
                key=_key(invoice),
            )
        ],
        due_date=today,
        on=today,
        actor=actor,
    )


@transaction.atomic
def take_back(*, invoice: Invoice, actor: Actor) -> None:
    """Cancel the open fee of an invoice that is owed no more."""
    for item in _open_fees(invoice).select_related("invoice"):
        invoicing.cancel_invoice(invoice=item.invoice, actor=actor, reason=str(invoice.number))


def keep_fee(*, invoice: Invoice) -> None:
    """
    Charge no fee again for what is owed on an invoice that replaces another.

    A fee that was paid, or that staff have cancelled, was for this debt too. One that is open is
    taken back with the old invoice, so that the new one may have one for what is owed then.
    """
    replaced = invoice.replaces
    if replaced is None or _open_fees(replaced).exists():
        return
    for earlier in InvoiceNotice.objects.filter(invoice=replaced, kind=Kind.LATE_FEE):
        InvoiceNotice.objects.get_or_create(
            invoice=invoice, kind=Kind.LATE_FEE, defaults={"told_at": earlier.told_at}
        )


def _open_fees(invoice: Invoice) -> QuerySet[InvoiceItem]:
    return InvoiceItem.objects.filter(
        kind=InvoiceItem.Kind.LATE_FEE,
        key=_key(invoice),
        invoice__status=Invoice.Status.UNPAID,
        invoice__client=invoice.client_id,
    )


def _rule(settings: BillingSettings) -> LateFee:
    return LateFee(
        kind=LateFeeKind(settings.late_fee_kind),
        value=settings.late_fee_value,
        days=settings.late_fee_days,
        minimum=settings.late_fee_minimum,
    )


def _key(invoice: Invoice) -> str:
    return f"invoice-{invoice.pk}"


def _described(invoice: Invoice) -> str:
    with translation.override(invoice.client.language):
        return _("Late fee for invoice %(number)s, due on %(date)s") % {
            "number": invoice.number,
            "date": formats.date_format(invoice.due_date),
        }
