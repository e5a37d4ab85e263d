"""Drift: where the vendor and our rows were found to differ."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from provisioning.models.mail_domain import MailDomain


class Drift(models.Model):
    """
    One difference that nobody asked for here, noticed by the mirror.

    The mirror follows the vendor in what it shows; this row keeps that it had to. It is closed when
    the difference is gone or a person has looked at it.
    """

    class Kind(models.TextChoices):
        UNKNOWN_MAILBOX = "unknown_mailbox", "A mailbox we did not create"
        MISSING_MAILBOX = "missing_mailbox", "A mailbox the vendor does not list"
        TYPE = "type", "Another account type"
        QUOTA = "quota", "Another quota"
        STATUS = "status", "Enabled or disabled elsewhere"
        MISSING_DOMAIN = "missing_domain", "The vendor does not list the domain"
        DOMAIN_STATUS = "domain_status", "The domain was switched on or off elsewhere"

    mail_domain = models.ForeignKey(MailDomain, on_delete=models.CASCADE, related_name="drifts")
    kind = models.CharField(max_length=16, choices=Kind)
    name = models.CharField(max_length=320)
    ours = models.CharField(max_length=200, blank=True)
    theirs = models.CharField(max_length=200, blank=True)
    noticed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-noticed_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mail_domain", "kind", "name"],
                condition=models.Q(closed_at__isnull=True),
                name="one_open_drift_per_difference",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name} (drift #{self.pk})"
