"""How long to wait before a job is tried again."""

from __future__ import annotations

import random
from datetime import timedelta

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=24),
)
JITTER = 0.2
# Why a job waits whose worker has not come back.
WORKER_LOST = "worker_lost"


def wait_after(attempts: int) -> timedelta | None:
    """Return the wait after that many attempts, jittered by a fifth; None: a person must look."""
    if not 1 <= attempts <= len(WAITS):
        return None
    return WAITS[attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
