"""The names of the time zones this machine knows."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones


@cache
def known() -> frozenset[str]:
    """Return the IANA names; the disk is read once, for it takes hundreds of files to tell."""
    return frozenset(available_timezones())
