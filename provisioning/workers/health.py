"""Keep the server's row saying how the vendor has answered lately."""

from __future__ import annotations

from datetime import datetime

from provisioning.emailarray import (
    AuthenticationFailed,
    EmailArrayError,
    OutcomeUnknown,
    Unreachable,
)
from provisioning.models import Server

Health = Server.Health


def note_answer(server: Server, *, now: datetime) -> None:
    """The vendor has answered; written only where that is news."""
    if server.health != Health.OK:
        _set(server, Health.OK, "", now)


def note_failure(server: Server, error: EmailArrayError, *, now: datetime) -> None:
    """The vendor refused our log-in or could not be reached; other refusals say nothing of it."""
    if isinstance(error, AuthenticationFailed):
        _set(server, Health.REFUSED, str(error), now)
    elif isinstance(error, Unreachable | OutcomeUnknown):
        _set(server, Health.DOWN, str(error), now)


def _set(server: Server, health: str, message: str, now: datetime) -> None:
    Server.objects.filter(pk=server.pk).update(
        health=health, health_message=message[:300], health_checked_at=now
    )
