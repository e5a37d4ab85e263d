"""Leases: who runs a job now, so that two runs at once never do the same job."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet

from billing.automation.job import Job
from billing.models import AutomationJob

A_DAY = timedelta(days=1)
# After so long without a sign of life a job is taken over from a run that was killed.
LEASE = timedelta(minutes=5)


def state_of(jobs: Iterable[Job]) -> dict[str, AutomationJob]:
    """Return the row of each job by its name; a new job gets its row here."""
    names = {job.name for job in jobs}
    rows = AutomationJob.objects.in_bulk(names)
    missing = names - rows.keys()
    if missing:
        AutomationJob.objects.bulk_create(
            (AutomationJob(name=name) for name in sorted(missing)), ignore_conflicts=True
        )
        rows = AutomationJob.objects.in_bulk(names)
    return rows


def take(job: Job, *, now: datetime, today: date, is_named: bool = False) -> UUID | None:
    """
    Hold a job until it is given back or its lease is over; None where that cannot be.

    A daily one only if the day's work is not done yet, for two runs may have seen the same state;
    or if it `is_named`.
    """
    lease = uuid4()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    rows = AutomationJob.objects.filter(free, name=job.name, is_paused=False)
    if job.is_daily and not is_named:
        rows = rows.exclude(last_done_date__gte=today)
    # A guarded update holds on SQLite as well, which knows no row locks.
    return lease if rows.update(lease_id=lease, lease_until=now + LEASE) else None


def keep(job: Job, lease: UUID, *, now: datetime) -> None:
    """Say that the job is still being worked at."""
    _held(job, lease).update(lease_until=now + LEASE)


def give_back(job: Job, lease: UUID) -> None:
    """Let go of a job whose work is not done."""
    _held(job, lease).update(lease_id=None, lease_until=None)


def finish(job: Job, lease: UUID, *, row: AutomationJob, now: datetime, today: date) -> None:
    """Let go of a job that has done all there was to do; `row` is as it was before."""
    values: dict[str, object] = {"last_succeeded_at": now}
    if job.is_daily:
        is_broken = row.last_done_date is None or row.last_done_date < today - A_DAY
        values["last_done_date"] = today
        if is_broken or row.unbroken_since is None:
            values["unbroken_since"] = now
    _held(job, lease).update(lease_id=None, lease_until=None, **values)


def _held(job: Job, lease: UUID) -> QuerySet[AutomationJob]:
    return AutomationJob.objects.filter(name=job.name, lease_id=lease)
