"""Close what nobody has answered in time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from clients.actors import Actor
from clients.models import Invitation
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
