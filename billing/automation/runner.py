"""The runner: all jobs in their order, each by itself, as often as anybody calls."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, partial

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from billing.automation import gaps, leases
from billing.automation.job import Job
from billing.automation.jobs import JOBS
from billing.automation.work import Work
from billing.models import (
    AutomationItem,
    AutomationJob,
    AutomationJobRun,
    AutomationRun,
    BillingSettings,
)

log = structlog.get_logger(__name__)
Status = AutomationJobRun.Status
MOST_PROBLEMS = 5
GONE = "The run that had begun this did not come back."


class UnknownJob(ValueError):
    """No job has that name."""


@dataclass(frozen=True)
class Line:
    """What became of one job in one run; `problems` are the first things that did not work."""

    job: Job
    status: str
    done: int = 0
    skipped: int = 0
    failed: int = 0
    figures: dict[str, str] = field(default_factory=dict)
    error: str = ""
    problems: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class _Clock:
    """`now` as the run began, and what time it is since then."""

    now: datetime
    started: float = field(default_factory=time.monotonic)

    @property
    def today(self) -> date:
        """Return the local day the run is for."""
        return timezone.localdate(self.now)

    def read(self) -> datetime:
        """Return what time it is."""
        return self.now + timedelta(seconds=time.monotonic() - self.started)


@dataclass(frozen=True)
class _Turn:
    """One run: its row, its clock, until when it may begin jobs, and whether they were named."""

    run: AutomationRun
    clock: _Clock
    ends_at: float
    is_named: bool
    settings: BillingSettings

    @cached_property
    def has_settled(self) -> bool:
        """Tell whether a gap is over; asked only after the invoices, and once a run."""
        return gaps.has_settled(now=self.clock.now, today=self.clock.today)


def run(
    *,
    trigger: str,
    now: datetime,
    only: Sequence[str] = (),
    is_dry_run: bool = False,
    seconds: float | None = None,
) -> list[Line]:
    """
    Run the jobs that are due, or `only` these; return a line for each that was.

    A job that fails stops no other and is tried again by the next run. With `seconds`, no job is
    begun after so long. A dry run does each job's work in a transaction of its own and takes it
    back, whether the job is due or not: it shows what would happen, and nothing has. What takes
    longer is taken back every few seconds too, so that the shop does not stand still meanwhile: an
    item then does not see what an earlier one would have changed.

    :raises UnknownJob: for a name in `only` that no job has
    """
    jobs = _chosen(only)
    clock = _Clock(now)
    if is_dry_run:
        return [_rehearse(job, clock) for job in jobs]
    state = leases.state_of(jobs)
    this_run = AutomationRun.objects.create(
        trigger=trigger, run_date=clock.today, started_at=now, actor_name=trigger
    )
    turn = _Turn(
        run=this_run,
        clock=clock,
        ends_at=clock.started + seconds if seconds is not None else float("inf"),
        is_named=bool(only),
        settings=BillingSettings.current(),
    )
    lines = []
    for job in jobs:
        if time.monotonic() > turn.ends_at:
            break
        if _is_due(job, state[job.name], turn):
            line = _run_job(job, state[job.name], turn)
            lines += [line] if line is not None else []
    this_run.finished_at = clock.read()
    this_run.save(update_fields=["finished_at"])
    return lines


def _chosen(names: Iterable[str]) -> list[Job]:
    wanted = set(names)
    unknown = wanted - {job.name for job in JOBS}
    if unknown:
        raise UnknownJob(", ".join(sorted(unknown)))
    return [job for job in JOBS if not wanted or job.name in wanted]


def _is_due(job: Job, row: AutomationJob, turn: _Turn) -> bool:
    if row.is_paused:
        return False
    if not job.is_daily or turn.is_named:
        return True
    is_done = row.last_done_date is not None and row.last_done_date >= turn.clock.today
    return not is_done and timezone.localtime(turn.clock.now).hour >= settings.CRON_HOUR


def _run_job(job: Job, state: AutomationJob, turn: _Turn) -> Line | None:
    """Run one job under its lease; None where another run has it or is done with it."""
    clock = turn.clock
    if job.waits_after_gap and not turn.has_settled:
        return Line(job=job, status=Status.WAITING)
    lease = leases.take(job, now=clock.read(), today=clock.today, is_named=turn.is_named)
    if lease is None:
        return None
    started_at, began = clock.read(), time.monotonic()
    work = Work(
        now=clock.now,
        today=clock.today,
        ends_at=min(began + job.seconds, turn.ends_at),
        keep_lease=lambda: leases.keep(job, lease, now=clock.read()),
        settings=turn.settings,
    )
    if state.lease_id is not None:
        _note_lost_run(job, at=started_at)
    row = _begin(job, turn.run, started_at) if job.is_daily else None
    status, error = _do(job, work)
    if status == Status.DONE:
        leases.finish(job, lease, row=state, now=clock.read(), today=clock.today)
    else:
        leases.give_back(job, lease)
    line = _line(job, work, status, error, time.monotonic() - began)
    # Every five minutes there is nothing to do; that needs no row.
    if row is not None or status != Status.DONE or not work.is_empty:
        _end(row or _begin(job, turn.run, started_at), line, work, clock.read())
    return line


def _do(job: Job, work: Work) -> tuple[str, str]:
    """Let the job do its work, and return what became of it."""
    try:
        job.do(work)
    except Exception as error:
        log.exception("a job of the automation failed", job=job.name)
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        return Status.FAILED, f"{type(error).__name__}: {error}"
    return (Status.OUT_OF_TIME if work.is_cut_short else Status.DONE), ""


def _rehearse(job: Job, clock: _Clock) -> Line:
    """
    Do a job's work and take it back: locks, numbers and rows are as they were afterwards.

    To go back to the beginning lets go of the locks as well, and the transaction around it sees to
    it that nothing stays.
    """
    if job.waits_after_gap and not gaps.has_settled(now=clock.now, today=clock.today):
        return Line(job=job, status=Status.WAITING)
    began = time.monotonic()
    with transaction.atomic():
        beginning = transaction.savepoint()
        work = Work(
            now=clock.now,
            today=clock.today,
            ends_at=began + job.seconds,
            keep_lease=lambda: None,  # there is none
            settings=BillingSettings.current(),
            take_back=partial(transaction.savepoint_rollback, beginning),
        )
        status, error = _do(job, work)
        transaction.set_rollback(True)
    return _line(job, work, status, error, time.monotonic() - began)


def _line(job: Job, work: Work, status: str, error: str, seconds: float) -> Line:
    return Line(
        job=job,
        status=status,
        done=work.done,
        skipped=work.skipped,
        failed=work.failed,
        figures=work.figures,
        error=error,
        problems=tuple(
            f"{link.name}: {link.message}"
            for link in work.links
            if link.outcome != AutomationItem.Outcome.DONE
        )[:MOST_PROBLEMS],
        seconds=seconds,
    )


def _note_lost_run(job: Job, *, at: datetime) -> None:
    # Whoever holds the lease knows that no other run is at work any more.
    AutomationJobRun.objects.filter(job=job.name, status=Status.RUNNING).update(
        status=Status.FAILED, error=GONE, finished_at=at
    )


def _begin(job: Job, this_run: AutomationRun, at: datetime) -> AutomationJobRun:
    return AutomationJobRun.objects.create(run=this_run, job=job.name, started_at=at)


def _end(row: AutomationJobRun, line: Line, work: Work, at: datetime) -> None:
    row.status, row.error, row.finished_at = line.status, line.error, at
    row.done, row.skipped, row.failed = line.done, line.skipped, line.failed
    row.figures = line.figures
    row.save()
    AutomationItem.objects.bulk_create(
        AutomationItem(
            job_run=row,
            subject_type=link.subject_type,
            subject_id=link.subject_id,
            name=link.name,
            outcome=link.outcome,
            message=link.message,
        )
        for link in work.links
    )
