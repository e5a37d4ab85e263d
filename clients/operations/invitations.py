"""Invite somebody to act for a client: a one-time link, sent to their address."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.actors import Actor
from clients.models import Client, Invitation, Membership, User
from clients.operations import activity
from clients.operations.email import Secret, queue_email
from clients.operations.memberships import chosen_permissions, labels_of
from core.errors import OperationError

LinkMaker = Callable[[str], str]

MOST_OPEN = 50
PAUSE = timedelta(minutes=1)


class UnableToInvite(OperationError):
    """The invitation is not made or not sent."""


class UnableToAcceptInvitation(OperationError):
    """The invitation gives no access any more, or not to this user."""


@transaction.atomic
def invite(
    *,
    client: Client,
    email: str,
    permissions: Iterable[str],
    invited_by: User,
    link: LinkMaker,
    actor: Actor,
) -> Invitation:
    """
    Send a link that gives whoever holds `email` these permissions; `link` turns a token into it.

    The answer is the same whether the address has a login or not.

    :raises UnableToInvite: for an address that has access or an invitation, no permission at all,
        a closed client or too many open invitations
    """
    client = Client.objects.select_for_update().get(pk=client.pk)
    address = email.strip().lower()
    chosen = chosen_permissions(permissions, error=UnableToInvite)
    if client.status == Client.Status.CLOSED:
        raise UnableToInvite(_("This account is closed, so nobody can be invited."))
    if client.memberships.filter(user__email__iexact=address).exists():
        raise UnableToInvite(_("%(email)s has access already.") % {"email": address}, field="email")
    if client.invitations.open().filter(email=address).exists():
        raise UnableToInvite(
            _("%(email)s is invited already. Send that invitation again, or cancel it first.")
            % {"email": address},
            field="email",
        )
    if client.invitations.open().count() >= MOST_OPEN:
        raise UnableToInvite(
            _("%(count)d invitations are open. Cancel those you no longer need first.")
            % {"count": MOST_OPEN}
        )
    token, now = _fresh_token(), timezone.now()
    invitation = Invitation.objects.create(
        client=client,
        email=address,
        permissions=chosen,
        token_hash=_hash(token),
        invited_by=invited_by,
        expires_at=_end_of(now),
        sent_at=now,
    )
    _record("invitation.sent", invitation, actor, after={"permissions": chosen})
    _mail(invitation, token=token, link=link, actor=actor)
    return invitation


@transaction.atomic
def send_again(*, invitation: Invitation, link: LinkMaker, actor: Actor) -> Invitation:
    """
    Send a new link with a new term; the old link stops working.

    :raises UnableToInvite: it is accepted or cancelled, or was sent less than a minute ago
    """
    now = timezone.now()
    fresh = _locked(invitation)
    if fresh is None or fresh.client.status == Client.Status.CLOSED:
        raise UnableToInvite(_("This invitation is closed. Invite the address once more."))
    if now - fresh.sent_at < PAUSE:
        raise UnableToInvite(_("The invitation has just been sent. Wait a minute."))
    token = _fresh_token()
    fresh.send_again(token_hash=_hash(token), expires_at=_end_of(now), at=now)
    fresh.save()
    _record("invitation.sent_again", fresh, actor)
    _mail(fresh, token=token, link=link, actor=actor)
    return fresh


@transaction.atomic
def cancel(*, invitation: Invitation, actor: Actor) -> None:
    """
    Take an invitation back: its link stops working at once.

    :raises UnableToInvite: it is accepted or cancelled
    """
    fresh = _locked(invitation)
    if fresh is None:
        raise UnableToInvite(_("This invitation was accepted or cancelled before."))
    fresh.cancel(at=timezone.now())
    fresh.save()
    _record("invitation.cancelled", fresh, actor)


def find(token: str) -> Invitation | None:
    """Return the invitation a link stands for, while the link works."""
    found = (
        Invitation.objects.select_related("client", "invited_by")
        .filter(token_hash=_hash(token))
        .exclude(client__status=Client.Status.CLOSED)
        .first()
    )
    return found if found is not None and found.is_live(at=timezone.now()) else None


def is_meant_for(invitation: Invitation, user: User) -> bool:
    """Tell whether this login has the address the invitation was sent to."""
    return user.email.lower() == invitation.email


@transaction.atomic
def accept(*, invitation: Invitation, user: User, actor: Actor) -> Membership:
    """
    Give a user who is logged in what they were invited to.

    :raises UnableToAcceptInvitation: the link has ended, or is another address's
    """
    fresh = _still_live(invitation)
    if not is_meant_for(fresh, user):
        raise UnableToAcceptInvitation(_("This invitation was sent to another address."))
    return _admit(fresh, user, actor)


@transaction.atomic
def accept_as_new(
    *,
    invitation: Invitation,
    first_name: str,
    last_name: str,
    password: str,
    ip_address: str | None,
) -> User:
    """
    Make a login for the invited address and give it what it was invited to.

    :raises UnableToAcceptInvitation: the link has ended, or the address has a login already
    """
    fresh = _still_live(invitation)
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                fresh.email,
                password,
                first_name=first_name,
                last_name=last_name,
                language=fresh.client.language,
            )
    except IntegrityError as error:
        raise UnableToAcceptInvitation(
            _("This did not work. If you have a login with that address, log in with it.")
        ) from error
    actor = Actor.from_user(user, ip_address=ip_address)
    activity.record(
        action="user.added", subject=user, name=user.email, client=fresh.client, actor=actor
    )
    _admit(fresh, user, actor)
    return user


def _admit(invitation: Invitation, user: User, actor: Actor) -> Membership:
    invitation.accept(by=user, at=timezone.now())
    invitation.save()
    membership, _is_new = Membership.objects.get_or_create(
        client=invitation.client, user=user, defaults={"permissions": invitation.permissions}
    )
    _record("invitation.accepted", invitation, actor, after={"permissions": membership.permissions})
    return membership


def _still_live(invitation: Invitation) -> Invitation:
    fresh = _locked(invitation)
    is_closed = fresh is None or fresh.client.status == Client.Status.CLOSED
    # A link opened before it was sent again is not the one that counts now.
    is_stale = fresh is not None and fresh.token_hash != invitation.token_hash
    if fresh is None or is_closed or is_stale or not fresh.is_live(at=timezone.now()):
        raise UnableToAcceptInvitation(_("This invitation has ended. Ask for a new one."))
    return fresh


def _locked(invitation: Invitation) -> Invitation | None:
    # The client's row is the lock: invitations of one client change one after the other.
    Client.objects.select_for_update().get(pk=invitation.client_id)
    return (
        Invitation.objects.open().select_related("client", "invited_by").filter(pk=invitation.pk)
    ).first()


def _mail(invitation: Invitation, *, token: str, link: LinkMaker, actor: Actor) -> None:
    queue_email(
        to=invitation.email,
        template="invitation",
        context={
            "link": Secret(link(token)),
            "client_name": invitation.client.label,
            "inviter": invitation.invited_by.name,
            "permissions": labels_of(invitation.permissions),
            "expires_at": invitation.expires_at,
        },
        client=invitation.client,
        actor=actor,
    )


def _record(
    action: str,
    invitation: Invitation,
    actor: Actor,
    *,
    after: dict[str, list[str]] | None = None,
) -> None:
    activity.record(
        action=action,
        subject=invitation,
        name=invitation.email,
        client=invitation.client,
        actor=actor,
        after=after,
    )


def _end_of(now: datetime) -> datetime:
    return now + timedelta(days=settings.INVITATION_DAYS)


def _fresh_token() -> str:
    return secrets.token_urlsafe(32)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
