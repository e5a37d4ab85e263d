"""What DNS last said about a domain."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

from provisioning.models.mail_domain import MailDomain

# A reading that was asked for and has not come is given up after this, and asked for again.
PATIENCE = timedelta(seconds=15)


class DnsReadingQuerySet(models.QuerySet["DnsReading"]):
    def overdue(self, *, at: datetime) -> DnsReadingQuerySet:
        """Readings that were asked for some time ago and have not come."""
        return self.filter(is_awaited=True, requested_at__lt=at - PATIENCE)


class DnsReading(models.Model):
    """
    The answers to our own questions; how they compare with what should be there is not kept.

    `answers` holds `{"name", "type", "status", "values"}`; `spf_lookups` is how many questions a
    receiver has to ask to check the domain's SPF record, None where that could not be told.
    """

    mail_domain = models.OneToOneField(
        MailDomain, on_delete=models.CASCADE, related_name="dns_reading"
    )
    answers = models.JSONField(default=list, blank=True)
    spf_lookups = models.PositiveSmallIntegerField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    requested_at = models.DateTimeField(null=True, blank=True)
    is_awaited = models.BooleanField(default=False)

    objects = DnsReadingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"DNS of mail domain #{self.mail_domain_id}"
