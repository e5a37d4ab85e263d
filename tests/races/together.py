"""Two at once: threads that begin together, and a place where they wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections

PATIENCE_SECONDS = 60


class Meeting:
    """
    A point where threads wait for each other, but not for long.

    Put after a look and before the leap, it makes the worst interleaving certain. Where a lock
    keeps the other one from getting here, the first goes on alone after a moment, as it would.
    """

    def __init__(self, *, parties: int = 2, seconds: float = 0.7) -> None:
        self._barrier = threading.Barrier(parties)
        self._seconds = seconds
        self.has_happened = False

    def __call__(self) -> None:
        """Wait for the others until they come or the time is up."""
        try:
            self._barrier.wait(self._seconds)
        except threading.BrokenBarrierError:
            return
        self.has_happened = True


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in a thread each, begun at once; return what each returned or raised."""
    results: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            start.wait(PATIENCE_SECONDS)
            results[number] = call()
        except Exception as error:  # noqa: BLE001  # what a thread raises is its result
            results[number] = error
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(number, call), daemon=True)
        for number, call in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    return results
