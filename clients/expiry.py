"""Close what nobody has answered in time, and let go of what was kept for long enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from clients.actors import Actor
from clients.models import EmailMessage, Invitation
from clients.operations import activity

AT_ONCE = 200


def expire_invitations(*, now: datetime) -> None:
    """Mark invitations whose time has run out; their links stopped working by themselves."""
    for pk in Invitation.objects.overdue(at=now).values_list("pk", flat=True)[:AT_ONCE]:
        with transaction.atomic():
            invitation = Invitation.objects.select_for_update().overdue(at=now).filter(pk=pk)
            found = invitation.select_related("client").first()
            if found is None:
                continue
            found.expire()
            found.save()
            activity.record(
                action="invitation.expired",
                subject=found,
                name=found.email,
                client=found.client,
                actor=Actor.system("invitations"),
            )


def prune_email(*, now: datetime) -> int:
    """Delete messages older than EMAIL_LOG_DAYS, but none that waits; return how many."""
    old = EmailMessage.objects.filter(
        created_at__lt=now - timedelta(days=settings.EMAIL_LOG_DAYS),
        status__in=[
            EmailMessage.Status.SENT,
            EmailMessage.Status.FAILED,
            EmailMessage.Status.WITHHELD,
        ],
    )
    deleted = 0
    while ids := list(old.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        deleted += old.filter(pk__in=ids).delete()[0]
    return deleted
