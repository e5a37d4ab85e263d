"""A forward: a mailbox's mail copied to another address."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from provisioning.models.mail_domain import MailDomain


class Forward(models.Model):
    """One forward as the vendor last listed it. The mailbox keeps its copy."""

    mail_domain = models.ForeignKey(MailDomain, on_delete=models.PROTECT, related_name="forwards")
    local_part = models.CharField(max_length=64)
    target = models.EmailField(max_length=320)

    class Meta:
        ordering: ClassVar = ["local_part", "target"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mail_domain", "local_part", "target"], name="one_forward_per_target"
            )
        ]

    def __str__(self) -> str:
        return f"{self.address} to {self.target} (forward #{self.pk})"

    @property
    def address(self) -> str:
        """Return the full address of the mailbox that is forwarded."""
        return f"{self.local_part}@{self.mail_domain.domain}"
