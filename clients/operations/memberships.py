"""Give users access to a client, change it, end it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clients.actors import Actor
from clients.models import Client, Membership, Permission, User
from clients.operations import activity
from core.errors import OperationError


class UnableToAddMembership(OperationError):
    """The user cannot be given access."""


class UnableToChangeMembership(OperationError):
    """The access stays as it is."""


@transaction.atomic
def add_membership(
    *, client: Client, user: User, permissions: Iterable[str], actor: Actor
) -> Membership:
    """
    Let a user act for a client within `permissions`.

    :raises UnableToAddMembership: for an unknown permission or a user who has access already
    """
    chosen = _known(permissions, error=UnableToAddMembership)
    membership, is_new = Membership.objects.get_or_create(
        client=client, user=user, defaults={"permissions": chosen}
    )
    if not is_new:
        raise UnableToAddMembership(
            _("%(email)s can already reach this client.") % {"email": user.email}
        )
    activity.record(
        action="membership.added",
        subject=membership,
        name=user.email,
        client=client,
        actor=actor,
        after={"permissions": chosen},
    )
    return membership


@transaction.atomic
def change_permissions(
    *, membership: Membership, permissions: Iterable[str], actor: Actor
) -> Membership:
    """
    Allow a user of a client something else; it counts from their next request on.

    :raises UnableToChangeMembership: the user is the owner or has no access any more, or no
        permission or an unknown one was chosen
    """
    chosen = chosen_permissions(permissions, error=UnableToChangeMembership)
    fresh = _locked(membership)
    before = fresh.permissions
    if chosen == before:
        return fresh
    fresh.permissions = chosen
    fresh.save(update_fields=["permissions"])
    activity.record(
        action="membership.changed",
        subject=fresh,
        name=fresh.user.email,
        client=fresh.client,
        actor=actor,
        before={"permissions": before},
        after={"permissions": chosen},
    )
    return fresh


@transaction.atomic
def remove(*, membership: Membership, actor: Actor) -> None:
    """
    End a user's access to a client; it counts from their next request on.

    :raises UnableToChangeMembership: the user is the owner or has no access any more
    """
    fresh = _locked(membership)
    activity.record(
        action="membership.removed",
        subject=fresh,
        name=fresh.user.email,
        client=fresh.client,
        actor=actor,
        before={"user": fresh.user_id, "permissions": fresh.permissions},
    )
    fresh.delete()


def chosen_permissions(permissions: Iterable[str], *, error: type[OperationError]) -> list[str]:
    """
    Return the permissions in order, without doubles.

    :raises OperationError: of the type given, for none at all or an unknown one
    """
    chosen = _known(permissions, error=error)
    if not chosen:
        raise error(_("Choose at least one permission."), field="permissions")
    return chosen


def labels_of(permissions: Iterable[str]) -> list[str | Promise]:
    """Return what permissions are called, in the order people are shown them."""
    return [each.label for each in Permission if each in set(permissions)]


def _known(permissions: Iterable[str], *, error: type[OperationError]) -> list[str]:
    chosen = sorted(set(permissions))
    unknown = sorted(set(chosen) - set(Permission.values))
    if unknown:
        raise error(
            _("There is no permission called %(names)s.") % {"names": ", ".join(unknown)},
            field="permissions",
        )
    return chosen


def _locked(membership: Membership) -> Membership:
    fresh = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user", "client")
        .filter(pk=membership.pk)
        .first()
    )
    if fresh is None:
        raise UnableToChangeMembership(_("This user has no access any more."))
    if fresh.is_owner:
        raise UnableToChangeMembership(_("The owner's access cannot be limited or removed."))
    return fresh
