"""A batch: one change to many mailboxes, made in the background."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from provisioning.models.mail_domain import MailDomain
from provisioning.models.mailbox import Mailbox
from provisioning.models.sentence_field import SentenceField


class MailboxBatchQuerySet(models.QuerySet["MailboxBatch"]):
    def abandoned(self, *, at: datetime) -> MailboxBatchQuerySet:
        """Unfinished batches that no worker holds."""
        return self.filter(finished_at=None).exclude(lease_until__gt=at)


class MailboxBatch(models.Model):
    """
    What was asked for, by whom, and how far it is.

    A worker holds the batch by `claim` until `lease_until`; rows already answered are not repeated.
    """

    class Action(models.TextChoices):
        ENABLE = "enable", _("Enable")
        DISABLE = "disable", _("Disable")
        DELETE = "delete", _("Delete")
        SET_TYPE = "set_type", _("Change type")
        SET_QUOTA = "set_quota", _("Change quota")

    mail_domain = models.ForeignKey(MailDomain, on_delete=models.PROTECT, related_name="batches")
    action = models.CharField(max_length=9, choices=Action)
    account_type = models.PositiveSmallIntegerField(null=True, blank=True)
    quota_mb = models.PositiveIntegerField(null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_by_name = models.CharField(max_length=254)
    claim = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = MailboxBatchQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name_plural = "mailbox batches"

    def __str__(self) -> str:
        return f"{self.get_action_display()} (batch #{self.pk})"

    def is_held_by(self, claim: UUID) -> bool:
        """Tell whether this run still holds the batch."""
        return self.claim == claim

    def progress(self) -> tuple[int, int, int]:
        """Return how many rows are done, have failed, and there are in all."""
        counts = self.items.aggregate(
            done=models.Count("pk", filter=models.Q(status=MailboxBatchItem.Status.DONE)),
            failed=models.Count("pk", filter=models.Q(status=MailboxBatchItem.Status.FAILED)),
            total=models.Count("pk"),
        )
        return counts["done"], counts["failed"], counts["total"]


class MailboxBatchItem(models.Model):
    """One mailbox of a batch and what became of it."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    batch = models.ForeignKey(MailboxBatch, on_delete=models.CASCADE, related_name="items")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="batch_items")
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    message = SentenceField(blank=True)

    class Meta:
        ordering: ClassVar = ["mailbox__local_part"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "mailbox"], name="one_item_per_mailbox")
        ]

    def __str__(self) -> str:
        return f"mailbox #{self.mailbox_id} in batch #{self.batch_id}"
