"""Open invoices that staff take back, and what becomes of the periods on them."""

from __future__ import annotations

from enum import StrEnum

from django.db import transaction
from django.db.models import F

from billing.models import Invoice, InvoiceItem, Service, Upgrade
from billing.operations import invoicing, periods, profiles, termination
from billing.operations.invoicing import UnableToInvoice
from clients.actors import Actor
from clients.operations import activity
from core.sentences import sentence as _

Kind = InvoiceItem.Kind
# Services that have periods: those that run, and those that can still be restored.
WITH_PERIODS = [Service.Status.ACTIVE, Service.Status.SUSPENDED, Service.Status.CLOSING]


class Periods(StrEnum):
    """What becomes of the periods on an invoice that is taken back."""

    INVOICE_AGAIN = "again"
    FORGIVE = "forgive"


@transaction.atomic
def take_back_invoice(
    *, invoice: Invoice, then: Periods, actor: Actor, reason: str = ""
) -> Invoice:
    """
    Cancel a draft or an open invoice; what was paid on it becomes credit.

    Its periods get a new invoice with the next run, or count as paid. An invoice that is cancelled
    already is returned as it is.

    :raises UnableToInvoice: it is paid, or a period is to be forgiven before an earlier one
    """
    profiles.lock(invoice.client)
    was_open = Invoice.objects.filter(
        pk=invoice.pk, status__in=[Invoice.Status.DRAFT, Invoice.Status.UNPAID]
    ).exists()
    found = Service.objects.filter(
        invoice_items__invoice=invoice, invoice_items__kind=Kind.HOSTING, status__in=WITH_PERIODS
    )
    services = [
        termination.lock(each)
        for each in found.select_related("client").distinct().order_by("mail_domain_id")
    ]
    cancelled = invoicing.cancel_invoice(invoice=invoice, actor=actor, reason=reason)
    if was_open:
        for service in services:
            if then == Periods.FORGIVE:
                _forgive(invoice, service, actor)
            else:
                _put_back(invoice, service)
            periods.set_next_invoice_date(service)
    return cancelled


def _put_back(invoice: Invoice, service: Service) -> None:
    """Have the next invoice say again what this one has said besides the price of the period."""
    items = InvoiceItem.objects.filter(invoice=invoice, service=service)
    discounted = items.filter(kind=Kind.PROMOTION, period_start__isnull=False)
    count = discounted.values("period_start").distinct().count()
    Service.objects.filter(pk=service.pk, promotion_periods_left__isnull=False).update(
        promotion_periods_left=F("promotion_periods_left") + count
    )
    changes = items.filter(kind=Kind.UPGRADE, upgrade__status=Upgrade.Status.APPLIED)
    Upgrade.objects.filter(pk__in=changes.values("upgrade")).update(is_charged_at_renewal=True)


def _forgive(invoice: Invoice, service: Service, actor: Actor) -> None:
    """Let the periods on an invoice count as paid."""
    before = due = service.next_due_date
    items = InvoiceItem.objects.filter(
        invoice=invoice, service=service, kind=Kind.HOSTING, period_end__isnull=False
    )
    for start, end in items.order_by("period_start").values_list("period_start", "period_end"):
        if due is None or end is None or end <= due:
            continue
        if start != due:
            raise UnableToInvoice(
                _("An earlier period of %(domain)s is not paid. Deal with its invoice first.")
                % {"domain": service.domain}
            )
        due = end
    if due is None or due == before:
        return
    service.next_due_date = due
    service.save(update_fields=["next_due_date", "updated_at"])
    activity.record(
        action="service.paid_until",
        subject=service,
        name=service.domain,
        client=service.client,
        actor=actor,
        scope=service.mail_domain,
        before={"next_due_date": before.isoformat() if before else ""},
        after={"next_due_date": due.isoformat()},
    )
