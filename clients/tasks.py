"""Celery's doors of the clients: each makes one call."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from clients import delivery, expiry
from core.wake import wake


@shared_task(name="clients.send_email")
def send_email(*, email_id: int, **_later: object) -> None:
    """Send one message."""
    delivery.deliver(email_id)


@shared_task(name="clients.sweep")
def sweep_up(**_later: object) -> None:
    """Wake workers for email that waits, and close invitations nobody accepted in time."""
    now = timezone.now()
    for email_id in delivery.due(now=now):
        wake(send_email, email_id=email_id)
    expiry.expire_invitations(now=now)
