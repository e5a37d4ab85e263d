"""Email we send: what waits, what was sent, what could not be."""

from __future__ import annotations

import re
from datetime import datetime
from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from clients.models.client import Client
from clients.models.encrypted_field import EncryptedTextField
from clients.models.user import User

# A secret's place in a text: characters that no keyboard makes stand around its name.
PLACE = re.compile("\ue000([a-z_]+)\ue001")


def place_of(name: str) -> str:
    """Return what stands in a text where the secret of that name goes."""
    return f"\ue000{name}\ue001"


class EmailMessageQuerySet(models.QuerySet["EmailMessage"]):
    def due(self, *, at: datetime) -> EmailMessageQuerySet:
        """Those that should be sent now."""
        return self.filter(status=EmailMessage.Status.QUEUED, due_at__lte=at)

    def abandoned(self, *, at: datetime) -> EmailMessageQuerySet:
        """Those whose worker has not come back."""
        return self.filter(status=EmailMessage.Status.SENDING, lease_until__lt=at)

    def visible_to(self, user: User, *, client: Client) -> EmailMessageQuerySet:
        """What was sent on the client's business, and to this user alone on their own."""
        return self.filter(models.Q(client=client) | models.Q(client__isnull=True, user=user))


class EmailMessage(models.Model):
    """
    One email to one address: the row is the work, and afterwards the history.

    `text` and `html` hold places instead of secrets (one-time links); `sealed` maps the places to
    the secrets, encrypted, until the message has been sent or given up. `error` says why one was
    not sent: in the mail server's words, or in a stored sentence of ours.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        WITHHELD = "withheld", _("Not sent")

    client = models.ForeignKey(
        Client, null=True, blank=True, on_delete=models.PROTECT, related_name="emails"
    )
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="emails"
    )
    to = models.EmailField()
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField()
    sealed = EncryptedTextField(default="{}")
    template = models.CharField(max_length=64)
    language = models.CharField(max_length=10, default="en")
    # Stays the same however often it is sent, so that a second copy is known as one.
    message_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    due_at = models.DateTimeField()
    claimed_by = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EmailMessageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["status", "due_at"], name="email_due"),
            models.Index(fields=["client", "-id"], name="email_of_client"),
            models.Index(fields=["user", "-id"], name="email_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to} (email #{self.pk})"
