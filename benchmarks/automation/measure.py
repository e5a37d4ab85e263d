"""The measurements: each is one function, run in a process and on a database of its own."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from celery import current_app
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from benchmarks.automation.floor import a_month_later, invoice_by_sql, invoice_in_bulk
from benchmarks.automation.measured import Measured
from benchmarks.automation.tables import TOTAL, fill, has_run_daily
from billing.automation import runner
from billing.models import Invoice, InvoiceItem, InvoiceNotice, Service
from provisioning.models import ModuleJob

ROUNDS = 3
DAYS_A_MONTH = 30
FIRST_DAY = date(2026, 1, 10)


def main() -> None:
    """Measure what the arguments name, and print it as JSON."""
    measure, size = {"due": all_due, "daily": a_day}[sys.argv[1]], int(sys.argv[2])
    # A worker that is woken is not to work in this process.
    current_app.conf.task_always_eager = False
    call_command("migrate", verbosity=0)
    for each in measure(size):
        sys.stdout.write(json.dumps(asdict(each)) + "\n")


def all_due(size: int) -> list[Measured]:
    """Invoice every service, a month at a time, by SQL and by the product in turn; suspend all."""
    fill(size, first_day=FIRST_DAY, spread=1)
    ways: dict[str, Callable[[date], Any]] = {
        "raw SQL": invoice_by_sql,
        "bulk_create": invoice_in_bulk,
        "create_invoices": lambda day: run(day, "create_invoices"),
    }
    found: list[Measured] = []
    day, count = FIRST_DAY, 0
    for _ in range(ROUNDS):
        for work, way in ways.items():
            with timed(work, size, size, found):
                way(day)
            day, count = a_month_later(day), count + size
            _check_books(count, size, day)
    day += timedelta(days=400)
    has_run_daily(day)
    with timed("suspend_overdue", size, size, found):
        run(day, "suspend_overdue")
    jobs = ModuleJob.objects.filter(action="suspend", payload__code="overdue").count()
    _require(jobs == size, f"{jobs} suspensions instead of {size}")
    return found


def a_day(size: int) -> list[Measured]:
    """Do one day's automation, and do it again at once; one service of thirty is due on it."""
    fill(size, first_day=FIRST_DAY, spread=DAYS_A_MONTH)
    has_run_daily(FIRST_DAY)
    found: list[Measured] = []
    due = Service.objects.filter(next_invoice_date=FIRST_DAY).count()
    with timed("raw SQL", size, due, found):
        invoice_by_sql(FIRST_DAY)
    day = FIRST_DAY + timedelta(days=1)
    more = Service.objects.filter(next_invoice_date=day).count()
    with timed("a day", size, more, found):
        lines = run(day)
    for line in lines:
        _require(line.status == "done" and not line.failed, f"{line.job.name}: {line}")
    with timed("again at once", size, 0, found):
        run(day)
    made = Invoice.objects.count()
    told = InvoiceNotice.objects.filter(kind="created").exclude(told_at=None).count()
    _require((made, told) == (due + more, more), f"{made} invoices, {told} were told of")
    return found


def run(day: date, *jobs: str) -> list[runner.Line]:
    """Run the automation as on that day."""
    now = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    return runner.run(trigger="cron", now=now, only=jobs)


@contextmanager
def timed(work: str, size: int, rows: int, found: list[Measured]) -> Iterator[None]:
    """Time the block and count its queries."""
    queries = 0

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(*arguments)

    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    began = time.perf_counter()
    with connection.execute_wrapper(count):
        yield
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found.append(Measured(work, size, rows, seconds, queries, peak))


def _check_books(count: int, size: int, day: date) -> None:
    sums = Invoice.objects.aggregate(total=Sum("total"))["total"]
    moved = Service.objects.filter(next_invoice_date=day).count()
    _require(
        Invoice.objects.count() == count
        and InvoiceItem.objects.count() == 2 * count
        and sums == count * TOTAL
        and moved == size,
        f"{sums} on {Invoice.objects.count()} invoices instead of {count}",
    )


def _require(holds: object, said: str) -> None:
    if not holds:
        raise SystemExit(f"The measurement is void: {said}")
