"""An invitation: somebody is asked to act for a client."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from clients.models.client import Client
from clients.models.user import User
from core.states import ConcurrentTransitionMixin


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> InvitationQuerySet:
        """Those an owner can still send again or take back."""
        return self.filter(status__in=[Invitation.Status.PENDING, Invitation.Status.EXPIRED])

    def overdue(self, *, at: datetime) -> InvitationQuerySet:
        """Those nobody has accepted in time."""
        return self.filter(status=Invitation.Status.PENDING, expires_at__lte=at)


class Invitation(ConcurrentTransitionMixin, models.Model):
    """
    A one-time link, sent to `email`, that gives whoever holds that address `permissions`.

    The link's token is kept as its SHA-256 alone: the table opens no doors.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Invited")
        ACCEPTED = "accepted", _("Accepted")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Expired")

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    permissions = models.JSONField(default=list)
    token_hash = models.CharField(max_length=64, unique=True)
    status = FSMField(max_length=10, choices=Status.choices, default=Status.PENDING, protected=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations_sent")
    accepted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations_accepted"
    )
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["email", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["client", "email"],
                condition=models.Q(status__in=["pending", "expired"]),
                name="one_open_invitation_per_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.client} (invitation #{self.pk})"

    def is_live(self, *, at: datetime) -> bool:
        """Tell whether the link can be used."""
        return self.status == self.Status.PENDING and self.expires_at > at

    @transition(status, source=Status.PENDING, target=Status.ACCEPTED)
    def accept(self, *, by: User, at: datetime) -> None:
        """Somebody who proved to hold the address has said yes."""
        self.accepted_by = by
        self.closed_at = at

    @transition(status, source=[Status.PENDING, Status.EXPIRED], target=Status.CANCELLED)
    def cancel(self, *, at: datetime) -> None:
        """The owner has taken it back."""
        self.closed_at = at

    @transition(status, source=Status.PENDING, target=Status.EXPIRED)
    def expire(self) -> None:
        """Nobody has accepted in time; the owner may send it again."""

    @transition(status, source=[Status.PENDING, Status.EXPIRED], target=Status.PENDING)
    def send_again(self, *, token_hash: str, expires_at: datetime, at: datetime) -> None:
        """A new link takes the place of the old one."""
        self.token_hash = token_hash
        self.expires_at = expires_at
        self.sent_at = at
