"""Reading what the end of a service means: what is lost with it, until when it can come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import OuterRef, QuerySet, Subquery

from billing.models import CancellationRequest, Closing, Service
from provisioning.models import MailDomain
from provisioning.queries import DomainUsage, usage_of


@dataclass(frozen=True)
class Ending:
    """
    What ends with a service.

    `period_ends_on` is None where nothing is paid by periods. The mail can be brought back up to
    `kept_from_now`, or `kept_from_end`; neither where there is no mail yet.
    """

    usage: DomainUsage
    is_mail_kept: bool
    hold_days: int
    period_ends_on: date | None
    is_paid_ahead: bool
    kept_from_now: date
    kept_from_end: date | None


def ending_of(service: Service, *, today: date) -> Ending:
    """Return what a client gives up by ending a service."""
    due = service.next_due_date
    hold_days = max(service.product.hold_days, 1)
    hold = timedelta(days=hold_days)
    ends_on = max(due, today) if due else None
    return Ending(
        usage=usage_of(service.mail_domain),
        is_mail_kept=service.mail_domain.status
        in {MailDomain.Status.ACTIVE, MailDomain.Status.SUSPENDED},
        hold_days=hold_days,
        period_ends_on=ends_on,
        is_paid_ahead=due is not None and due > today,
        kept_from_now=today + hold,
        kept_from_end=ends_on + hold if ends_on else None,
    )


def with_cancellation(services: QuerySet[Service]) -> QuerySet[Service]:
    """Tell of each service, as `cancelled_to`, which day it was asked to end on, if any."""
    waiting = CancellationRequest.objects.filter(
        service=OuterRef("pk"), status=CancellationRequest.Status.OPEN
    )
    return services.annotate(cancelled_to=Subquery(waiting.values("ends_on")[:1]))


def cancelled_to(service: Service) -> date | None:
    """Return what `with_cancellation` has read; None for a service that was read without it."""
    found: date | None = getattr(service, "cancelled_to", None)
    return found


def open_closing_of(service: Service) -> Closing | None:
    """Return how far a service is on its way to its end, or back."""
    return Closing.objects.open().filter(service=service).first()
