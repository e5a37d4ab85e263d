"""Jobs about the automation itself: days it missed, and the report of the day."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from billing.automation import gaps
from billing.automation.work import Work
from billing.events import AutomationWasMissing, DailyReportDue
from billing.models import AutomationJob
from core.events import publish


def notice_gap(work: Work) -> None:
    """Tell staff that the automation has missed days, once it runs again."""
    last = AutomationJob.objects.filter(pk=gaps.MEASURE).values_list("last_done_date", flat=True)
    since = last.first()
    if since is not None and since < work.today - timedelta(days=1):
        with transaction.atomic():
            publish(AutomationWasMissing(since=since))
        work.count(1)


def send_daily_report(work: Work) -> None:
    """Tell staff what the day's jobs have done, and what went wrong."""
    with transaction.atomic():
        publish(DailyReportDue(run_date=work.today))
    work.count(1)
