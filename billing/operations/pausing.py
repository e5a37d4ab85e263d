"""What staff keep the automation from: one of its jobs, or one service for a while."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from billing.models import AutomationJob, Service
from billing.operations import termination
from clients.actors import Actor
from clients.operations import activity


@transaction.atomic
def pause_job(*, job: AutomationJob, is_paused: bool, actor: Actor) -> None:
    """Keep a job from being begun, or let it be again; a run that is at it finishes."""
    # The rest of the row belongs to whoever holds the job's lease.
    rows = AutomationJob.objects.filter(pk=job.pk).exclude(is_paused=is_paused)
    if rows.update(is_paused=is_paused):
        activity.record(
            action="automationjob.paused" if is_paused else "automationjob.resumed",
            subject=job,
            name=job.name,
            client=None,
            actor=actor,
        )


@transaction.atomic
def spare_service(*, service: Service, until: date | None, actor: Actor) -> Service:
    """
    Have a service neither suspended nor closed by the automation before that day.

    None takes it back. What is suspended already stays so until staff or a payment lift it.
    """
    fresh = termination.lock(service)
    before, fresh.suspension_override_until = fresh.suspension_override_until, until
    fresh.save(update_fields=["suspension_override_until", "updated_at"])
    activity.record(
        action="service.spared",
        subject=fresh,
        name=fresh.domain,
        client=fresh.client,
        actor=actor,
        before={"until": before.isoformat() if before else ""},
        after={"until": until.isoformat() if until else ""},
    )
    return fresh
