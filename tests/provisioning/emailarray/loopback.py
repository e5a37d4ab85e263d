"""A small vendor on a loopback socket, for what only a real connection can show."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from provisioning.emailarray import ClientConfig

_LONGEST = 5.0


class LoopbackVendor(ThreadingHTTPServer):
    """
    Answers every action with success, and addDomain in the way that `mood` names.

    `connections` counts the sockets that were opened, `executed` lists the actions that were
    read completely.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mood = "kind"
        self.connections = 0
        self.executed: list[str] = []

    @property
    def url(self) -> str:
        """The address without path."""
        return f"http://127.0.0.1:{self.server_port}"

    def config(self, **settings: Any) -> ClientConfig:
        """Return settings that lead here."""
        here = {
            "admin_url": f"{self.url}/admin/json.php",
            "fallback_admin_url": "",
            "user_url": f"{self.url}/json.php",
        }
        return ClientConfig(
            **{"server_key": "s", "username": "u", "password": "pw-1234", **here, **settings}
        )

    def get_request(self) -> tuple[socket.socket, Any]:
        """Count the connection."""
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: clients hang up on purpose here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackVendor

    def setup(self) -> None:
        # Nothing here may outlive its test for long.
        self.request.settimeout(_LONGEST)
        super().setup()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        action = parse_qs(body.decode())["action"][0]
        self.server.executed.append(action)
        mood = self.server.mood if action == "addDomain" else "kind"
        answer = json.dumps({"returncode": 1, "returndata": "token-1234"}).encode()
        if mood == "packed":
            answer = gzip.compress(answer)
        if mood == "silent":
            time.sleep(0.4)
        if mood == "drops":
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        self.send_response(200)
        length = len(answer) + 1000 if mood in {"stops", "drips"} else len(answer)
        self.send_header("Content-Length", str(length))
        if mood == "packed":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Set-Cookie", "PHPSESSID=abc")
        self.end_headers()
        self.wfile.write(answer)
        if mood == "drips":
            for _ in range(16):
                self.wfile.write(b" ")
                time.sleep(0.05)
        self.close_connection = mood in {"stops", "drips"}

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@contextmanager
def loopback_vendor() -> Iterator[LoopbackVendor]:
    """Run a vendor on a free port for the length of a block."""
    server = LoopbackVendor()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_LONGEST)


def closed_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
