"""Gaps: days on which the automation did not run, and how long it holds back after them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone

from billing.models import AutomationJob

# The job whose days count: where it ran, invoices and notices went out.
MEASURE = "create_invoices"
# A day, less what two runs of a daily cron may be apart.
A_FULL_DAY = timedelta(hours=20)
A_DAY = timedelta(days=1)


def has_settled(*, now: datetime, today: date) -> bool:
    """
    Tell whether the automation has run without a gap for a full day.

    After an outage, and at the very first, invoices and notices may all go out in one run: nobody
    is suspended or terminated for what they could not have known of.
    """
    row = AutomationJob.objects.filter(pk=MEASURE).first()
    if row is None or row.unbroken_since is None or row.last_done_date is None:
        return False
    return (
        row.last_done_date >= today - A_DAY
        and timezone.localdate(row.unbroken_since) < today
        and now - row.unbroken_since >= A_FULL_DAY
    )
