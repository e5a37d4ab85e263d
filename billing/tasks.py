"""Celery's doors of billing: each makes one call."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from billing.automation import runner
from billing.models import AutomationRun

# Well within the longest that a task may take; what is left is done by the next run.
SECONDS = 200


@shared_task(name="billing.cron")
def cron(**_later: object) -> None:
    """Run the automation, as `manage.py cron` does."""
    runner.run(trigger=AutomationRun.Trigger.BEAT, now=timezone.now(), seconds=SECONDS)
