"""Wake a worker for a row: the row is the work, the message only says that it is there."""

from __future__ import annotations

from functools import partial
from typing import Any

import structlog
from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def wake(task: Task[Any, Any], **kwargs: object) -> None:
    """
    Send a message once the open transaction has committed.

    A broker that is down costs nothing but time: the row waits and the sweep wakes it.
    """
    transaction.on_commit(partial(_send, task, kwargs))


def _send(task: Task[Any, Any], kwargs: dict[str, object]) -> None:
    try:
        task.apply_async(kwargs=kwargs)
    except (OperationalError, OSError):
        log.warning("no broker; the sweep will do it", task=task.name, **kwargs)
