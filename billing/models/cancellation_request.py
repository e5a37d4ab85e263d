"""A cancellation request: a client wants a service to end."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from billing.models.invoice import Invoice
from billing.models.service import Service
from clients.models import User
from core.states import ConcurrentTransitionMixin


class CancellationRequest(ConcurrentTransitionMixin, models.Model):
    """One wish to end one service, now or when what is paid for ends."""

    class Timing(models.TextChoices):
        IMMEDIATE = "now", _("Immediately")
        END_OF_PERIOD = "end", _("At the end of the billing period")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        PROCESSED = "processed", _("Processed")

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="cancellations")
    timing = models.CharField(max_length=3, choices=Timing)
    status = FSMField(max_length=9, choices=Status.choices, default=Status.OPEN, protected=True)
    reason = models.TextField()
    # The day the client was told that the service ends on; never ended before it.
    ends_on = models.DateField(null=True, blank=True)
    # Open renewals of the service that are not owed any more; made again if it is withdrawn.
    withheld = models.ManyToManyField(Invoice, blank=True, related_name="+")
    requested_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_by_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["service"],
                condition=models.Q(status="open"),
                name="one_open_cancellation_per_service",
            ),
        ]

    def __str__(self) -> str:
        return f"Cancellation of service #{self.service_id} (request #{self.pk})"

    @transition(status, source=Status.OPEN, target=Status.WITHDRAWN)
    def withdraw(self, *, at: datetime) -> None:
        """The service goes on."""
        self.closed_at = at

    @transition(status, source=Status.OPEN, target=Status.PROCESSED)
    def process(self, *, at: datetime) -> None:
        """The service has been told to end."""
        self.closed_at = at
