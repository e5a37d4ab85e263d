"""A termination approval: what the automation will not end before a person has looked at it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from billing.models.service import Service
from clients.models import User
from core.states import ConcurrentTransitionMixin


class TerminationApproval(ConcurrentTransitionMixin, models.Model):
    """
    A question to staff: whether these services may be ended, or their mail deleted.

    Somebody asks (nobody in particular where it was the automation) and another person answers.
    """

    class Kind(models.TextChoices):
        OVERDUE = "overdue", _("Close overdue services")
        PURGE = "purge", _("Delete the mail of closed services")

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Waiting for approval")
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")

    class Reason(models.TextChoices):
        ABOVE_CAP = "cap", _("More at once than the daily cap")
        MANY_MAILBOXES = "mailboxes", _("Many mailboxes")

    kind = models.CharField(max_length=7, choices=Kind)
    status = FSMField(
        max_length=9, choices=Status.choices, default=Status.REQUESTED, protected=True
    )
    services = models.ManyToManyField(Service, related_name="termination_approvals")
    reason = models.CharField(max_length=9, choices=Reason)
    for_date = models.DateField()
    requested_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_by_name = models.CharField(max_length=200)
    answered_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=models.Q(status="requested"),
                name="one_open_approval_per_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(requested_by__isnull=True)
                | models.Q(answered_by__isnull=True)
                | ~models.Q(requested_by=models.F("answered_by")),
                name="approved_by_somebody_else",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.for_date} (approval #{self.pk})"

    @transition(status, source=Status.REQUESTED, target=Status.APPROVED)
    def approve(self, *, by: User, at: datetime) -> None:
        """The next run may go on with these services."""
        self.answered_by, self.answered_at = by, at

    @transition(status, source=Status.REQUESTED, target=Status.DECLINED)
    def decline(self, *, by: User, at: datetime) -> None:
        """These services stay; the automation leaves them alone until somebody acts."""
        self.answered_by, self.answered_at = by, at
