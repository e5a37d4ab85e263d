"""One HTTP exchange, free of WSGI: what came in and what goes back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provisioning.sandbox.wire import Fields, parse_form

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

LARGEST_BODY = 16 * 1024 * 1024
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Response:
    """What goes back: a status, a body, and headers besides the length."""

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    headers: Headers = ()


@dataclass(frozen=True)
class Request:
    """What came in, as far as the stand-in reads it."""

    method: str
    path: str
    query: str
    host: str
    remote: str
    origin: str
    body: bytes = field(repr=False)

    def fields(self) -> Fields:
        """Return the fields of the body."""
        return parse_form(self.body)

    def asked(self) -> Fields:
        """Return the fields of the query string."""
        return parse_form(self.query.encode("latin-1", "replace"))


def read(environ: WSGIEnvironment) -> Request:
    """Read a request from its WSGI environment."""
    length = str(environ.get("CONTENT_LENGTH") or "0")
    body = environ["wsgi.input"].read(min(int(length), LARGEST_BODY + 1)) if int(length) else b""
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "/") or "/",
        query=environ.get("QUERY_STRING", ""),
        host=environ.get("HTTP_HOST") or environ.get("SERVER_NAME", ""),
        remote=environ.get("REMOTE_ADDR", ""),
        origin=environ.get("HTTP_ORIGIN", ""),
        body=body,
    )


def plain(status: int, text: str, headers: Headers = ()) -> Response:
    """Answer a line of text."""
    return Response(status, text.encode() + b"\n", (("Content-Type", "text/plain"), *headers))


def as_json(value: Any, status: int = 200) -> Response:
    """Answer plain values as JSON."""
    return Response(
        status, json.dumps(value, indent=1).encode(), (("Content-Type", "application/json"),)
    )


def redirect(to: str, status: int = 303) -> Response:
    """Send the browser on."""
    return Response(status, b"", (("Location", to), ("Referrer-Policy", "no-referrer")))
