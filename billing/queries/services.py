"""Reading services."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Subquery

from billing.models import Service
from clients.models import Client, User
from provisioning.models import Mailbox, MailDomain


@dataclass(frozen=True)
class Tally:
    """
    How many services a client has in all, and how many in each status.

    `active` are those that work: a domain that is still to be verified does not. `users` are the
    logins that can act for the client.
    """

    total: int
    by_status: dict[str, int]
    active: int = 0
    users: int = 0


def tally_of(client: Client) -> Tally:
    """Count a client's services by status, in one query; where it has none, in two."""
    is_verified = ~Q(mail_domain__status=MailDomain.Status.UNVERIFIED)
    logins = client.memberships.order_by().values("client").annotate(n=Count("pk")).values("n")
    rows = list(
        client.services.order_by()
        .values("status")
        .annotate(
            count=Count("pk"),
            verified=Count("pk", filter=is_verified),
            users=Subquery(logins),
        )
    )
    verified = {row["status"]: row["verified"] for row in rows}
    by_status = {row["status"]: row["count"] for row in rows}
    return Tally(
        total=sum(by_status.values()),
        by_status=by_status,
        active=verified.get(Service.Status.ACTIVE, 0),
        users=rows[0]["users"] if rows else client.memberships.count(),
    )


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
