"""Reading services."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from billing.models import Service
from clients.models import User
from provisioning.models import Mailbox


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
