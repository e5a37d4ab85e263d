"""A distribution list and its members."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from provisioning.models.element import Element, ElementQuerySet, unsettled_index
from provisioning.models.mail_domain import MailDomain


class DistributionListQuerySet(ElementQuerySet["DistributionList"]):
    SORTS: ClassVar = {"address": "local_part", "members": "n_wanted", "state": "state"}

    def with_counts(self) -> DistributionListQuerySet:
        """Count for each list its members, and the changes that wait or have failed."""
        return self.annotate(
            n_wanted=models.Count("members", filter=models.Q(members__is_wanted=True)),
            n_waiting=models.Count("members", filter=WAITING),
            n_failed=models.Count("members", filter=~models.Q(members__problem="")),
        )

    def listed(self, *, search: str = "", sort: str = "address") -> DistributionListQuerySet:
        """Return the lists as a list page shows them; an unknown `sort` means by address."""
        found = self.with_counts()
        if search:
            # A subquery: a join would count only the members that match.
            by_member = DistributionListMember.objects.filter(address__icontains=search)
            name = search.split("@", maxsplit=1)[0] or search
            found = found.filter(
                models.Q(local_part__icontains=name)
                | models.Q(pk__in=by_member.values("distribution_list"))
            )
        column = self.SORTS.get(sort.removeprefix("-"), "local_part")
        return found.order_by(f"-{column}" if sort.startswith("-") else column, "local_part")

    def with_work(self, *, at: datetime) -> DistributionListQuerySet:
        """Lists at the vendor whose members are to be changed, and that no worker holds."""
        return (
            self.filter(WAITING, state=Element.State.PRESENT, unsettled_since=None)
            .exclude(lease_until__gt=at)
            .distinct()
        )


class DistributionList(Element):
    """
    One list. `list_type` is the vendor's own word.

    `changes` is how many members the last save set out to change; a worker that makes them holds
    the list by `claim` until `lease_until`.
    """

    mail_domain = models.ForeignKey(
        MailDomain, on_delete=models.PROTECT, related_name="distribution_lists"
    )
    local_part = models.CharField(max_length=64)
    list_type = models.CharField(max_length=16, default="1")
    changes = models.PositiveIntegerField(default=0, editable=False)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DistributionListQuerySet.as_manager()

    class Meta(Element.Meta):
        abstract = False
        ordering: ClassVar = ["local_part"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mail_domain", "local_part"], name="one_list_per_address"
            )
        ]
        indexes: ClassVar = [unsettled_index("list")]

    def __str__(self) -> str:
        return f"{self.address} (list #{self.pk})"

    @property
    def address(self) -> str:
        """Return the full address."""
        return f"{self.local_part}@{self.mail_domain.domain}"

    @property
    def wanted(self) -> int:
        """Return how many members there shall be; only on lists read `with_counts`."""
        return int(self.__dict__["n_wanted"])

    @property
    def waiting(self) -> int:
        """Return how many changes are still to be made; only on lists read `with_counts`."""
        return int(self.__dict__["n_waiting"])

    @property
    def failed(self) -> int:
        """Return how many changes were refused; only on lists read `with_counts`."""
        return int(self.__dict__["n_failed"])


class MemberQuerySet(ElementQuerySet["DistributionListMember"]):
    def waiting(self) -> MemberQuerySet:
        """Members whose wanted change has not been tried yet."""
        absent, present = Element.State.ABSENT, Element.State.PRESENT
        return self.filter(
            models.Q(is_wanted=True, state=absent) | models.Q(is_wanted=False, state=present),
            problem="",
        )


class DistributionListMember(Element):
    """
    One address on a list; it may lie outside the domain.

    `is_wanted` is what was last asked for, `state` what the vendor has confirmed: where they
    differ, there is something to do, or a `problem`.
    """

    distribution_list = models.ForeignKey(
        DistributionList, on_delete=models.CASCADE, related_name="members"
    )
    address = models.EmailField(max_length=320)
    is_wanted = models.BooleanField(default=True)

    objects = MemberQuerySet.as_manager()

    class Meta(Element.Meta):
        abstract = False
        ordering: ClassVar = ["address"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["distribution_list", "address"], name="one_membership_per_list"
            )
        ]
        indexes: ClassVar = [unsettled_index("member")]

    def __str__(self) -> str:
        return f"{self.address} on list #{self.distribution_list_id}"


WAITING = models.Q(members__problem="") & (
    models.Q(members__is_wanted=True, members__state=Element.State.ABSENT)
    | models.Q(members__is_wanted=False, members__state=Element.State.PRESENT)
)
