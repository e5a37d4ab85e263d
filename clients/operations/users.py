"""Change what is known about a user: somebody's own name, place and address."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from clients.actors import Actor
from clients.models import User
from clients.operations import activity
from core.errors import OperationError


class UnableToChangeUser(OperationError):
    """The user stays as they were."""


@dataclass(frozen=True)
class Profile:
    """What people say about themselves; an empty time zone or language means the usual one."""

    first_name: str
    last_name: str
    time_zone: str
    language: str


@transaction.atomic
def change_profile(*, user: User, profile: Profile, actor: Actor) -> User:
    """Save a user's own profile."""
    fresh = User.objects.select_for_update().get(pk=user.pk)
    wanted = vars(profile)
    before = {name: getattr(fresh, name) for name in wanted if getattr(fresh, name) != wanted[name]}
    if not before:
        return fresh
    for name in before:
        setattr(fresh, name, wanted[name])
    fresh.save(update_fields=list(before))
    activity.record(
        action="user.changed",
        subject=fresh,
        name=fresh.email,
        client=None,
        actor=actor,
        before=before,
        after={name: wanted[name] for name in before},
    )
    return fresh


@transaction.atomic
def change_email(*, user: User, email: str, actor: Actor) -> User:
    """
    Make an address, proven to be the user's, the one they log in with.

    :raises UnableToChangeUser: somebody else logs in with it
    """
    fresh = User.objects.select_for_update().get(pk=user.pk)
    before, fresh.email = fresh.email, email.strip().lower()
    if fresh.email == before:
        return fresh
    try:
        with transaction.atomic():
            fresh.save(update_fields=["email"])
    except IntegrityError as error:
        raise UnableToChangeUser(_("This address cannot be used for your login.")) from error
    record_event(user=fresh, event="email_changed", actor=actor, before={"email": before})
    return fresh


@transaction.atomic
def record_event(
    *, user: User, event: str, actor: Actor, before: dict[str, str] | None = None
) -> None:
    """Write down what has happened to a login: `password_changed`, `totp_activated` and so on."""
    activity.record(
        action=f"user.{event}",
        subject=user,
        name=user.email,
        client=None,
        actor=actor,
        before=before,
        after={"email": user.email} if before else None,
    )


def count_reset(user: User) -> int:
    """Give the user's next reset link its number, which ends every link made before."""
    User.objects.filter(pk=user.pk).update(password_resets=F("password_resets") + 1)
    user.refresh_from_db(fields=["password_resets"])
    return user.password_resets
