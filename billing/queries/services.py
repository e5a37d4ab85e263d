"""Reading services."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from billing.models import Service
from clients.models import Client, User
from provisioning.models import Mailbox


@dataclass(frozen=True)
class Tally:
    """How many services a client has in all, and how many in each status."""

    total: int
    by_status: dict[str, int]

    @property
    def active(self) -> int:
        """Return how many are active."""
        return self.by_status.get(Service.Status.ACTIVE, 0)


def tally_of(client: Client) -> Tally:
    """Count a client's services by status, in one query."""
    rows = client.services.order_by().values("status").annotate(count=Count("pk"))
    by_status = {row["status"]: row["count"] for row in rows}
    return Tally(total=sum(by_status.values()), by_status=by_status)


def services_of(user: User, *, search: str = "", status: str = "") -> QuerySet[Service]:
    """Return the services a user can reach, each with its `mailbox_count`."""
    services = Service.objects.reachable_by(user).with_domain()
    if search:
        words = search.strip()
        services = services.filter(
            Q(mail_domain__domain__icontains=words) | Q(product__name__icontains=words)
        )
    if status in Service.Status.values:
        services = services.filter(status=status)
    return services.annotate(
        mailbox_count=Count(
            "mail_domain__mailboxes",
            filter=~Q(mail_domain__mailboxes__status=Mailbox.Status.REMOVED),
            distinct=True,
        )
    ).order_by("mail_domain__domain", "pk")
