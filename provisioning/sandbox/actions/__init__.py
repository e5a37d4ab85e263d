"""The vendor's 50 actions, one file per noun; importing this package makes them known."""

from __future__ import annotations

from provisioning.sandbox.actions import (
    aliases,
    branding,
    dkim,
    domains,
    forwards,
    lists,
    mailboxes,
    reseller,
    sessions,
)

__all__ = [
    "aliases",
    "branding",
    "dkim",
    "domains",
    "forwards",
    "lists",
    "mailboxes",
    "reseller",
    "sessions",
]
