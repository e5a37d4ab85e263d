"""Tell clients in time that the mail of a closed service is going to be deleted."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from billing.events import ClosingNoticeDue
from billing.models import Closing, Service
from clients.actors import Actor
from clients.operations import activity
from core.events import publish

# Days before the deletion.
NOTICES = (14, 7, 1)


def closing_notices_due(*, today: date) -> list[int]:
    """
    Return the ids of the closings whose client is to be told today.

    After days without a run only the latest notice that is due is sent.
    """
    closed = Closing.objects.filter(
        status=Closing.Status.CLOSED,
        service__status=Service.Status.CLOSING,
        service__closes_at__date__lte=today + timedelta(days=NOTICES[0]),
    ).select_related("service")
    return [each.pk for each in closed.order_by("pk") if _notice_of(each, today=today)]


@transaction.atomic
def send_closing_notice(*, closing: Closing, today: date, actor: Actor) -> Closing | None:
    """Note that a notice goes out and say so; None where it has gone or is not due any more."""
    rows = Closing.objects.select_for_update(of=("self",))
    fresh = rows.select_related("service__mail_domain", "service__client").get(pk=closing.pk)
    days = _notice_of(fresh, today=today)
    if fresh.status != Closing.Status.CLOSED or not days:
        return None
    fresh.last_notice_days, fresh.last_notice_on = days, today
    fresh.save(update_fields=["last_notice_days", "last_notice_on"])
    service = fresh.service
    left = days_left(service, today=today)
    activity.record(
        action="service.closing_notice",
        subject=service,
        name=service.domain,
        client=service.client,
        actor=actor,
        scope=service.mail_domain,
        after={"days": left},
    )
    publish(ClosingNoticeDue(service_id=service.pk, days=left))
    return fresh


def days_left(service: Service, *, today: date) -> int:
    """Return in how many days the mail is deleted, never fewer than one."""
    ends = service.closes_at
    return max((timezone.localdate(ends) - today).days, 1) if ends else 1


def _notice_of(closing: Closing, *, today: date) -> int:
    """Return which notice is due, by its days; 0 for none."""
    left = days_left(closing.service, today=today)
    # Where mail is kept for a week there is nothing to say two weeks before.
    last = NOTICES[-1]
    sensible = [days for days in NOTICES if days < closing.hold_days or days == last]
    latest = min((days for days in sensible if left <= days), default=0)
    sent = closing.last_notice_days
    return latest if sent is None or sent > latest else 0
