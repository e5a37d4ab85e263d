"""The stand-in's own clock: real time plus an offset that tests move."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Runs like the real one, but can be put forward, back or to a given moment."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> datetime:
        """Return the stand-in's time, in UTC."""
        return datetime.fromtimestamp(self.seconds(), tz=UTC)

    def seconds(self) -> float:
        """Return the stand-in's time as seconds since 1970."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Put the clock forward; sessions, one-time passwords and unverified domains age."""
        self._offset += seconds

    def set(self, moment: datetime) -> None:
        """Put the clock to this moment (naive means UTC); it runs on from there."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._offset = aware.timestamp() - time.time()


def stamp(seconds: float) -> str:
    """Spell a moment as the vendor does: `YYYY-MM-DD hh:mm:ss`."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
