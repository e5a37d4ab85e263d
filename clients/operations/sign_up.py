"""Sign up: somebody makes a login and a client for themselves."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from clients.actors import Actor
from clients.events import ClientSignedUp
from clients.models import Client, Membership, User
from clients.operations import activity
from core.errors import OperationError
from core.events import publish
from core.sentences import sentence as _


class UnableToSignUp(OperationError):
    """Neither a login nor a client was made."""


@dataclass(frozen=True)
class NewClient:
    """
    What somebody says about themselves. `country` is the ISO code of two letters.

    `language` is that of the login's pages and the client's emails.
    """

    first_name: str
    last_name: str
    email: str
    country: str
    language: str
    company: str = ""
    tax_id: str = ""
    address_1: str = ""
    address_2: str = ""
    postcode: str = ""
    city: str = ""
    state: str = ""


@transaction.atomic
def sign_up(*, details: NewClient, password: str, ip_address: str | None) -> Client:
    """
    Make a login with this password, and a client that it owns; the address is not proven yet.

    :raises UnableToSignUp: the address has a login already
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                details.email,
                password,
                first_name=details.first_name,
                last_name=details.last_name,
                language=details.language,
            )
    except IntegrityError as error:
        raise UnableToSignUp(
            _("This did not work. If you have a login with that address, log in with it.")
        ) from error
    client = Client.objects.create(
        name=f"{details.first_name} {details.last_name}".strip(),
        email=user.email,
        company=details.company,
        tax_id=details.tax_id,
        address_1=details.address_1,
        address_2=details.address_2,
        postcode=details.postcode,
        city=details.city,
        state=details.state,
        country=details.country,
        language=details.language,
    )
    Membership.objects.create(user=user, client=client, is_owner=True)
    actor = Actor.from_user(user, ip_address=ip_address)
    activity.record(action="user.added", subject=user, name=user.email, client=client, actor=actor)
    activity.record(
        action="client.added",
        subject=client,
        name=client.label,
        client=client,
        actor=actor,
        after={"owner": user.email},
    )
    publish(ClientSignedUp(client_id=client.pk))
    return client
