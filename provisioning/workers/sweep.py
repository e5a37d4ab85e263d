"""The sweep: find work that nobody is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from core import events
from provisioning.events import JobFailed, PackageChanging
from provisioning.models import MailboxBatch, MailDomain, ModuleJob, ModuleLog
from provisioning.workers import (
    dns_reading,
    domain_settings,
    imports,
    kinds,
    lists,
    removal,
    settlement,
    verification,
)
from provisioning.workers.backoff import WAITS, WORKER_LOST

AT_ONCE = 200


@dataclass(frozen=True)
class Work:
    """Ids of what a worker should be woken for."""

    jobs: list[tuple[int, str]]
    verifications: list[int]
    mailboxes: list[int]
    elements: list[tuple[str, int]]
    lists: list[int]
    settings: list[tuple[str, int]]
    dns_readings: list[int]
    batches: list[int]
    imports: list[int]
    purges: list[int]


def find_work(*, now: datetime) -> Work:
    """Take back what a lost worker held, and return all that is due."""
    take_back_abandoned(now=now)
    imports.forget_passwords(now=now)
    jobs = ModuleJob.objects.due(at=now).first_in_line().order_by("due_at", "pk")
    return Work(
        jobs=list(jobs.values_list("pk", "action")[:AT_ONCE]),
        verifications=verification.due(now=now)[:AT_ONCE],
        mailboxes=settlement.unsettled(now=now)[:AT_ONCE],
        elements=kinds.unsettled(now=now)[:AT_ONCE],
        lists=lists.with_work(now=now)[:AT_ONCE],
        settings=domain_settings.unsettled(now=now)[:AT_ONCE],
        dns_readings=dns_reading.overdue(now=now)[:AT_ONCE],
        batches=list(MailboxBatch.objects.abandoned(at=now).values_list("pk", flat=True)[:AT_ONCE]),
        imports=imports.due(now=now)[:AT_ONCE],
        purges=removal.due(now=now)[:AT_ONCE],
    )


def take_back_abandoned(*, now: datetime) -> None:
    """Queue jobs whose worker has not come back; one that keeps losing workers needs a person."""
    lost = ModuleJob.objects.abandoned(at=now).values_list("pk", "action", "mail_domain_id")
    for job_id, action, mail_domain_id in lost[:AT_ONCE]:
        with transaction.atomic():
            if action == ModuleJob.Action.CHANGE_PACKAGE:
                events.publish(PackageChanging(mail_domain_id=mail_domain_id))
            job = ModuleJob.objects.select_for_update().filter(pk=job_id).first()
            if job is None or job.status != ModuleJob.Status.RUNNING:
                continue
            if job.lease_until is None or job.lease_until >= now:
                continue
            message = "The worker that ran this job did not come back."
            if job.attempts > len(WAITS):
                job.fail(at=now, cause=WORKER_LOST, message=message)
                events.publish(JobFailed(job_id=job.pk))
            else:
                job.try_later(due_at=now, cause=WORKER_LOST, message=message)
            job.save()


def stale_domains(*, now: datetime) -> list[int]:
    """Return the ids of the domains whose mirror is old; tried longest ago first."""
    before = now - timedelta(seconds=settings.MIRROR_STALE_SECONDS)
    held = MailDomain.objects.held_by_vendor().filter(server__is_active=True)
    return list(
        held.exclude(mirrored_at__gt=before)
        .order_by(F("mirror_tried_at").asc(nulls_first=True))
        .values_list("pk", flat=True)[:AT_ONCE]
    )


def prune_module_log(*, now: datetime) -> int:
    """Delete module log entries older than MODULE_LOG_DAYS; return how many."""
    old = now - timedelta(days=settings.MODULE_LOG_DAYS)
    deleted, _ = ModuleLog.objects.filter(created_at__lt=old).delete()
    return deleted
