"""What billing keeps for how long, and the states that follow from doing nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from billing.models import AutomationRun, BillingSettings, Invoice, InvoiceItem, Quote, Service
from billing.operations import invoicing, profiles
from clients.actors import Actor
from clients.models import Client
from clients.operations import activity

# A quote nobody has confirmed says nothing once it has expired.
QUOTE_DAYS = 7
# A client who has just come is not inactive for want of a service.
NEW_CLIENT_DAYS = 30
# Rows a statement: nobody waits for a lock while history goes.
AT_ONCE = 5000
Status = Client.Status
_Row = TypeVar("_Row", bound=Model)


def old_invoices(*, today: date, settings: BillingSettings) -> QuerySet[Invoice]:
    """
    Return the invoices to be cancelled because they were overdue for too long; none by default.

    What a service that still runs has to pay stays owed, and an order that nobody pays is cancelled
    as a whole or not at all.
    """
    if not settings.old_invoice_days:
        return Invoice.objects.none()
    needed = Q(pk__in=Service.objects.running()) | Q(status=Service.Status.PENDING)
    of_needed = InvoiceItem.objects.filter(
        invoice=OuterRef("pk"), is_live=True, service__in=Service.objects.filter(needed)
    )
    last = today - timedelta(days=settings.old_invoice_days)
    return (
        Invoice.objects.overdue(on=today)
        .filter(~Exists(of_needed), due_date__lte=last)
        .order_by("due_date", "pk")
    )


@transaction.atomic
def cancel_old_invoice(
    *, invoice_id: int, today: date, settings: BillingSettings, actor: Actor
) -> Invoice | None:
    """Cancel one of `old_invoices`; None where it is not one any more."""
    found = Invoice.objects.select_related("client").get(pk=invoice_id)
    profiles.lock(found.client)
    if not old_invoices(today=today, settings=settings).filter(pk=invoice_id).exists():
        return None
    return invoicing.cancel_invoice(invoice=found, actor=actor, reason="not paid")


@transaction.atomic
def update_client_statuses(*, now: datetime, actor: Actor) -> int:
    """
    Make clients inactive who have no service and owe nothing, and active who have one again.

    Closed clients stay closed. Returns how many were changed.
    """
    living = Service.objects.filter(client=OuterRef("pk")).exclude(
        status__in=[Service.Status.TERMINATED, Service.Status.CANCELLED, Service.Status.FRAUD]
    )
    owing = Invoice.objects.open().filter(client=OuterRef("pk"))
    busy = Q(Exists(living)) | Q(Exists(owing))
    long_ago = now - timedelta(days=NEW_CLIENT_DAYS)
    idle = Client.objects.filter(~busy, status=Status.ACTIVE, created_at__lt=long_ago)
    back = Client.objects.filter(Q(Exists(living)), status=Status.INACTIVE)
    return _set_status(idle, Status.INACTIVE, actor) + _set_status(back, Status.ACTIVE, actor)


def prune(*, now: datetime) -> int:
    """Delete expired quotes and the automation's old runs; return how many rows."""
    quotes = Quote.objects.filter(
        expires_at__lt=now - timedelta(days=QUOTE_DAYS), confirmed_at=None, upgrade=None
    )
    runs = AutomationRun.objects.filter(
        started_at__lt=now - timedelta(days=settings.AUTOMATION_LOG_DAYS)
    )
    return _delete(quotes) + _delete(runs)


def _set_status(clients: QuerySet[Client], status: str, actor: Actor) -> int:
    changed = list(clients.select_for_update(of=("self",)).order_by("pk")[:AT_ONCE])
    before = Status.ACTIVE if status == Status.INACTIVE else Status.INACTIVE
    Client.objects.filter(pk__in=[client.pk for client in changed]).update(status=status)
    activity.record_all(
        [
            activity.line(
                action="client.status_changed",
                subject=client,
                name=client.label,
                client=client,
                actor=actor,
                before={"status": str(before)},
                after={"status": str(status)},
            )
            for client in changed
        ]
    )
    return len(changed)


def _delete(rows: QuerySet[_Row]) -> int:
    """Delete rows in small transactions, what hangs on them as well."""
    deleted = 0
    while chunk := list(rows.order_by("pk")[:AT_ONCE]):
        of_all: QuerySet[_Row] = QuerySet(rows.model).filter(pk__in=[row.pk for row in chunk])
        deleted += of_all.delete()[1].get(rows.model._meta.label, 0)
    return deleted
