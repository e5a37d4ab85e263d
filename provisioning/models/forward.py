"""A forward: a mailbox's mail copied to another address."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from provisioning.models.element import Element, ElementQuerySet, matching, unsettled_index
from provisioning.models.mail_domain import MailDomain


class ForwardQuerySet(ElementQuerySet["Forward"]):
    SORTS: ClassVar = {"mailbox": "local_part", "target": "target", "state": "state"}

    def listed(
        self, *, search: str = "", local_part: str = "", sort: str = "mailbox"
    ) -> ForwardQuerySet:
        """Return the forwards as a list page shows them; an unknown `sort` means by mailbox."""
        found = self
        if local_part:
            found = found.filter(local_part=local_part)
        if search:
            found = found.filter(matching(search))
        column = self.SORTS.get(sort.removeprefix("-"), "local_part")
        return found.order_by(
            f"-{column}" if sort.startswith("-") else column, "local_part", "target"
        )


class Forward(Element):
    """One forward. The mailbox keeps its copy."""

    mail_domain = models.ForeignKey(MailDomain, on_delete=models.PROTECT, related_name="forwards")
    local_part = models.CharField(max_length=64)
    target = models.EmailField(max_length=320)

    objects = ForwardQuerySet.as_manager()

    class Meta(Element.Meta):
        abstract = False
        ordering: ClassVar = ["local_part", "target"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mail_domain", "local_part", "target"], name="one_forward_per_target"
            )
        ]
        indexes: ClassVar = [unsettled_index("forward")]

    def __str__(self) -> str:
        return f"{self.address} to {self.target} (forward #{self.pk})"

    @property
    def address(self) -> str:
        """Return the full address of the mailbox that is forwarded."""
        return f"{self.local_part}@{self.mail_domain.domain}"

    @property
    def goes_out(self) -> bool:
        """Tell whether the copy leaves the domain."""
        return not self.target.lower().endswith(f"@{self.mail_domain.domain.lower()}")
