"""An alias: an address without a mailbox."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from provisioning.models.mail_domain import MailDomain


class Alias(models.Model):
    """One alias as the vendor last listed it; mail to it goes to one address."""

    mail_domain = models.ForeignKey(MailDomain, on_delete=models.PROTECT, related_name="aliases")
    local_part = models.CharField(max_length=64)
    target = models.EmailField(max_length=320)

    class Meta:
        ordering: ClassVar = ["local_part"]
        verbose_name_plural = "aliases"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mail_domain", "local_part"], name="one_alias_per_address"
            )
        ]

    def __str__(self) -> str:
        return f"{self.address} (alias #{self.pk})"

    @property
    def address(self) -> str:
        """Return the full address."""
        return f"{self.local_part}@{self.mail_domain.domain}"
