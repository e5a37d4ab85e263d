"""Another address to log in with: asked for, confirmed by its holder, then in force."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction

from clientarea.http import ClientRequest
from clients.models import User
from clients.operations.email import queue_email


def waiting_for(user: User) -> str:
    """Return the address that waits to be confirmed, or nothing."""
    found = _waiting(user).order_by("-pk").first()
    return str(found.email) if found else ""


def begin(request: ClientRequest, *, email: str) -> None:
    """
    Send a link to the new address. A link sent before stops working.

    Whether somebody logs in with that address already is told to its holder alone.
    """
    user = request.user
    is_taken = User.objects.filter(email__iexact=email).exclude(pk=user.pk).exists()
    with transaction.atomic():
        forget(user)
        address = EmailAddress.objects.create(user=user, email=email)
    if is_taken:
        queue_email(to=email, template="address_in_use", context={}, actor=request.actor)
    else:
        address.send_confirmation(request)


def forget(user: User) -> None:
    """Drop an address that waits to be confirmed, and with it its link."""
    _waiting(user).delete()


def _waiting(user: User) -> Any:
    return EmailAddress.objects.filter(user=user, verified=False).exclude(email__iexact=user.email)
