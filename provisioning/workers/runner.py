"""The runner: claim a job, call the vendor, record the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_fsm import ConcurrentTransition

from clients.actors import Actor
from clients.operations import activity
from core import events
from provisioning import module
from provisioning.emailarray import (
    AuthenticationFailed,
    EmailArrayError,
    NotFound,
    Rejected,
)
from provisioning.events import (
    AccountTerminating,
    JobFailed,
    JobSuperseded,
    PackageChanging,
)
from provisioning.models import Entitlement, MailDomain, ModuleJob
from provisioning.workers import closing, health, recording
from provisioning.workers.backoff import wait_after

log = structlog.get_logger(__name__)
Action = ModuleJob.Action

FUNCTIONS: dict[str, Callable[[ModuleJob], Any]] = {
    Action.CREATE: lambda job: module.create_account(
        job.mail_domain, adopt=job.payload.get("adopt", False)
    ),
    Action.CHANGE_PACKAGE: lambda job: module.change_package(
        job.mail_domain, Entitlement.from_json(job.payload["entitlement"])
    ),
    Action.SUSPEND: lambda job: module.suspend_account(job.mail_domain),
    Action.UNSUSPEND: lambda job: module.unsuspend_account(job.mail_domain),
    Action.CLOSE: closing.close,
    Action.RESTORE: lambda job: module.restore_account(job.mail_domain),
    Action.TERMINATE: lambda job: module.terminate_account(job.mail_domain),
}


def run(job_id: int) -> int | None:
    """Run a waiting job; return the id of the job that is next in line for the same domain."""
    job = _claim(job_id, claim=uuid4(), now=timezone.now())
    if job is None:
        return None
    with structlog.contextvars.bound_contextvars(job=job.pk, domain=job.mail_domain.domain):
        try:
            fact = FUNCTIONS[job.action](job)  # no transaction is open across the wire
            _record_success(job, fact, now=timezone.now())
            health.note_answer(job.mail_domain.server, now=timezone.now())
        except module.ModuleRefusal as refusal:
            _record_refusal(job, refusal.cause, refusal.message, now=timezone.now())
        except EmailArrayError as error:
            _record_error(job, error, now=timezone.now())
    return next_in_line(job.mail_domain, now=timezone.now())


def next_in_line(mail_domain: MailDomain, *, now: datetime) -> int | None:
    """Return the id of the domain's first waiting job that may run now."""
    waiting = ModuleJob.objects.due(at=now).first_in_line().filter(mail_domain=mail_domain)
    return waiting.order_by("pk").values_list("pk", flat=True).first()


@transaction.atomic(durable=True)
def _claim(job_id: int, *, claim: UUID, now: datetime) -> ModuleJob | None:
    waiting = ModuleJob.objects.due(at=now).first_in_line().filter(pk=job_id)
    job = waiting.select_related("mail_domain__server", "mail_domain__client").first()
    if job is None:
        return None
    if _is_pointless(job):
        job.cancel(at=now, message=f"The domain is {job.mail_domain.get_status_display().lower()}.")
        job.save(update_fields=["status", "finished_at", "message"])
        events.publish(JobSuperseded(job_id=job.pk))
        return None
    job.start(
        claim=claim,
        at=now,
        lease_until=now + timedelta(seconds=settings.MODULE_JOB_LEASE_SECONDS),
    )
    try:
        # The mixin saves with `WHERE status = 'queued'`: of two workers one gets the row, also
        # on SQLite, which drops row locks without a word.
        job.save(update_fields=["status", "claim", "started_at", "lease_until", "attempts"])
    except ConcurrentTransition:
        return None
    return job


def _is_pointless(job: ModuleJob) -> bool:
    """Tell whether the domain has moved on since the job was asked for."""
    status: str = job.mail_domain.status
    if job.action == Action.CREATE:
        return status != MailDomain.Status.PENDING
    if status == MailDomain.Status.CLOSING and job.action in {Action.SUSPEND, Action.UNSUSPEND}:
        return True  # a closed domain is off, and only its restoration switches it on
    return status == MailDomain.Status.TERMINATED and job.action != Action.TERMINATE.value


def _reclaim(job: ModuleJob) -> tuple[MailDomain, ModuleJob] | None:
    """
    Lock domain and job, in this order; None where this run has been given up for lost.

    What others lock before a domain, because of what they do about the outcome, they lock first.
    """
    if job.action == Action.CHANGE_PACKAGE:
        events.publish(PackageChanging(mail_domain_id=job.mail_domain_id))
    elif job.action == Action.TERMINATE:
        events.publish(AccountTerminating(mail_domain_id=job.mail_domain_id))
    domain = (
        MailDomain.objects.select_for_update(of=("self",))
        .select_related("client", "server")
        .get(pk=job.mail_domain_id)
    )
    fresh = ModuleJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if fresh.claim != job.claim or fresh.status != ModuleJob.Status.RUNNING:
        log.warning("job was taken over; this run's result is dropped")
        return None
    fresh.mail_domain = domain
    return domain, fresh


@transaction.atomic(durable=True)
def _record_success(job: ModuleJob, fact: Any, *, now: datetime) -> None:
    """
    Save what the vendor confirmed, tell billing, and leave a line in the activity log.

    :raises ModuleRefusal: the answer shows that the change must not be made
    """
    held = _reclaim(job)
    if held is None:
        return
    domain, fresh = held
    event = recording.RECORDERS[fresh.action](domain, fresh, fact, now)
    warning = getattr(fact, "warning", "")
    fresh.succeed(at=now, message=warning)
    fresh.save()
    activity.record(
        action=f"account.{fresh.action}",
        subject=domain,
        name=domain.domain,
        client=domain.client,
        actor=requester_of(fresh),
        scope=domain,
        after={"status": domain.status} | ({"warning": warning} if warning else {}),
    )
    events.publish(event)


@transaction.atomic(durable=True)
def _record_refusal(
    job: ModuleJob, cause: str, message: str, *, now: datetime, vendor_message: str = ""
) -> None:
    held = _reclaim(job)
    if held is None:
        return
    _, fresh = held
    fresh.fail(at=now, cause=cause, message=message, vendor_message=vendor_message)
    fresh.save()
    log.warning("job needs attention", action=fresh.action, cause=cause)
    events.publish(JobFailed(job_id=fresh.pk))


def _record_error(job: ModuleJob, error: EmailArrayError, *, now: datetime) -> None:
    health.note_failure(job.mail_domain.server, error, now=now)
    if isinstance(error, AuthenticationFailed):
        message = "The vendor refused the reseller's log-in. Check the server's credentials."
    elif isinstance(error, NotFound):
        message = "The vendor does not have this domain any more."
    elif isinstance(error, Rejected):
        message = "The vendor refused. Its own words are below."
    else:
        _record_try_later(job, error, now=now)
        return
    _record_refusal(job, error.cause, message, now=now, vendor_message=error.vendor_message)


@transaction.atomic(durable=True)
def _record_try_later(job: ModuleJob, error: EmailArrayError, *, now: datetime) -> None:
    held = _reclaim(job)
    if held is None:
        return
    _, fresh = held
    wait = wait_after(fresh.attempts)
    if wait is None:
        fresh.fail(
            at=now,
            cause=error.cause,
            message=f"Given up after {fresh.attempts} attempts: {error}",
            vendor_message=error.vendor_message,
        )
        events.publish(JobFailed(job_id=fresh.pk))
    else:
        fresh.try_later(
            due_at=now + max(wait, timedelta(seconds=error.retry_after or 0)),
            cause=error.cause,
            message=str(error),
            vendor_message=error.vendor_message,
        )
    fresh.save()


def requester_of(job: ModuleJob) -> Actor:
    """Return who asked for a job."""
    return Actor.restore(
        user=job.requested_by, on_behalf_of=job.on_behalf_of, name=job.requested_by_name
    )
