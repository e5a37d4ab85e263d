"""Where the admin session's token is kept between calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class TokenStore(Protocol):
    """
    A cache of tokens; shared by all processes in production.

    A failing store should behave as an empty one: a login more is better than a call less.
    """

    def get(self, key: str) -> str | None:
        """Return the token, or None when there is none or it has run out."""

    def set(self, key: str, token: str, seconds: float) -> None:
        """Keep the token for that long."""

    def delete(self, key: str, token: str) -> None:
        """Forget the token, but only if this very one is still kept."""

    def lock(self, key: str) -> AbstractContextManager[None]:
        """
        Let one caller at a time log in.

        It should give up waiting after a while and go on without: the lock saves logins, it
        does not guard anything.
        """


class MemoryTokenStore:
    """Keeps tokens in this process, for all its threads."""

    def __init__(self, *, lock_timeout: float = 30.0) -> None:
        self._lock_timeout = lock_timeout
        self._guard = threading.Lock()
        self._tokens: dict[str, tuple[str, float]] = {}
        self._locks: dict[str, threading.Lock] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def get(self, key: str) -> str | None:
        """Return the token, or None when there is none or it has run out."""
        with self._guard:
            token, until = self._tokens.get(key, ("", 0.0))
            return token if token and time.monotonic() < until else None

    def set(self, key: str, token: str, seconds: float) -> None:
        """Keep the token for that long."""
        with self._guard:
            self._tokens[key] = (token, time.monotonic() + seconds)

    def delete(self, key: str, token: str) -> None:
        """Forget the token, but only if this very one is still kept."""
        with self._guard:
            if self._tokens.get(key, ("", 0.0))[0] == token:
                del self._tokens[key]

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Let one thread at a time log in; after the timeout go on without."""
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        is_ours = lock.acquire(timeout=self._lock_timeout)
        try:
            yield
        finally:
            if is_ours:
                lock.release()
