"""What the cron ends, tidies up and reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError
from django.utils import timezone
from pytest_django import Settings

from billing.events import AutomationWasMissing, ClosingNoticeDue, DailyReportDue
from billing.models import (
    AutomationRun,
    CancellationRequest,
    Closing,
    Invoice,
    InvoiceItem,
    Quote,
    Service,
)
from billing.operations import cancellation, invoicing
from billing.operations.items import ItemSpec
from clients.actors import Actor
from clients.models import Activity, Client, EmailMessage
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
from tests.billing.heard import Heard
from tests.billing_makers import make_billed_service, make_currency
from tests.makers import make_client, make_emails

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")
RunJobs = Callable[[], None]


@pytest.fixture(autouse=True)
def _before() -> None:
    has_run_daily(START - timedelta(days=1))


def work(day: date, run_jobs: RunJobs) -> None:
    with on(day, 23):
        run_jobs()


def test_a_cancelled_service_ends_with_its_period_is_kept_and_then_deleted(
    vendor: Sandbox, run_jobs: RunJobs, heard: Heard
) -> None:
    due = START + timedelta(days=3)
    with on(START):
        service = make_billed_service(next_due=due, vendor=vendor)
        cancellation.request_cancellation(
            service=service,
            timing=CancellationRequest.Timing.END_OF_PERIOD,
            reason="Moving",
            actor=ACTOR,
            on=START,
        )

    cron(due - timedelta(days=1))
    before = Service.objects.get().status
    cron(due)
    work(due, run_jobs)
    closed = Service.objects.get()
    for days in (16, 23, 29, 30, 31):
        has_run_daily(due + timedelta(days=days - 1))
        cron(due + timedelta(days=days))
        work(due + timedelta(days=days), run_jobs)

    assert before == "active"
    assert closed.status == "closing"
    assert [each.days for each in heard.of(ClosingNoticeDue)] == [14, 7, 1]
    assert Service.objects.get().status == "terminated"
    assert service.domain not in vendor.domains()
    assert not Invoice.objects.open().exists()


def test_what_is_never_paid_is_closed_after_its_days(vendor: Sandbox, run_jobs: RunJobs) -> None:
    configure(is_termination_on=True, suspension_days=7, termination_days=14)
    with on(START - timedelta(days=14)):
        make_billed_service(next_due=START, vendor=vendor)
    cron(START - timedelta(days=14), "--job", "create_invoices")
    for days in (7, 13, 14):
        has_run_daily(START + timedelta(days=days - 1))
        cron(START + timedelta(days=days))
        work(START + timedelta(days=days), run_jobs)
        if days == 13:
            assert Service.objects.get().status == "suspended"

    assert Service.objects.get().status == "closing"
    assert Closing.objects.get().cause == "overdue"


def test_nothing_is_closed_or_deleted_in_the_first_run_after_a_gap() -> None:
    has_run_daily(START - timedelta(days=10))

    printed = cron(START)

    waiting = [line.split()[0] for line in printed.splitlines() if "Waits after a gap" in line]
    assert waiting == ["suspend_overdue", "terminate_overdue", "purge_closed"]


def issue(client: Client, **fields: Any) -> Invoice:
    values: dict[str, Any] = {"kind": InvoiceItem.Kind.OTHER, "unit_price": Decimal(5)}
    with on(START):
        return invoicing.issue_invoice(
            client=client,
            items=[ItemSpec(description="Advice", amount=Decimal(5), **(values | fields))],
            due_date=START,
            on=START,
            actor=ACTOR,
        )


def test_old_invoices_are_cancelled_only_if_that_is_wanted_and_nothing_runs_on_them() -> None:
    idle = issue(make_client())
    with on(START):
        service = make_billed_service(next_due=START + timedelta(days=300))
    of_running = issue(service.client, service=service)

    cron(START + timedelta(days=100), "--job", "cancel_old_invoices")
    kept = Invoice.objects.open().count()
    configure(old_invoice_days=90)
    cron(START + timedelta(days=89), "--job", "cancel_old_invoices")
    still_kept = Invoice.objects.open().count()
    cron(START + timedelta(days=90), "--job", "cancel_old_invoices")

    assert (kept, still_kept) == (2, 2)
    idle.refresh_from_db()
    assert idle.status == "cancelled"
    assert list(Invoice.objects.open()) == [of_running]


def test_clients_are_inactive_while_they_have_nothing_and_closed_ones_stay_closed() -> None:
    with on(START):
        idle, owing, closed = make_client(), make_client(), make_client()
        service = make_billed_service(next_due=START + timedelta(days=300))
    issue(owing)
    Client.objects.filter(pk=closed.pk).update(status="closed")
    later = START + timedelta(days=31)

    cron(START + timedelta(days=29), "--job", "update_client_statuses")
    too_early = Client.objects.filter(status="inactive").count()
    cron(later, "--job", "update_client_statuses")
    found = {client.pk: client.status for client in Client.objects.all()}
    with on(later):
        make_billed_service(client=Client.objects.get(pk=idle.pk))
    cron(later, "--job", "update_client_statuses")

    assert too_early == 0
    assert found == {
        idle.pk: "inactive",
        owing.pk: "active",
        closed.pk: "closed",
        service.client_id: "active",
    }
    assert Client.objects.get(pk=idle.pk).status == "active"
    lines = Activity.objects.filter(action="client.status_changed")
    assert {(line.client_id, line.actor_name) for line in lines} == {(idle.pk, "cron")}


def test_what_need_not_be_kept_goes_and_the_rest_stays(settings: Settings) -> None:
    settings.EMAIL_LOG_DAYS, settings.AUTOMATION_LOG_DAYS = 365, 90
    client = make_client()
    for days in (0, 400):
        with on(START - timedelta(days=days)):
            make_emails(client, 1)
            make_emails(client, 1, status="queued")
            quote = Quote(purpose="order", currency=make_currency(), inputs={}, items=[])
            quote.fingerprint, quote.total, quote.due_today = "", Decimal(0), Decimal(0)
            quote.expires_at = timezone.now() + timedelta(minutes=30)
            quote.save()
    cron(START - timedelta(days=400))

    cron(START)

    assert EmailMessage.objects.count() == 3
    assert EmailMessage.objects.filter(status="sent").count() == 1
    assert Quote.objects.count() == 1
    assert [run.run_date for run in AutomationRun.objects.all()] == [START]


def test_staff_get_one_report_a_day_also_when_a_job_has_failed(
    heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_details: object) -> int:
        raise RuntimeError("broken")

    monkeypatch.setattr("billing.operations.price_changes.take_over", fail)

    for hour in (9, 10):
        with pytest.raises(CommandError):
            cron(START, hour=hour)

    assert heard.of(DailyReportDue) == [DailyReportDue(run_date=START)]


def test_staff_are_told_once_that_days_were_missed(heard: Heard) -> None:
    has_run_daily(START - timedelta(days=4))

    cron(START)
    cron(START, hour=12)
    cron_daily(START + timedelta(days=1), START + timedelta(days=2))

    assert heard.of(AutomationWasMissing) == [AutomationWasMissing(since=START - timedelta(days=4))]


def test_a_day_with_nothing_to_do_does_nothing() -> None:
    printed = cron(START)

    jobs = [line.split()[0] for line in printed.splitlines()[1:]]
    assert {job: done(printed, job) for job in jobs if job != "send_daily_report"} == dict.fromkeys(
        (job for job in jobs if job != "send_daily_report"), 0
    )
