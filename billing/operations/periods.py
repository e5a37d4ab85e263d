"""The periods of a service: which of them have an invoice, and where the next one begins."""

from __future__ import annotations

from datetime import date

from billing.models import Invoice, InvoiceItem, Service

Kind = InvoiceItem.Kind


def first_day_not_invoiced(service: Service) -> date | None:
    """
    Return where the next period to be invoiced begins; None for what is not paid by periods.

    Only what follows on what is paid for counts: a period of terms that the service has no more
    may reach further, and was credited when they changed.
    """
    day = service.next_due_date
    if day is None:
        return None
    items = service.invoice_items.filter(
        kind=Kind.HOSTING, is_live=True, period_start__gte=day, period_end__isnull=False
    )
    ends = dict(items.values_list("period_start", "period_end"))
    while (end := ends.get(day)) is not None and end > day:
        day = end
    return day


def set_next_invoice_date(service: Service) -> date | None:
    """Have the next invoice begin where nothing is invoiced yet, and return that day."""
    day = first_day_not_invoiced(service)
    Service.objects.filter(pk=service.pk).update(next_invoice_date=day)
    return day


def drop_paid_ahead(service: Service) -> None:
    """
    Let the periods that were paid ahead at terms that have ended be in the way of no new ones.

    The caller has given `service` the due date of its new terms, and credits what they were worth.
    """
    if service.next_due_date is not None:
        InvoiceItem.objects.filter(
            service=service,
            kind=Kind.HOSTING,
            is_live=True,
            period_start__gte=service.next_due_date,
            invoice__status__in=[Invoice.Status.PAID, Invoice.Status.REFUNDED],
        ).update(is_live=False)
