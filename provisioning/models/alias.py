"""An alias: an address without a mailbox; and where all other mail of a domain goes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from provisioning.models.element import ElementQuerySet, Pointing, matching, unsettled_index
from provisioning.models.mail_domain import MailDomain


class AliasQuerySet(ElementQuerySet["Alias"]):
    SORTS: ClassVar = {"address": "local_part", "target": "target", "state": "state"}

    def listed(self, *, search: str = "", sort: str = "address") -> AliasQuerySet:
        """Return the aliases as a list page shows them; an unknown `sort` means by address."""
        found = self
        if search:
            found = found.filter(matching(search))
        column = self.SORTS.get(sort.removeprefix("-"), "local_part")
        return found.order_by(f"-{column}" if sort.startswith("-") else column, "local_part")


class Alias(Pointing):
    """
    One alias; mail to it goes to one address.

    The vendor cannot rename: `replaces` is the alias that goes once this one is there.
    """

    mail_domain = models.ForeignKey(MailDomain, on_delete=models.PROTECT, related_name="aliases")
    local_part = models.CharField(max_length=64)
    replaces = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaced_by"
    )

    objects = AliasQuerySet.as_manager()

    class Meta(Pointing.Meta):
        abstract = False
        ordering: ClassVar = ["local_part"]
        verbose_name_plural = "aliases"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mail_domain", "local_part"], name="one_alias_per_address"
            )
        ]
        indexes: ClassVar = [unsettled_index("alias")]

    def __str__(self) -> str:
        return f"{self.address} (alias #{self.pk})"

    @property
    def address(self) -> str:
        """Return the full address."""
        return f"{self.local_part}@{self.mail_domain.domain}"

    @property
    def goes_out(self) -> bool:
        """Tell whether it leads out of its own domain."""
        return not self.is_internal(self.mail_domain.domain)


class CatchAll(Pointing):
    """Where mail goes that no mailbox, alias or list of the domain takes; no row: nowhere."""

    mail_domain = models.OneToOneField(
        MailDomain, on_delete=models.PROTECT, related_name="catch_all"
    )

    objects = ElementQuerySet["CatchAll"].as_manager()

    class Meta(Pointing.Meta):
        abstract = False
        verbose_name_plural = "catch-alls"

    def __str__(self) -> str:
        return f"catch-all of mail domain #{self.mail_domain_id}"
