"""A module job: what is wanted of the vendor, and how far it has got."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from core.states import ConcurrentTransitionMixin
from provisioning.models.mail_domain import MailDomain


class ModuleJobQuerySet(models.QuerySet["ModuleJob"]):
    def open(self) -> ModuleJobQuerySet:
        """Jobs that are waiting or running."""
        return self.filter(status__in=[ModuleJob.Status.QUEUED, ModuleJob.Status.RUNNING])

    def due(self, *, at: datetime) -> ModuleJobQuerySet:
        """Waiting jobs whose time has come."""
        return self.filter(status=ModuleJob.Status.QUEUED, due_at__lte=at)

    def abandoned(self, *, at: datetime) -> ModuleJobQuerySet:
        """Running jobs whose worker has not come back within its lease."""
        return self.filter(status=ModuleJob.Status.RUNNING, lease_until__lt=at)

    def first_in_line(self) -> ModuleJobQuerySet:
        """Jobs with no earlier open job of the same domain before them."""
        earlier = ModuleJob.objects.open().filter(
            mail_domain=models.OuterRef("mail_domain"), pk__lt=models.OuterRef("pk")
        )
        return self.filter(~models.Exists(earlier))


class ModuleJob(ConcurrentTransitionMixin, models.Model):
    """
    The outbox: this row is the work, a Celery message only wakes a worker for it.

    `payload` holds what the module function needs beyond the domain (a new entitlement, a reason);
    never a secret. `claim` names the run that holds the job, so that a worker which was given up
    for lost cannot record over its successor.
    """

    class Action(models.TextChoices):
        CREATE = "create", _("Create")
        CHANGE_PACKAGE = "change_package", _("Change package")
        SUSPEND = "suspend", _("Suspend")
        UNSUSPEND = "unsuspend", _("Unsuspend")
        CLOSE = "close", _("Close")
        RESTORE = "restore", _("Restore")
        TERMINATE = "terminate", _("Terminate")

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        SUCCEEDED = "succeeded", _("Done")
        FAILED = "failed", _("Needs attention")
        CANCELLED = "cancelled", _("Superseded")

    mail_domain = models.ForeignKey(MailDomain, on_delete=models.PROTECT, related_name="jobs")
    action = models.CharField(max_length=16, choices=Action)
    status = FSMField(max_length=9, choices=Status.choices, default=Status.QUEUED, protected=True)
    payload = models.JSONField(default=dict, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_by_name = models.CharField(max_length=254)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    claim = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Why it has not worked yet: a code, our sentence for people, the vendor's own words.
    cause = models.CharField(max_length=32, blank=True)
    message = models.CharField(max_length=300, blank=True)
    vendor_message = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ModuleJobQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mail_domain", "action"],
                condition=models.Q(status__in=["queued", "running"]),
                name="one_open_job_per_domain_and_action",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["status", "due_at"], name="job_due")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} (job #{self.pk})"

    @transition(status, source=Status.QUEUED, target=Status.RUNNING)
    def start(self, *, claim: UUID, at: datetime, lease_until: datetime) -> None:
        """A worker has taken the job."""
        self.claim = claim
        self.started_at = at
        self.lease_until = lease_until
        self.attempts += 1

    @transition(status, source=Status.RUNNING, target=Status.SUCCEEDED)
    def succeed(self, *, at: datetime, message: str) -> None:
        """The vendor has confirmed the action."""
        self.finished_at = at
        self.cause, self.message, self.vendor_message = "", message, ""
        self.claim = self.lease_until = None

    @transition(status, source=Status.RUNNING, target=Status.QUEUED)
    def try_later(
        self, *, due_at: datetime, cause: str, message: str, vendor_message: str = ""
    ) -> None:
        """It did not work this time; another attempt may."""
        self.due_at = due_at
        self.cause, self.message = cause, message[:300]
        self.vendor_message = vendor_message[:300]
        self.claim = self.lease_until = None

    @transition(status, source=[Status.RUNNING, Status.QUEUED], target=Status.FAILED)
    def fail(self, *, at: datetime, cause: str, message: str, vendor_message: str = "") -> None:
        """Trying again would not help until a person has looked at it."""
        self.finished_at = at
        self.cause, self.message = cause, message[:300]
        self.vendor_message = vendor_message[:300]
        self.claim = self.lease_until = None

    @transition(status, source=Status.FAILED, target=Status.QUEUED)
    def retry(self, *, at: datetime) -> None:
        """Staff want it tried again, from the first waiting time on."""
        self.due_at = at
        self.attempts = 0
        self.finished_at = None

    @transition(status, source=[Status.QUEUED, Status.FAILED], target=Status.CANCELLED)
    def cancel(self, *, at: datetime, message: str) -> None:
        """A later wish makes this one pointless."""
        self.finished_at = at
        self.message = message
