"""Ports: which are free, and the same ones again at the next start."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Tell whether this port of the local host can be opened, for TCP and for UDP."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as candidate:
            if kind == socket.SOCK_STREAM:
                # A server that has just stopped leaves connections in TIME_WAIT behind.
                candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((HOST, port))
            except OSError:
                return False
    return True


def free_port() -> int:
    """Return a port that nobody uses right now, neither over TCP nor over UDP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
            candidate.bind((HOST, 0))
            port: int = candidate.getsockname()[1]
        if is_free(port):
            return port


def remembered_ports(path: Path, names: Iterable[str], *, taken: Iterable[int]) -> dict[str, int]:
    """
    Return a port for each name: the one noted in `path` while it is free, else a new one.

    No two names share a port and none gets one of `taken`. What was chosen is noted in `path`.
    """
    before: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    used = set(taken)
    ports: dict[str, int] = {}
    for name in names:
        port = before.get(name)
        while port is None or port in used or not is_free(port):
            port = free_port()
        ports[name] = port
        used.add(port)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(ports, indent=2) + "\n")
    return ports
