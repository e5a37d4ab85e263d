"""Fixtures of the tests of billing."""

from __future__ import annotations

import inspect

import pytest

from billing import events as billing_events
from core import events
from tests.billing.heard import Heard


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What billing tells from here on."""
    listener = Heard()
    handlers = vars(events)["_handlers"]
    for _name, kind in inspect.getmembers(billing_events, inspect.isclass):
        monkeypatch.setitem(handlers, kind, [*handlers[kind], listener.all.append])
    return listener
