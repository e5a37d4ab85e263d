"""Events: how a lower package tells an upper one what has become true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction

Event = TypeVar("Event")
Handler = Callable[[Any], None]
Reaction = Callable[[Event], None]

_handlers: dict[type, list[Handler]] = defaultdict(list)


class PublishedOutsideTransaction(RuntimeError):
    """An event was published where its handlers' rows could not commit together with its cause."""


def reacts_to(
    event_type: type[Event],
) -> Callable[[Reaction[Event]], Reaction[Event]]:
    """Register the decorated function as a handler of `event_type`."""

    def register(handler: Reaction[Event]) -> Reaction[Event]:
        if handler not in _handlers[event_type]:
            _handlers[event_type].append(handler)
        return handler

    return register


def publish(event: object) -> None:
    """
    Call every handler of this event, here and now, in the transaction that made it true.

    :raises PublishedOutsideTransaction: where no transaction is open
    """
    if not transaction.get_connection().in_atomic_block:
        raise PublishedOutsideTransaction(type(event).__name__)
    for handler in _handlers[type(event)]:
        handler(event)
