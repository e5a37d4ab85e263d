"""What clients tells the packages above it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClientSignedUp:
    """Somebody has made a client and a login for themselves."""

    client_id: int
