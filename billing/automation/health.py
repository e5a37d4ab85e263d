"""Whether the automation runs as it should."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Max

from billing.automation import gaps
from billing.models import AutomationJob, AutomationJobRun, AutomationRun
from core.sentences import Sentence
from core.sentences import counted as ngettext
from core.sentences import sentence as _

# A cron that is called every five minutes and was not for so long is worth a look.
LONGEST_SILENCE = timedelta(minutes=120)
# A day's work, and two hours for it to be late.
LONGEST_WITHOUT_A_DAY = timedelta(hours=26)


class Level(StrEnum):
    """How it is, from well to bad."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Health:
    """
    How the automation is.

    `last_run_at` is when the cron was last called, `last_day_at` when a day's invoices were last
    made; None: never. `sentences` say what is wrong and what to do about it.
    """

    level: Level
    sentences: tuple[Sentence, ...]
    last_run_at: datetime | None
    last_day_at: datetime | None


def health(now: datetime) -> Health:
    """Return how the automation is, in four queries."""
    last_run_at = AutomationRun.objects.aggregate(last=Max("started_at"))["last"]
    measure = AutomationJob.objects.filter(pk=gaps.MEASURE).first()
    last_day_at = measure.last_succeeded_at if measure else None
    failed, incomplete = _problems()
    errors = [*_missing(now, last_run_at, last_day_at), *failed]
    warnings = [*_silent(now, last_run_at), *incomplete, *_paused()]
    level = Level.ERROR if errors else Level.WARNING if warnings else Level.OK
    return Health(
        level=level,
        sentences=(*errors, *warnings),
        last_run_at=last_run_at,
        last_day_at=last_day_at,
    )


def _missing(
    now: datetime, last_run_at: datetime | None, last_day_at: datetime | None
) -> list[Sentence]:
    if last_run_at is None:
        return [_("The cron has never run. Call “manage.py cron” every five minutes.")]
    if last_day_at is None:
        return [_("The cron runs, but has not done a day's work yet.")]
    hours = round((now - last_day_at) / timedelta(hours=1))
    if now - last_day_at < LONGEST_WITHOUT_A_DAY:
        return []
    return [
        ngettext(
            "The daily work was last done %(hours)d hour ago. See that the cron is called.",
            "The daily work was last done %(hours)d hours ago. See that the cron is called.",
            hours,
        )
        % {"hours": hours}
    ]


def _silent(now: datetime, last_run_at: datetime | None) -> list[Sentence]:
    if last_run_at is None or now - last_run_at <= LONGEST_SILENCE:
        return []
    minutes = round((now - last_run_at) / timedelta(minutes=1))
    return [
        ngettext(
            "The cron was last called %(minutes)d minute ago.",
            "The cron was last called %(minutes)d minutes ago.",
            minutes,
        )
        % {"minutes": minutes}
    ]


def _problems() -> tuple[list[Sentence], list[Sentence]]:
    """Return a sentence for each job that failed the last time, and for each that did in part."""
    newest = AutomationJobRun.objects.order_by().values("job").annotate(newest=Max("pk"))
    failed, incomplete = [], []
    for each in AutomationJobRun.objects.filter(pk__in=newest.values("newest")):
        if each.status == AutomationJobRun.Status.FAILED:
            words = {"job": each.job, "error": each.error[:200]}
            failed.append(_("The job %(job)s failed: %(error)s") % words)
        elif each.failed:
            incomplete.append(
                ngettext(
                    "The job %(job)s could not deal with %(failed)d item.",
                    "The job %(job)s could not deal with %(failed)d items.",
                    each.failed,
                )
                % {"job": each.job, "failed": each.failed}
            )
    return failed, incomplete


def _paused() -> list[Sentence]:
    paused = AutomationJob.objects.filter(is_paused=True)
    return [_("The job %(job)s is paused.") % {"job": each.name} for each in paused]
