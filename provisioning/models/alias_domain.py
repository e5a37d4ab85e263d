"""An alias domain: another name under which every address of a domain works too."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from provisioning.models.element import Element, ElementQuerySet, unsettled_index
from provisioning.models.mail_domain import MailDomain


class AliasDomain(Element):
    """One domain that mirrors every address of its primary domain."""

    mail_domain = models.ForeignKey(
        MailDomain, on_delete=models.PROTECT, related_name="alias_domains"
    )
    domain = models.CharField(max_length=253)

    objects = ElementQuerySet["AliasDomain"].as_manager()

    class Meta(Element.Meta):
        abstract = False
        ordering: ClassVar = ["domain"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["domain"], name="one_alias_domain_per_name")
        ]
        indexes: ClassVar = [unsettled_index("alias_domain")]

    def __str__(self) -> str:
        return f"{self.domain} (alias domain #{self.pk})"
