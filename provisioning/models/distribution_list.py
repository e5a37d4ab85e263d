"""A distribution list and its members."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from provisioning.models.mail_domain import MailDomain


class DistributionList(models.Model):
    """One list as the vendor last listed it. `list_type` is the vendor's own word."""

    mail_domain = models.ForeignKey(
        MailDomain, on_delete=models.PROTECT, related_name="distribution_lists"
    )
    local_part = models.CharField(max_length=64)
    list_type = models.CharField(max_length=16, default="1")

    class Meta:
        ordering: ClassVar = ["local_part"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mail_domain", "local_part"], name="one_list_per_address"
            )
        ]

    def __str__(self) -> str:
        return f"{self.address} (list #{self.pk})"

    @property
    def address(self) -> str:
        """Return the full address."""
        return f"{self.local_part}@{self.mail_domain.domain}"


class DistributionListMember(models.Model):
    """One address on a list; it may lie outside the domain."""

    distribution_list = models.ForeignKey(
        DistributionList, on_delete=models.CASCADE, related_name="members"
    )
    address = models.EmailField(max_length=320)

    class Meta:
        ordering: ClassVar = ["address"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["distribution_list", "address"], name="one_membership_per_list"
            )
        ]

    def __str__(self) -> str:
        return f"{self.address} on list #{self.distribution_list_id}"
