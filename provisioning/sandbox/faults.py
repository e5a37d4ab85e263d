"""Faults on order: what goes wrong with which calls, and how often."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

KINDS = {
    "http_500": "answer HTTP 500 (option executed: the call was carried out)",
    "http_502": "answer HTTP 502 (option executed)",
    "http_503": "answer HTTP 503 (option executed)",
    "slow": "wait `seconds` before the call is carried out",
    "drop_before": "close the connection; the call is not carried out",
    "drop_after": "carry the call out, then close the connection",
    "html": "answer an HTML page with status 200 (option executed)",
    "cut_json": "carry the call out and cut the answer in half",
    "wrong_types": "carry the call out and swap the types in the answer",
    "code_as_string": "carry the call out and answer the code as text",
    "expired_token": "end the session; the call is not carried out",
    "duplicate": "carry the call out twice and answer the second time",
    "rate_limit": "answer HTTP 429 with Retry-After (option retry_after)",
    "reject": "refuse with code 0 and `sentence`; the call is not carried out",
}


class ConnectionDropped(ConnectionError):
    """
    The connection ended without an answer.

    The WSGI app raises it in place of an answer; `executed` tells whether the call was carried
    out. Over a socket the server closes the connection. A test that calls the app in process
    turns it into what its HTTP library raises: a connect error, or a read error if executed.
    """

    def __init__(self, *, executed: bool) -> None:
        super().__init__("The stand-in dropped the connection, as it was told to")
        self.executed = executed


@dataclass
class Fault:
    """
    One fault: it lets `after` matching calls pass and then strikes `count` times.

    :param action: an action's name, or `*` for every one
    :param host: only calls for this Host name, with or without its port
    :param api: only calls of this path, `admin` or `user`
    :param count: how often it strikes; 0 is for ever
    :param seconds: for `slow`
    :param retry_after: for `rate_limit`, in seconds
    :param sentence: for `reject`
    :param executed: for HTTP errors and HTML: the call is carried out first
    """

    kind: str
    action: str = "*"
    count: int = 1
    host: str | None = None
    api: str | None = None
    after: int = 0
    seconds: float = 1.0
    retry_after: int = 30
    sentence: str = "The request was refused"
    executed: bool = False
    struck: int = 0

    def matches(self, *, action: str, api: str, host: str) -> bool:
        """Tell whether this call is meant."""
        if self.action not in ("*", action) or self.api not in (None, api):
            return False
        return self.host is None or self.host.lower() in (host.lower(), _bare(host))

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as it should."""
        return bool(self.count) and self.struck >= self.count


class Faults:
    """The faults that are switched on; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, *, kind: str, action: str = "*", **options: Any) -> Fault:
        """
        Switch a fault on; see `Fault` for the options.

        :raises ValueError: for an unknown kind or option
        """
        if kind not in KINDS:
            raise ValueError(f"Unknown fault {kind!r}; known are {', '.join(KINDS)}")
        try:
            fault = Fault(kind=kind, action=action, **options)
        except TypeError as error:
            raise ValueError(f"Unknown option of a fault: {error}") from error
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Switch every fault off."""
        with self._lock:
            self._faults.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """Return the faults that can still strike, as plain values."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def due(self, *, action: str, api: str, host: str) -> list[Fault]:
        """
        Return the faults that strike this call: any number of slow ones and one other.

        Every matching fault that is not due yet counts the call as let pass.
        """
        striking: list[Fault] = []
        taken = False
        with self._lock:
            for fault in self._faults:
                if not fault.matches(action=action, api=api, host=host):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                slow = fault.kind == "slow"
                if taken and not slow:
                    continue
                taken = taken or not slow
                fault.struck += 1
                striking.append(fault)
            self._faults = [fault for fault in self._faults if not fault.spent]
        return striking


def with_wrong_types(body: dict[str, Any]) -> dict[str, Any]:
    """Swap the payload's types: lists become objects by index, text becomes numbers, and back."""
    return {**body, "returndata": _swapped(body["returndata"])}


def _swapped(value: Any) -> Any:
    match value:
        case list():
            return {str(index): _swapped(item) for index, item in enumerate(value)}
        case dict():
            return {name: _inner(item) for name, item in value.items()}
        case str():
            return [value]
        case None:
            return False
        case _:
            return str(value)


def _inner(value: Any) -> Any:
    match value:
        case str() if value.isascii() and value.isdigit():
            return int(value)
        case str():
            return [value]
        case _:
            return _swapped(value)


def _bare(host: str) -> str:
    return host.lower().rsplit(":", 1)[0] if not host.endswith("]") else host.lower()
