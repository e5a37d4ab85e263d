"""Services that end by the cron: on the day they were cancelled for, or because nobody pays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from billing.events import ClosingNoticeDue
from billing.models import CancellationRequest, Closing, Invoice, Service, TerminationApproval
from billing.operations import cancellation, termination
from clients.actors import Actor
from provisioning.models import ModuleJob
from provisioning.sandbox import Sandbox
from tests.billing.automation.days import (
    START,
    configure,
    cron,
    cron_daily,
    done,
    has_run_daily,
    on,
)
from tests.billing.closing_steps import is_on
from tests.billing.heard import Heard
from tests.billing_makers import make_billed_service
from tests.makers import make_mailbox

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")
RunJobs = Callable[[], None]
DAY = timedelta(days=1)
CANCEL = ("--job", "process_cancellations")
TERMINATE = ("--job", "terminate_overdue")
PURGE = ("--job", "purge_closed")
TERMINATED_ON = START + timedelta(days=30)


@pytest.fixture(autouse=True)
def _before() -> None:
    configure(is_termination_on=True, suspension_days=7, termination_days=30)


def service_due(due: date = START, *, domain: str = "acme.test", **fields: Any) -> Service:
    with on(due - timedelta(days=30)):
        return make_billed_service(next_due=due, domain=domain, **fields)


def overdue(run_jobs: RunJobs, *services: Service) -> None:
    """Let the services be invoiced in time, not paid, and suspended."""
    has_run_daily(START - timedelta(days=15))
    cron(START - timedelta(days=14), "--job", "create_invoices")
    has_run_daily(START + timedelta(days=6))
    cron(START + timedelta(days=7), "--job", "suspend_overdue")
    with on(START + timedelta(days=7)):
        run_jobs()
    assert {each.pk for each in Service.objects.filter(status="suspended")} == {
        each.pk for each in services
    }


def status_of(service: Service) -> str:
    return str(Service.objects.get(pk=service.pk).status)


def test_a_cancelled_service_runs_to_the_end_of_its_period_and_is_closed_once(
    vendor: Sandbox, run_jobs: RunJobs
) -> None:
    service = service_due(vendor=vendor)
    with on(START - timedelta(days=20)):
        cancellation.request_cancellation(
            service=service,
            timing=CancellationRequest.Timing.END_OF_PERIOD,
            reason="Moving",
            actor=ACTOR,
            on=START - timedelta(days=20),
        )

    cron(START - DAY)
    before = (status_of(service), is_on(vendor))
    first, second = cron(START, *CANCEL), cron(START, *CANCEL, hour=12)
    with on(START):
        run_jobs()

    assert before == (Service.Status.ACTIVE, True)
    assert (done(first, "process_cancellations"), done(second, "process_cancellations")) == (1, 0)
    assert status_of(service) == Service.Status.CLOSING
    assert not is_on(vendor)
    assert not Invoice.objects.exists()


def test_cancellations_can_be_left_to_staff(vendor: Sandbox) -> None:
    configure(is_cancellation_on=False)
    service = service_due(vendor=vendor)
    with on(START - DAY):
        cancellation.request_cancellation(
            service=service,
            timing=CancellationRequest.Timing.END_OF_PERIOD,
            reason="Moving",
            actor=ACTOR,
            on=START - DAY,
        )

    cron(START, *CANCEL)

    assert CancellationRequest.objects.get().status == CancellationRequest.Status.OPEN
    assert not ModuleJob.objects.exists()


def test_what_is_never_paid_is_closed_told_of_and_deleted_at_the_very_end(
    vendor: Sandbox, run_jobs: RunJobs, heard: Heard
) -> None:
    service = service_due(vendor=vendor)
    make_mailbox(service, "anna", vendor=vendor)
    overdue(run_jobs, service)

    has_run_daily(TERMINATED_ON - DAY)
    printed = cron(TERMINATED_ON, *TERMINATE)
    with on(TERMINATED_ON):
        run_jobs()
    closed = (status_of(service), is_on(vendor), list(vendor.mailboxes("acme.test")))
    jobs = ("create_invoices", "send_closing_notices", "purge_closed")
    cron_daily(TERMINATED_ON + DAY, TERMINATED_ON + timedelta(days=29), *jobs)
    kept = list(vendor.domains())
    cron_daily(TERMINATED_ON + timedelta(days=30), TERMINATED_ON + timedelta(days=31), *jobs)
    with on(TERMINATED_ON + timedelta(days=31)):
        run_jobs()

    assert done(printed, "terminate_overdue") == 1
    assert closed == (Service.Status.CLOSING, False, ["anna"])
    assert [event.days for event in heard.of(ClosingNoticeDue)] == [14, 7, 1]
    assert kept == ["acme.test"]
    assert vendor.domains() == {}
    assert status_of(service) == Service.Status.TERMINATED
    assert not Invoice.objects.open().exists()


def test_after_days_without_a_run_nothing_is_terminated_on_the_first(
    vendor: Sandbox, run_jobs: RunJobs
) -> None:
    service = service_due(vendor=vendor)
    overdue(run_jobs, service)
    has_run_daily(TERMINATED_ON - timedelta(days=4))

    back = cron(TERMINATED_ON)
    held_back = Closing.objects.exists()
    cron(TERMINATED_ON + DAY)

    assert "terminate_overdue" in back
    assert not held_back
    assert Closing.objects.get().cause == Closing.Cause.OVERDUE


def test_after_days_without_a_run_no_mail_is_deleted_on_the_first(
    vendor: Sandbox, run_jobs: RunJobs
) -> None:
    service = service_due(vendor=vendor)
    with on(START):
        termination.close_service(service=service, reason="", actor=ACTOR, on=START, hold_days=3)
        run_jobs()
    has_run_daily(START + DAY)
    cron(START + timedelta(days=2), "--job", "send_closing_notices")

    cron(START + timedelta(days=6))
    held_back = not ModuleJob.objects.filter(action="terminate").exists()
    cron(START + timedelta(days=7))

    assert held_back
    assert ModuleJob.objects.filter(action="terminate").count() == 1


def test_above_the_daily_cap_the_cron_asks_and_terminates_none(
    vendor: Sandbox, run_jobs: RunJobs
) -> None:
    configure(termination_cap=1)
    services = [service_due(domain=f"acme{n}.test", vendor=vendor) for n in range(2)]
    overdue(run_jobs, *services)
    has_run_daily(TERMINATED_ON - DAY)

    first, second = cron(TERMINATED_ON, *TERMINATE), cron(TERMINATED_ON, *TERMINATE, hour=15)

    assert (done(first, "terminate_overdue"), done(second, "terminate_overdue")) == (0, 0)
    assert TerminationApproval.objects.get().services.count() == 2
    assert not Closing.objects.exists()


def test_a_dry_run_closes_nothing_and_asks_nobody(vendor: Sandbox, run_jobs: RunJobs) -> None:
    configure(termination_cap=0, termination_cap_percent=0)
    overdue(run_jobs, service_due(vendor=vendor))
    has_run_daily(TERMINATED_ON - DAY)

    cron(TERMINATED_ON, *TERMINATE, "--dry-run")

    assert not TerminationApproval.objects.exists()
    assert not Closing.objects.exists()
