"""Run the automation: call it every five minutes, or as often as you like."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from billing.automation import runner
from billing.automation.health import Level, health
from billing.automation.jobs import JOBS
from billing.models import AutomationJobRun, AutomationRun

Status = AutomationJobRun.Status


class Command(BaseCommand):
    """`manage.py cron`, `cron --dry-run`, `cron --job create_invoices`, `cron --status`."""

    help = (
        "Do what is due: invoices, reminders, suspensions and the rest. It can be called at any "
        "time and any number of times; what is done already is not done again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="show what would be done, and do nothing; a long job is taken back every few "
            "seconds, so that the shop goes on",
        )
        parser.add_argument(
            "--job",
            action="append",
            default=[],
            metavar="NAME",
            help="only this job, even if it was done today; can be repeated",
        )
        parser.add_argument("--jobs", action="store_true", help="list the jobs in their order")
        parser.add_argument(
            "--status",
            action="store_true",
            help="say whether the automation runs as it should; the exit code is 0 if it does",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        # Staff's screens and logs are in one language; each client's documents are in theirs.
        with translation.override("en"):
            if options["jobs"]:
                self._list_jobs()
            elif options["status"]:
                self._tell_status()
            else:
                self._run(options["job"], is_dry_run=options["dry_run"])

    def _run(self, only: list[str], *, is_dry_run: bool) -> None:
        try:
            lines = runner.run(
                trigger=AutomationRun.Trigger.CRON,
                now=timezone.now(),
                only=only,
                is_dry_run=is_dry_run,
            )
        except runner.UnknownJob as error:
            raise CommandError(f"There is no job called {error}. See --jobs.") from error
        if is_dry_run:
            self.stdout.write("A dry run: this would be done now, and nothing was.")
        self._tell(lines)
        if any(line.status == Status.FAILED for line in lines):
            raise CommandError("A job failed. It is tried again by the next run.")

    def _tell(self, lines: list[runner.Line]) -> None:
        if not lines:
            self.stdout.write("Nothing is due.")
            return
        width = max(len(line.job.name) for line in lines)
        self.stdout.write(
            f"{'job':<{width}}  {'result':<18}{'done':>7}{'skipped':>9}{'failed':>8}{'s':>7}"
        )
        for line in lines:
            result = Status(line.status).label
            figures = ", ".join(f"{name} {value}" for name, value in line.figures.items())
            self.stdout.write(
                f"{line.job.name:<{width}}  {result:<18}{line.done:>7}{line.skipped:>9}"
                f"{line.failed:>8}{line.seconds:>7.1f}  {figures or line.error}".rstrip()
            )
            for problem in line.problems:
                self.stdout.write(f"{'':<{width}}  {problem}")

    def _list_jobs(self) -> None:
        width = max(len(job.name) for job in JOBS)
        for job in JOBS:
            when = "daily" if job.is_daily else "every run"
            self.stdout.write(f"{job.name:<{width}}  {when:<9}  {job.label}")

    def _tell_status(self) -> None:
        found = health(timezone.now())
        self.stdout.write(f"{found.level.name}")
        for name, at in (("run", found.last_run_at), ("day's work", found.last_day_at)):
            when = f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" if at else "never"
            self.stdout.write(f"Last {name}: {when}")
        for sentence in found.sentences:
            self.stdout.write(sentence)
        if found.level != Level.OK:
            sys.exit(1)
