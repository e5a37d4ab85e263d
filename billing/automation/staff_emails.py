"""Which event is told to the staff by email."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from billing.automation.addressees import tell_staff
from billing.automation.jobs import JOBS
from billing.events import (
    AutomationWasMissing,
    DailyReportDue,
    OrderStuck,
    TerminationApprovalNeeded,
    UpgradeFailed,
)
from billing.models import (
    AutomationJobRun,
    AutomationRun,
    Order,
    TerminationApproval,
    Upgrade,
)
from clients.links import link_for_staff
from core.events import reacts_to
from core.sentences import sentence as _
from core.sentences import told
from provisioning.events import JobFailed
from provisioning.models import Drift, ModuleJob

LABELS = {job.name: job.label for job in JOBS}
MOST_DIFFERENCES = 30
LONGEST_ERROR = 200


@reacts_to(JobFailed)
def tell_of_the_failed_job(event: JobFailed) -> None:
    """Have somebody look at what the module could not do."""
    jobs = ModuleJob.objects.select_related("mail_domain__client")
    job = jobs.get(pk=event.job_id)
    values = {
        "domain": job.mail_domain.domain,
        "client": job.mail_domain.client,
        "action": ModuleJob.Action(job.action).label,
        "message": told(job.message),
        "vendor_message": job.vendor_message,
        "admin_url": link_for_staff(job),
    }
    tell_staff(letter="staff_job_failed", values=values)


@reacts_to(OrderStuck)
def tell_of_the_stuck_order(event: OrderStuck) -> None:
    """Have somebody look at what is paid for and not there."""
    order = Order.objects.select_related("client").get(pk=event.order_id)
    values = {
        "order_number": order.number,
        "domain": order.domain,
        "client": order.client,
        "product": order.product_name,
        "admin_url": link_for_staff(order),
    }
    tell_staff(letter="staff_order_stuck", values=values)


@reacts_to(UpgradeFailed)
def tell_of_the_failed_change(event: UpgradeFailed) -> None:
    """Have somebody decide what becomes of a change that could not be made."""
    upgrades = Upgrade.objects.select_related("service__client", "service__mail_domain")
    upgrade = upgrades.get(pk=event.upgrade_id)
    values = {
        "domain": upgrade.service.domain,
        "client": upgrade.service.client,
        "change": Upgrade.Kind(upgrade.kind).label,
        "error": told(upgrade.error),
        "admin_url": link_for_staff(upgrade.service),
    }
    tell_staff(letter="staff_upgrade_failed", values=values)


@reacts_to(TerminationApprovalNeeded)
def ask_for_the_approval(event: TerminationApprovalNeeded) -> None:
    """Have a person look before services end."""
    approval = TerminationApproval.objects.get(pk=event.approval_id)
    values = {
        "what": TerminationApproval.Kind(approval.kind).label,
        "reason": TerminationApproval.Reason(approval.reason).label,
        "number": approval.services.count(),
        "day": approval.for_date,
        "admin_url": link_for_staff(approval),
    }
    tell_staff(letter="staff_approval_needed", values=values)


@reacts_to(AutomationWasMissing)
def tell_of_the_missed_days(event: AutomationWasMissing) -> None:
    """Say since when nothing was done."""
    values = {"since": event.since, "admin_url": link_for_staff(AutomationRun)}
    tell_staff(letter="staff_cron_missing", values=values)


@reacts_to(DailyReportDue)
def report_the_day(event: DailyReportDue) -> None:
    """Say what each job has done on a day, in all of its runs, and what went wrong."""
    runs = AutomationJobRun.objects.filter(run__run_date=event.run_date).order_by("pk")
    sums: dict[str, dict[str, Any]] = {}
    problems = []
    for run in runs:
        label = LABELS.get(run.job, run.job)
        row = sums.setdefault(
            run.job, {"job": label, "done": 0, "skipped": 0, "failed": 0, "figures": {}}
        )
        for name in ("done", "skipped", "failed"):
            row[name] += getattr(run, name)
        row["figures"] |= run.figures
        if run.error:
            problems.append({"problem": f"{label}: {run.error.strip()[:LONGEST_ERROR]}"})
        elif run.failed:
            problems.append({"problem": f"{label}: {run.failed}"})
    values = {
        "day": event.run_date,
        "is_all_well": not problems,
        "problems": problems,
        "jobs": [_told(row) for row in sums.values() if _has_done(row)],
        "admin_url": link_for_staff(AutomationRun),
    }
    tell_staff(letter="staff_daily_report", values=values)


@reacts_to(DailyReportDue)
def report_the_differences(event: DailyReportDue) -> None:
    """Say where the vendor was lately found to differ; on a day without any nothing is sent."""
    found = Drift.objects.filter(closed_at=None, noticed_at__gte=_begin_of(event.run_date))
    number = found.count()
    if not number:
        return
    newest: Iterable[Drift] = found.select_related("mail_domain")[:MOST_DIFFERENCES]
    values = {
        "number": number,
        "differences": [
            {
                "domain": each.mail_domain.domain,
                "kind": each.get_kind_display(),
                "name": each.name,
                "ours": each.ours or _("nothing"),
                "theirs": each.theirs or _("nothing"),
            }
            for each in newest
        ],
        "has_more": number > MOST_DIFFERENCES,
        "admin_url": link_for_staff(Drift),
    }
    tell_staff(letter="staff_drift_report", values=values)


def _has_done(row: dict[str, Any]) -> bool:
    return bool(row["done"] or row["skipped"] or row["failed"])


def _told(row: dict[str, Any]) -> dict[str, Any]:
    figures = ", ".join(f"{name}: {value}" for name, value in row["figures"].items())
    return {**row, "figures": figures}


def _begin_of(day: date) -> datetime:
    """Return the moment from which on a day's report tells: the begin of the local day before."""
    return timezone.make_aware(datetime.combine(day - timedelta(days=1), time.min))
