"""Ask for the module's functions: each request is a job row, and Celery is woken for it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.events import publish
from core.sentences import sentence as _
from provisioning import tasks
from provisioning.events import JobSuperseded
from provisioning.models import Entitlement, MailDomain, ModuleJob

Action = ModuleJob.Action
Status = MailDomain.Status

# A waiting wish that a later one makes pointless.
SUPERSEDES: dict[str, list[str]] = {
    Action.SUSPEND: [Action.UNSUSPEND],
    Action.UNSUSPEND: [Action.SUSPEND],
    Action.CHANGE_PACKAGE: [Action.CHANGE_PACKAGE],
    Action.CLOSE: [Action.SUSPEND, Action.UNSUSPEND, Action.RESTORE],
    Action.RESTORE: [Action.CLOSE],
    Action.TERMINATE: [
        Action.CREATE,
        Action.CHANGE_PACKAGE,
        Action.SUSPEND,
        Action.UNSUSPEND,
        Action.CLOSE,
        Action.RESTORE,
    ],
}

# A closing that was given up may have been done all the same: it can be taken back, too.
UNFINISHED = [ModuleJob.Status.QUEUED, ModuleJob.Status.RUNNING, ModuleJob.Status.FAILED]

# Why a creation failed that may be asked for again as an adoption.
EXISTS_AT_VENDOR = "exists_at_vendor"


class UnableToRequest(OperationError):
    """The domain is in no state for that; no job was made."""


def request_creation(*, mail_domain: MailDomain, actor: Actor, adopt: bool = False) -> ModuleJob:
    """
    Ask for the domain to be added at the vendor.

    `adopt` takes over a domain that is in the reseller account already; only staff may say so.

    :raises UnableToRequest: the domain has been added or terminated
    """
    return _request(mail_domain, Action.CREATE, actor, {"adopt": adopt})


def request_package_change(
    *, mail_domain: MailDomain, entitlement: Entitlement, actor: Actor
) -> ModuleJob:
    """
    Ask for a new entitlement; it is refused below use when the job runs.

    :raises UnableToRequest: the domain is terminated, or a change is being applied right now
    """
    payload = {"entitlement": entitlement.to_json()}
    return _request(mail_domain, Action.CHANGE_PACKAGE, actor, payload)


@transaction.atomic
def withdraw_package_change(*, mail_domain: MailDomain, entitlement: Entitlement) -> None:
    """
    Drop the jobs that ask for this entitlement, so that nobody has it made later.

    The caller writes the activity line.

    :raises UnableToRequest: the change is being made right now
    """
    domain = MailDomain.objects.select_for_update().get(pk=mail_domain.pk)
    jobs = domain.jobs.filter(
        action=Action.CHANGE_PACKAGE,
        payload={"entitlement": entitlement.to_json()},
        status__in=UNFINISHED,
    )
    for job in jobs.select_for_update():
        if job.status == ModuleJob.Status.RUNNING:
            raise UnableToRequest(_("The change is being made right now. Try again in a minute."))
        job.cancel(at=timezone.now(), message="Withdrawn.")
        job.save()


def grant(*, mail_domain: MailDomain, entitlement: Entitlement) -> None:
    """
    Give a domain an entitlement that has been counted against already, without asking the vendor.

    The caller holds the domain's lock and writes the activity line.
    """
    mail_domain.entitlement = entitlement
    mail_domain.save()


def request_suspension(*, mail_domain: MailDomain, reason: str, actor: Actor) -> ModuleJob:
    """
    Ask for the domain to be switched off; the customer is shown the reason.

    :raises UnableToRequest: the domain is not active
    """
    return _request(mail_domain, Action.SUSPEND, actor, {"reason": reason})


def request_unsuspension(*, mail_domain: MailDomain, actor: Actor) -> ModuleJob:
    """
    Ask for the domain to be switched on again.

    :raises UnableToRequest: the domain is not suspended
    """
    return _request(mail_domain, Action.UNSUSPEND, actor, {})


def request_closing(*, mail_domain: MailDomain, actor: Actor) -> ModuleJob:
    """
    Ask for the domain to be switched off before it is removed; restoring it brings all back.

    :raises UnableToRequest: the domain is neither active nor suspended
    """
    return _request(mail_domain, Action.CLOSE, actor, {})


def request_restoration(*, mail_domain: MailDomain, actor: Actor) -> ModuleJob:
    """
    Ask for a closed domain to be switched on again as it was.

    :raises UnableToRequest: the domain is not closed, or is being removed
    """
    return _request(mail_domain, Action.RESTORE, actor, {})


def request_termination(*, mail_domain: MailDomain, actor: Actor) -> ModuleJob:
    """
    Ask for the domain to be removed with all its mail. Nothing brings it back.

    :raises UnableToRequest: the domain is terminated already
    """
    return _request(mail_domain, Action.TERMINATE, actor, {})


@transaction.atomic
def retry(*, job: ModuleJob, actor: Actor) -> ModuleJob:
    """
    Try a failed job again now.

    :raises UnableToRequest: the job has not failed, or the same is being done already
    """
    domain = MailDomain.objects.select_for_update().get(pk=job.mail_domain_id)
    fresh = ModuleJob.objects.select_for_update().get(pk=job.pk)
    if fresh.status != ModuleJob.Status.FAILED:
        raise UnableToRequest(_("Only a job that needs attention can be tried again."))
    if domain.jobs.open().filter(action=fresh.action).exists():
        raise UnableToRequest(_("The same is already waiting or running."))
    fresh.retry(at=timezone.now())
    fresh.save()
    activity.record(
        action="job.retried",
        subject=fresh,
        name=domain.domain,
        client=domain.client,
        actor=actor,
        scope=domain,
        after={"action": fresh.action},
    )
    tasks.wake_job(fresh)
    return fresh


@transaction.atomic
def adopt(*, job: ModuleJob, actor: Actor) -> ModuleJob:
    """
    Take over the domain that a creation has found at the vendor; only staff may say so.

    :raises UnableToRequest: no creation has failed for that reason, or the domain has moved on
    """
    domain = MailDomain.objects.select_for_update().get(pk=job.mail_domain_id)
    fresh = ModuleJob.objects.select_for_update().get(pk=job.pk)
    is_found = fresh.action == Action.CREATE and fresh.cause == EXISTS_AT_VENDOR
    if fresh.status != ModuleJob.Status.FAILED or not is_found:
        raise UnableToRequest(_("Only a domain that exists at the vendor already can be adopted."))
    return request_creation(mail_domain=domain, actor=actor, adopt=True)


@transaction.atomic
def _request(
    mail_domain: MailDomain, action: str, actor: Actor, payload: dict[str, Any]
) -> ModuleJob:
    domain = MailDomain.objects.select_for_update().get(pk=mail_domain.pk)
    _check(domain, action)
    now = timezone.now()
    pointless = Q(
        action__in=SUPERSEDES.get(action, []),
        status__in=[ModuleJob.Status.QUEUED, ModuleJob.Status.FAILED],
    ) | Q(action=action, status=ModuleJob.Status.FAILED)
    superseded = list(domain.jobs.filter(pointless).select_for_update())
    for job in superseded:
        job.cancel(at=now, message=f"Superseded by: {Action(action).label}.")
        job.save()
    running = domain.jobs.open().filter(action=action).first()
    if running is not None and running.payload != payload:
        raise UnableToRequest(_("A change is being applied right now. Try again in a minute."))
    job = running or ModuleJob.objects.create(
        mail_domain=domain,
        action=action,
        payload=payload,
        requested_by=actor.user,
        on_behalf_of=actor.on_behalf_of,
        requested_by_name=actor.name,
        due_at=now,
    )
    # Told last: whoever hears of it sees what has taken their place.
    for each in superseded:
        publish(JobSuperseded(job_id=each.pk))
    if running is None:
        tasks.wake_job(job)
    return job


def _check(domain: MailDomain, action: str) -> None:
    name = {"domain": domain.domain}
    open_actions = set(domain.jobs.open().values_list("action", flat=True))
    if domain.status == Status.TERMINATED:
        raise UnableToRequest(_("%(domain)s is terminated.") % name)
    if action != Action.TERMINATE and Action.TERMINATE in open_actions:
        raise UnableToRequest(_("%(domain)s is being terminated.") % name)
    if action == Action.CREATE and domain.status != Status.PENDING:
        raise UnableToRequest(_("%(domain)s has been created already.") % name)
    if action == Action.SUSPEND and not (
        domain.status == Status.ACTIVE or Action.UNSUSPEND in open_actions
    ):
        raise UnableToRequest(
            _("Only an active domain can be suspended; %(domain)s is not active.") % name
        )
    if action == Action.UNSUSPEND and not (
        domain.status == Status.SUSPENDED or Action.SUSPEND in open_actions
    ):
        raise UnableToRequest(
            _("Only a suspended domain can be unsuspended; %(domain)s is not suspended.") % name
        )
    if action == Action.CLOSE and domain.status not in {Status.ACTIVE, Status.SUSPENDED}:
        raise UnableToRequest(
            _("Only an active or suspended domain can be closed; %(domain)s is neither.") % name
        )
    if action == Action.RESTORE and not (
        domain.status == Status.CLOSING
        or domain.jobs.filter(action=Action.CLOSE, status__in=UNFINISHED).exists()
    ):
        raise UnableToRequest(
            _("Only a closed domain can be restored; %(domain)s is not closed.") % name
        )
    if action == Action.SUSPEND and Action.CLOSE in open_actions:
        raise UnableToRequest(_("%(domain)s is being closed.") % name)
