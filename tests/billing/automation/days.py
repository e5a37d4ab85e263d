"""Days on which the cron is called, and what had been decided before the first of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import time_machine
from django.core.management import call_command
from django.utils import timezone

from billing.models import AutomationJob, BillingSettings

START = date(2026, 3, 2)


@contextmanager
def on(day: date, hour: int = 9, minute: int = 0) -> Iterator[None]:
    """Let it be that day; the clock stands still."""
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        yield


def cron(day: date, *arguments: str, hour: int = 9, minute: int = 0) -> str:
    """Call the cron on that day and return what it prints."""
    printed = StringIO()
    with on(day, hour, minute):
        call_command("cron", *arguments, stdout=printed)
    return printed.getvalue()


def cron_daily(first: date, last: date, *jobs: str) -> None:
    """Call the cron on each of these days, for these jobs if any are named."""
    named = [part for job in jobs for part in ("--job", job)]
    for number in range((last - first).days + 1):
        cron(first + timedelta(days=number), *named)


def has_run_daily(until: date) -> None:
    """Let the automation have run on every day up to this one, so that it holds nothing back."""
    with on(until):
        now = timezone.now()
    AutomationJob.objects.update_or_create(
        name="create_invoices",
        defaults={
            "last_done_date": until,
            "last_succeeded_at": now,
            "unbroken_since": now - timedelta(days=30),
        },
    )


def configure(**fields: Any) -> None:
    """Save the settings of billing with these values."""
    BillingSettings.objects.update_or_create(pk=1, defaults=fields)


def done(printed: str, job: str) -> int:
    """Return how many things a job has done, by what the cron printed."""
    for line in printed.splitlines():
        if line.startswith(f"{job} "):
            return int(line[len(job) :].split("Done")[1].split()[0])
    raise AssertionError(f"{job} did not run:\n{printed}")
