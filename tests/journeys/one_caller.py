"""A process that calls the vendor from several threads at once, when it is told to begin."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from django.db import connections

from provisioning import gateway
from provisioning.gateway import CacheTokenStore
from provisioning.models import Server

THREADS = 3


def call(server: Server) -> int:
    """Make one call; return 1."""
    try:
        with gateway.vendor(server) as client:
            client.domains.list()
    finally:
        connections.close_all()
    return 1


def main(server_id: str, guard: str) -> None:
    """Say `ready`, wait for a line, call, and say how many calls were answered."""
    server = Server.objects.get(pk=server_id)
    if guard == "unlocked":
        pytest.MonkeyPatch().setattr(CacheTokenStore, "lock", lambda _store, _key: nullcontext())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with ThreadPoolExecutor(THREADS) as threads:
        sys.stdout.write(f"{sum(threads.map(call, [server] * THREADS))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
