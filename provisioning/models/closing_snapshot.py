"""A closing snapshot: what was in a domain when it was switched off."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from provisioning.models.mail_domain import MailDomain


class ClosingSnapshot(models.Model):
    """
    The record to compare a restored domain with, or to make a removed one anew from.

    `content` holds lists of plain rows by noun; no mail and no password. `as_of` is when the vendor
    had last been read, `taken_at` when the domain was closed.
    """

    mail_domain = models.ForeignKey(
        MailDomain, on_delete=models.PROTECT, related_name="closing_snapshots"
    )
    content = models.JSONField()
    mailboxes = models.PositiveIntegerField()
    usage_mb = models.PositiveBigIntegerField()
    as_of = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.mailboxes} mailboxes of mail domain #{self.mail_domain_id}"
