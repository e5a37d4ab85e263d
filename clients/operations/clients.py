"""Make clients and give users access to them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from clients.actors import Actor
from clients.models import Client, Membership, Permission, User
from clients.operations import activity
from core.errors import OperationError


class UnableToAddMembership(OperationError):
    """The user cannot be given access."""


@transaction.atomic
def add_client(
    *, name: str, email: str, owner: User, actor: Actor, company: str = "", country: str = ""
) -> Client:
    """Make a client with its owner."""
    client = Client.objects.create(name=name, email=email, company=company, country=country)
    Membership.objects.create(user=owner, client=client, is_owner=True)
    activity.record(
        action="client.added",
        subject=client,
        name=company or name,
        client=client,
        actor=actor,
        after={"owner": owner.email},
    )
    return client


@transaction.atomic
def add_membership(
    *, client: Client, user: User, permissions: Iterable[str], actor: Actor
) -> Membership:
    """
    Let a user act for a client within `permissions`.

    :raises UnableToAddMembership: for an unknown permission or a user who has access already
    """
    chosen = sorted(set(permissions))
    unknown = set(chosen) - set(Permission.values)
    if unknown:
        raise UnableToAddMembership(f"There is no permission called {', '.join(sorted(unknown))}.")
    membership, is_new = Membership.objects.get_or_create(
        client=client, user=user, defaults={"permissions": chosen}
    )
    if not is_new:
        raise UnableToAddMembership(f"{user.email} can already reach this client.")
    activity.record(
        action="membership.added",
        subject=membership,
        name=user.email,
        client=client,
        actor=actor,
        after={"permissions": chosen},
    )
    return membership
