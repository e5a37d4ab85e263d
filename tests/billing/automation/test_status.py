"""What `cron --status` and `cron --jobs` tell, and what a failed item does to the status."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.automation.jobs import JOBS
from billing.automation.work import Work
from billing.models import AutomationJob, AutomationRun
from tests.billing.automation.days import START, cron, on
from tests.billing.automation.little_jobs import Put, failing, job, noting

pytestmark = pytest.mark.django_db


def status_on(*, hour: int = 9, days: int = 0) -> str:
    """Return what --status prints; its exit code says whether that is well."""
    printed = StringIO()
    code = 0
    with on(START + timedelta(days=days), hour):
        try:
            call_command("cron", "--status", stdout=printed)
        except SystemExit as end:
            code = int(end.code or 0)
    told = printed.getvalue()
    assert code == (0 if told.startswith("OK") else 1)
    return told


def test_the_status_is_an_error_until_a_day_was_done(put: Put, ran: list[str]) -> None:
    put(noting(ran, "create_invoices"))

    never = status_on()
    cron(START)
    then = status_on(hour=10)

    assert "ERROR" in never
    assert "has never run" in never
    assert then.startswith("OK")


def test_the_status_tells_silence_missing_days_failures_and_pauses(
    put: Put, ran: list[str]
) -> None:
    put(noting(ran, "create_invoices"), failing("broken"))
    with pytest.raises(CommandError):
        cron(START)
    AutomationJob.objects.create(name="resting", is_paused=True)

    soon, silent, missing = status_on(), status_on(hour=12), status_on(days=2)

    assert "ERROR" in soon
    assert "The job broken failed: RuntimeError: the disk is full" in soon
    assert "The job resting is paused." in soon
    assert "last called" not in soon
    assert "The cron was last called 180 minutes ago." in silent
    assert "The daily work was last done 48 hours ago." in missing


def test_the_jobs_can_be_listed() -> None:
    printed = cron(START, "--jobs")

    names = [line.split()[0] for line in printed.splitlines()]
    assert names == [each.name for each in JOBS]
    assert names.index("create_invoices") < names.index("apply_credit")
    assert names.index("unsuspend_paid") < names.index("suspend_overdue")
    assert names[-1] == "send_daily_report"
    assert not AutomationRun.objects.exists()


def test_items_that_failed_are_a_warning(put: Put, ran: list[str]) -> None:
    def fail_in_part(work: Work) -> None:
        work.failed += 1

    put(noting(ran, "create_invoices"), job("mixed", fail_in_part))

    cron(START)

    told = status_on(hour=10)
    assert told.startswith("WARNING")
    assert "The job mixed could not deal with 1 item." in told
