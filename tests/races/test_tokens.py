"""Threads that need the vendor's token at once."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

import pytest

from provisioning import gateway
from provisioning.gateway import CacheTokenStore
from provisioning.models import Server
from provisioning.sandbox import Sandbox
from tests import makers
from tests.races.together import together

pytestmark = [pytest.mark.servers, pytest.mark.enable_socket]
THREADS = 6


def list_domains(server: Server) -> int:
    with gateway.vendor(server) as client:
        return len(client.domains.list())


@pytest.fixture
def server(world: Sandbox) -> Server:
    """A server that takes its time to log somebody in."""
    world.faults.add(kind="slow", action="login", count=0, seconds=0.3)
    return makers.make_server()


def test_threads_that_need_a_token_at_once_log_in_once(server: Server, world: Sandbox) -> None:
    results = together(*[partial(list_domains, server)] * THREADS)

    assert results == [0] * THREADS
    assert len(world.calls("login")) == 1
    assert len(world.calls("getAllDomains")) == THREADS


def test_control_without_the_lock_every_thread_logs_in(
    server: Server, world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CacheTokenStore, "lock", lambda _store, _key: nullcontext())

    results = together(*[partial(list_domains, server)] * THREADS)

    assert results == [0] * THREADS
    assert len(world.calls("login")) > 1
