"""For which of their clients somebody acts right now."""

from __future__ import annotations

from django.http import HttpRequest

from clients.models import Client, Membership, User

CLIENT = "client"
# Where a user carries the memberships that were read with them.
READ = "memberships_read"


def remember(user: User, memberships: list[Membership]) -> None:
    """Keep what was read together with the user of this request."""
    setattr(user, READ, memberships)


def seats_of(request: HttpRequest) -> list[Membership]:
    """Return the memberships this user can act under, by name; closed clients are left out."""
    if not isinstance(request.user, User):
        return []
    read: list[Membership] = getattr(request.user, READ, [])
    return [seat for seat in read if seat.client.status != Client.Status.CLOSED]


def current_seat(request: HttpRequest) -> Membership | None:
    """Return the membership this user acts under: the one chosen last, or else the first."""
    seats = seats_of(request)
    chosen = request.session.get(CLIENT)
    return next((seat for seat in seats if seat.client_id == chosen), seats[0] if seats else None)


def seat_at(request: HttpRequest, client_id: int) -> Membership | None:
    """Return the membership under which this user can act for a client, if there is one."""
    return next((seat for seat in seats_of(request) if seat.client_id == client_id), None)


def take(request: HttpRequest, seat: Membership) -> None:
    """Act for that client from now on."""
    if current_seat(request) != seat:
        request.session[CLIENT] = seat.client_id
