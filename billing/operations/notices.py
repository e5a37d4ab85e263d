"""Reminders and overdue notices: which is due for which invoice, each once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from billing.events import InvoiceNoticeDue
from billing.models import BillingSettings, Invoice, InvoiceNotice
from billing.operations import profiles, settlement
from clients.actors import Actor
from core.events import publish

Kind = InvoiceNotice.Kind
OVERDUE = (Kind.OVERDUE_1, Kind.OVERDUE_2, Kind.OVERDUE_3)


@dataclass(frozen=True)
class Wave:
    """One kind of notice, and the invoices that are due for it."""

    kind: InvoiceNotice.Kind
    invoices: QuerySet[Invoice]


def reminders(*, today: date, settings: BillingSettings) -> Wave:
    """Return the invoices that fall due within the settings' days, and were made before today."""
    last = today + timedelta(days=settings.reminder_days)
    due = Invoice.objects.open().filter(
        due_date__gte=today, due_date__lte=last, issue_date__lt=today, balance__gt=0
    )
    if not settings.reminder_days:
        due = due.none()
    return Wave(Kind.REMINDER, _untold(due, [Kind.REMINDER]))


def overdue_notices(*, today: date, settings: BillingSettings) -> Iterator[Wave]:
    """
    Yield the overdue notices that are due, the last one first.

    Of several that have become due since the last run only the latest is sent: who was not told
    twice is not told twice on one day.
    """
    days = sorted(each for each in settings.overdue_notice_days if each > 0)[: len(OVERDUE)]
    wanted = Invoice.objects.overdue(on=today).filter(balance__gt=0)
    wanted = wanted.exclude(client__billing__wants_overdue_notices=False)
    for number in reversed(range(len(days))):
        due = wanted.filter(due_date__lte=today - timedelta(days=days[number]))
        # What has had a later notice is past this one.
        yield Wave(OVERDUE[number], _untold(due, OVERDUE[number:]))


@transaction.atomic
def give_notice(*, invoice_id: int, kind: str, now: datetime, actor: Actor) -> Invoice | None:
    """
    Tell the client of an invoice that is still open; None where it is not, or they were told.

    A payment in this moment comes before, and nobody is told, or after.
    """
    found = Invoice.objects.select_related("client").get(pk=invoice_id)
    profiles.lock(found.client)
    invoice = Invoice.objects.select_related("client").get(pk=invoice_id)
    if invoice.status != Invoice.Status.UNPAID:
        return None
    _notice, is_new = InvoiceNotice.objects.get_or_create(
        invoice=invoice, kind=kind, defaults={"told_at": now}
    )
    if not is_new:
        return None
    settlement.note(action="invoice.noticed", invoice=invoice, actor=actor, after={"notice": kind})
    publish(InvoiceNoticeDue(invoice_id=invoice.pk, kind=kind))
    return invoice


def keep_notices(*, invoice: Invoice, earlier: Invoice | None = None) -> None:
    """Let the notices of the invoice that this one replaces, or of that one, count for it too."""
    before = earlier.pk if earlier else invoice.replaces_id
    if before is None:
        return
    told = InvoiceNotice.objects.filter(invoice=before, kind__in=[Kind.REMINDER, *OVERDUE])
    InvoiceNotice.objects.bulk_create(
        [InvoiceNotice(invoice=invoice, kind=each.kind, told_at=each.told_at) for each in told],
        ignore_conflicts=True,
    )


def _untold(invoices: QuerySet[Invoice], kinds: list[Kind] | tuple[Kind, ...]) -> QuerySet[Invoice]:
    told = InvoiceNotice.objects.filter(invoice=OuterRef("pk"), kind__in=kinds)
    return invoices.filter(~Exists(told)).order_by("due_date", "pk")
