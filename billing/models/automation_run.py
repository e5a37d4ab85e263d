"""A run of the automation: what each of its jobs did, and to what."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class AutomationJob(models.Model):
    """
    What is known of one job between its runs: who holds it, and what it has done.

    Its row is the lease: a run takes it by a guarded update, so that no job runs twice at once.
    """

    name = models.CharField(max_length=40, primary_key=True)
    lease_id = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # The last day that it has done all its work for.
    last_done_date = models.DateField(null=True, blank=True)
    last_succeeded_at = models.DateTimeField(null=True, blank=True)
    # Since when it has been done on every day; a day without it begins this anew.
    unbroken_since = models.DateTimeField(null=True, blank=True)
    is_paused = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class AutomationRun(models.Model):
    """One call of the cron, whatever it found to do."""

    class Trigger(models.TextChoices):
        CRON = "cron", _("Cron")
        BEAT = "beat", _("Beat")
        STAFF = "staff", _("Staff")

    trigger = models.CharField(max_length=5, choices=Trigger)
    # The local day that it ran for.
    run_date = models.DateField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    actor_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["run_date"], name="run_by_date")]

    def __str__(self) -> str:
        return f"Run #{self.pk} of {self.run_date}"


class AutomationJobRun(models.Model):
    """What one job did in one run."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        OUT_OF_TIME = "time", _("Goes on next time")
        WAITING = "waiting", _("Waits after a gap")

    run = models.ForeignKey(AutomationRun, on_delete=models.CASCADE, related_name="jobs")
    job = models.CharField(max_length=40)
    status = models.CharField(max_length=7, choices=Status, default=Status.RUNNING)
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    # Further figures of the job, such as the amount invoiced.
    figures = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["job", "-id"], name="job_runs")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "job"], name="one_row_per_run_and_job"),
        ]

    def __str__(self) -> str:
        return f"{self.job} in run #{self.run_id}"


class AutomationItem(models.Model):
    """One thing a job did something about, so that its page can be opened."""

    class Outcome(models.TextChoices):
        DONE = "done", _("Done")
        SKIPPED = "skipped", _("Skipped")
        FAILED = "failed", _("Failed")

    job_run = models.ForeignKey(AutomationJobRun, on_delete=models.CASCADE, related_name="items")
    subject_type = models.CharField(max_length=50)
    subject_id = models.BigIntegerField()
    name = models.CharField(max_length=200)
    outcome = models.CharField(max_length=7, choices=Outcome)
    message = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.subject_type} #{self.subject_id}: {self.outcome}"
