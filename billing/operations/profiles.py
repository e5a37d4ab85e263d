"""How a client is billed, and the lock of all that touches a client's money."""

from __future__ import annotations

from django.db.models import QuerySet

from billing.models import BillingProfile
from billing.operations import currencies
from clients.models import Client


def profile_of(client: Client) -> BillingProfile:
    """Return how a client is billed; made on demand, in the base currency."""
    profiles = BillingProfile.objects.select_related("currency", "group", "client")
    found = profiles.filter(client=client).first()
    if found is not None:
        return found
    made, _ = profiles.get_or_create(
        client=client, defaults={"currency": currencies.base_currency()}
    )
    return made


def lock(client: Client) -> BillingProfile:
    """
    Return the client's profile, locked: nobody else moves this client's money until the end.

    Taken before any other lock. Who needs several clients' takes them in the order of their ids.
    """
    profile = profile_of(client)
    rows = BillingProfile.objects.select_for_update(of=("self",))
    return rows.select_related("currency", "group", "client").get(pk=profile.pk)


def lock_all(clients: QuerySet[Client]) -> dict[int, BillingProfile]:
    """Do as `lock` for many clients in a few statements; return the profiles by client."""
    without = list(clients.filter(billing=None))
    if without:
        currency = currencies.base_currency()
        BillingProfile.objects.bulk_create(
            [BillingProfile(client=client, currency=currency) for client in without],
            ignore_conflicts=True,
        )
    rows = (
        BillingProfile.objects.filter(client__in=clients)
        .select_for_update(of=("self",))
        .select_related("currency", "group", "client")
        .order_by("client_id")
    )
    return {profile.client_id: profile for profile in rows}
