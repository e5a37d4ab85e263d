"""Who is written to: a client with those of its users whom it concerns, or the staff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.conf import settings

from billing.models import BillingSettings
from clients.actors import Actor
from clients.models import Client, Membership, Permission, User
from clients.operations import letters

log = structlog.get_logger(__name__)
ACTOR = Actor.system("billing")


def tell(client: Client, *, concerns: Permission, letter: str, values: Mapping[str, Any]) -> None:
    """Write to the client's address, and to each user who was given that permission."""
    for address, user in _readers(client, concerns):
        letters.queue_letter(
            to=address,
            letter=letter,
            values={"client_name": client.label, **values},
            actor=ACTOR,
            client=client,
            user=user,
        )


def tell_staff(*, letter: str, values: Mapping[str, Any]) -> None:
    """Write to the staff's address in the installation's language; without one it is logged."""
    address = BillingSettings.current().staff_email or settings.SUPPORT_EMAIL
    if not address:
        log.warning("no address of the staff is set; they are not told", letter=letter)
        return
    letters.queue_letter(
        to=address,
        letter=letter,
        values=values,
        actor=ACTOR,
        language=settings.LANGUAGE_CODE,
    )


def _readers(client: Client, concerns: Permission) -> Iterator[tuple[str, User | None]]:
    """Yield each address once. The owner is written to at the client's own address."""
    told = {client.email.lower()}
    if client.email:
        yield client.email, None
    members = Membership.objects.filter(client=client, is_owner=False, user__is_active=True)
    for member in members.select_related("user").order_by("pk"):
        address = member.user.email
        if member.allows(concerns) and address.lower() not in told:
            told.add(address.lower())
            yield address, member.user
