"""Ask for the same module function of many domains: a few statements, and one wake-up."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from core.wake import wake
from provisioning import tasks
from provisioning.models import MailDomain, ModuleJob

Action = ModuleJob.Action
Status = ModuleJob.Status
# With one of these waiting or running a domain is not suspended; the next run looks again.
IN_THE_WAY = [Action.SUSPEND, Action.UNSUSPEND, Action.CLOSE, Action.RESTORE, Action.TERMINATE]


@transaction.atomic
def request_suspensions(
    *, mail_domain_ids: Collection[int], reason: str, code: str, actor: Actor
) -> list[int]:
    """
    Ask for all of these domains to be switched off that are active and not being changed.

    Customers are shown the reason; `code` comes back with AccountSuspended. Returns the ids of the
    domains that have a job now. The sweep is woken once, whatever their number.
    """
    active = MailDomain.objects.filter(pk__in=mail_domain_ids, status=MailDomain.Status.ACTIVE)
    locked = active.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
    wanted = list(locked)
    # Read under the locks, which everybody takes who asks for a job.
    in_the_way = ModuleJob.objects.open().filter(mail_domain__in=wanted, action__in=IN_THE_WAY)
    busy = set(in_the_way.values_list("mail_domain_id", flat=True))
    domains = [pk for pk in wanted if pk not in busy]
    now = timezone.now()
    # A suspension that had failed before is superseded by this one.
    ModuleJob.objects.filter(
        mail_domain__in=domains, action=Action.SUSPEND, status=Status.FAILED
    ).update(
        status=Status.CANCELLED,
        finished_at=now,
        message=f"Superseded by: {Action.SUSPEND.label}.",
    )
    ModuleJob.objects.bulk_create(
        ModuleJob(
            mail_domain_id=domain,
            action=Action.SUSPEND,
            payload={"reason": reason, "code": code},
            requested_by=actor.user,
            on_behalf_of=actor.on_behalf_of,
            requested_by_name=actor.name,
            due_at=now,
        )
        for domain in domains
    )
    if domains:
        wake(tasks.sweep_up)
    return domains
