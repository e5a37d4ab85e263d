"""A closing: the time between the end of a service and the deletion of its mail."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from billing.models.service import Service
from core.states import ConcurrentTransitionMixin


class ClosingQuerySet(models.QuerySet["Closing"]):
    def open(self) -> ClosingQuerySet:
        """Closings that have led neither back nor to the end yet."""
        return self.exclude(status__in=[Closing.Status.RESTORED, Closing.Status.PURGED])


class Closing(ConcurrentTransitionMixin, models.Model):
    """
    One way of one service to its end, and back if it is restored.

    `status` follows what was asked for and what the module has confirmed. `hold_days` is how long
    the mail is kept once it is switched off; 0: not at all.
    """

    class Cause(models.TextChoices):
        CANCELLATION = "cancellation", _("Cancelled by the client")
        OVERDUE = "overdue", _("Overdue on payment")
        STAFF = "staff", _("By staff")

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Being switched off")
        CLOSED = "closed", _("Closed")
        RESTORING = "restoring", _("Being restored")
        RESTORED = "restored", _("Restored")
        PURGING = "purging", _("Being deleted")
        PURGED = "purged", _("Deleted")

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="closings")
    cause = models.CharField(max_length=12, choices=Cause)
    status = FSMField(
        max_length=9, choices=Status.choices, default=Status.REQUESTED, protected=True
    )
    reason = models.CharField(max_length=300, blank=True)
    hold_days = models.PositiveSmallIntegerField()
    requested_by_name = models.CharField(max_length=200)
    # The local day, which the daily cap counts by.
    requested_on = models.DateField()
    closed_at = models.DateTimeField(null=True, blank=True)
    # The latest notice of the coming deletion: so many days before, sent on that day.
    last_notice_days = models.PositiveSmallIntegerField(null=True, blank=True)
    last_notice_on = models.DateField(null=True, blank=True)
    # When the deletion was asked for, on the local day.
    purged_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClosingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["service"],
                condition=~models.Q(status__in=["restored", "purged"]),
                name="one_open_closing_per_service",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["status", "closed_at"],
                condition=models.Q(status="closed"),
                name="closing_to_watch",
            ),
            models.Index(fields=["cause", "requested_on"], name="closings_of_day"),
        ]

    def __str__(self) -> str:
        return f"Closing of service #{self.service_id} ({self.get_status_display()})"

    @transition(status, source=Status.REQUESTED, target=Status.CLOSED)
    def confirm(self, *, at: datetime) -> None:
        """The account is switched off."""
        self.closed_at = at

    @transition(status, source=[Status.REQUESTED, Status.CLOSED], target=Status.RESTORING)
    def begin_restoration(self) -> None:
        """The account is to be switched on again."""

    @transition(status, source=Status.RESTORING, target=Status.RESTORED)
    def restore(self, *, at: datetime) -> None:
        """The account is switched on again."""
        self.ended_at = at

    @transition(status, source=[Status.REQUESTED, Status.CLOSED], target=Status.PURGING)
    def begin_purge(self, *, on: date) -> None:
        """The mail is to be deleted; from here on nothing brings it back."""
        self.purged_on = on

    @transition(
        status,
        source=[Status.REQUESTED, Status.CLOSED, Status.RESTORING, Status.PURGING],
        target=Status.PURGED,
    )
    def end(self, *, at: datetime) -> None:
        """The account and its mail are gone."""
        self.ended_at = at
