"""The actor: who does something, and on whose behalf."""

from __future__ import annotations

from dataclasses import dataclass

from clients.models import Activity, User


@dataclass(frozen=True)
class Actor:
    """
    Handed to every write.

    Staff acting as a client are `user`; the client's user whose place they took is `on_behalf_of`.
    """

    kind: Activity.ActorKind
    name: str
    user: User | None = None
    on_behalf_of: User | None = None
    ip_address: str | None = None

    @classmethod
    def from_user(cls, user: User, *, ip_address: str | None = None) -> Actor:
        """Return the actor for a user who acts for themselves."""
        kind = Activity.ActorKind.STAFF if user.is_staff else Activity.ActorKind.USER
        return cls(kind=kind, name=user.name, user=user, ip_address=ip_address)

    @classmethod
    def system(cls, name: str) -> Actor:
        """Return the actor for work nobody asked for by hand: `cron`, `module queue`, a command."""
        return cls(kind=Activity.ActorKind.SYSTEM, name=name)

    @classmethod
    def visitor(cls, *, ip_address: str | None) -> Actor:
        """Return the actor for somebody who has not said who they are."""
        return cls(kind=Activity.ActorKind.SYSTEM, name="visitor", ip_address=ip_address)

    @classmethod
    def restore(cls, *, user: User | None, on_behalf_of: User | None, name: str) -> Actor:
        """Return the actor that a row remembers; without a user it was the system."""
        if user is None:
            return cls.system(name)
        kind = Activity.ActorKind.STAFF if user.is_staff else Activity.ActorKind.USER
        return cls(kind=kind, name=name, user=user, on_behalf_of=on_behalf_of)
