"""Make clients and change what is known about them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from clients.actors import Actor
from clients.models import Client, Membership, User
from clients.operations import activity
from core.errors import OperationError


class UnableToChangeClient(OperationError):
    """The client's details stay as they are."""


@dataclass(frozen=True)
class ClientDetails:
    """What a client says about itself. `country` is the ISO code of two letters, or empty."""

    name: str
    company: str
    email: str
    country: str
    language: str


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
def change_details(*, client: Client, details: ClientDetails, actor: Actor) -> Client:
    """
    Save a client's details.

    :raises UnableToChangeClient: the client is closed
    """
    fresh = Client.objects.select_for_update().get(pk=client.pk)
    if fresh.status == Client.Status.CLOSED:
        raise UnableToChangeClient(_("This account is closed and cannot be changed."))
    wanted = vars(details)
    before = {name: getattr(fresh, name) for name in wanted if getattr(fresh, name) != wanted[name]}
    if not before:
        return fresh
    for name in before:
        setattr(fresh, name, wanted[name])
    fresh.save()
    activity.record(
        action="client.changed",
        subject=fresh,
        name=fresh.label,
        client=fresh,
        actor=actor,
        before=before,
        after={name: wanted[name] for name in before},
    )
    return fresh
