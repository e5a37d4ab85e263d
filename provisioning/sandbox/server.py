"""A threaded HTTP/1.1 server for the stand-in: keep-alive, 100-continue, large bodies."""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from provisioning.sandbox.dns import DnsServer
from provisioning.sandbox.exchange import LARGEST_BODY
from provisioning.sandbox.faults import ConnectionDropped

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_POLL_SECONDS = 0.05


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "EmailArrayStandIn"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 120
    server: _Listener

    def _answer(self) -> None:
        body = self._body()
        if body is None:
            return
        head: list[bytes] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Any:
            del exc_info
            lines = [f"HTTP/1.1 {status}", f"Date: {formatdate(usegmt=True)}"]
            lines += [f"{name}: {value}" for name, value in headers]
            if self.close_connection:
                lines.append("Connection: close")
            head[:] = ["\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"]
            return head.append

        try:
            parts = self.server.app(self._environ(body), start_response)
        except ConnectionDropped:
            # A reset rather than a tidy end: the peer must not take it for an empty answer.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.close_connection = True
            return
        # One write, so that head and body share a packet where they fit.
        self.wfile.write(b"".join(head) + b"".join(parts))

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Hand every method to the app, which knows what it refuses."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        text = self.headers.get("Content-Length", "0")
        if not (text.isascii() and text.isdigit()):
            return self._rejected(HTTPStatus.BAD_REQUEST)
        length = int(text)
        if length > LARGEST_BODY:
            return self._rejected(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return None
        return body

    def _chunks(self) -> bytes | None:
        body = bytearray()
        while True:
            size_text = self.rfile.readline(100).split(b";")[0].strip()
            try:
                size = int(size_text, 16)
            except ValueError:
                return self._rejected(HTTPStatus.BAD_REQUEST)
            if size < 0 or len(body) + size > LARGEST_BODY:
                return self._rejected(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            body += self.rfile.read(size)
            if size:
                self.rfile.readline(100)
                continue
            while self.rfile.readline(8192).strip():
                pass
            return bytes(body)

    def _rejected(self, status: HTTPStatus) -> bytes | None:
        self.close_connection = True
        self.send_error(status)
        return None

    def _environ(self, body: bytes) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        if "://" in path:
            path = "/" + path.split("://", 1)[1].partition("/")[2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": self.server.server_name,
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            environ.setdefault("HTTP_" + name.upper().replace("-", "_"), value)
        return environ

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: request lines may carry one-time passwords."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], app: WSGIApplication) -> None:
        self.app = app
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without looking up the host's name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that closing the server ends it too."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; one that is to be reset must not be ended tidily first."""
        with self._lock:
            self._open.discard(request)
        linger = request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_RESET_ON_CLOSE))
        if linger == _RESET_ON_CLOSE:
            request.close()
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a peer goes away in the middle."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def drop_connections(self) -> None:
        """End the connections that are kept alive."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class Served:
    """A stand-in that listens: `url`, `port` and `dns_port`, until `close`."""

    def __init__(
        self,
        app: WSGIApplication,
        *,
        host: str,
        port: int,
        dns: DnsServer | None = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_close = on_close
        self._listener = _Listener((host, port), app)
        self._dns = dns
        self.host = host
        self.port: int = self._listener.server_port
        self.url = f"http://{host}:{self.port}"
        self.dns_port = dns.port if dns else None
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and end every connection; calls under way get no answer."""
        self._listener.shutdown()
        self._listener.server_close()
        self._listener.drop_connections()
        self._thread.join()
        if self._dns:
            self._dns.close()
        self._on_close()
