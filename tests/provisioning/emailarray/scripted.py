"""A vendor that answers by script, without a socket, and remembers what it was sent."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx

from provisioning.emailarray import (
    Breaker,
    ClientConfig,
    EmailArrayClient,
    Exchange,
    MemoryTokenStore,
    TokenStore,
    build_http,
)

TOKEN = "admin-token-4711"
PASSWORD = "Reseller#2031"
PRIMARY = "cfcp.emailarray.com"
ORIGIN = "cp.emailarray.com"

Answer = httpx.Response | Exception | dict[str, Any] | str | bytes
Script = Answer | Callable[["Sent"], Answer]


@dataclass(frozen=True)
class Sent:
    """One request as the vendor saw it."""

    api: str
    host: str
    action: str
    fields: dict[str, str]
    body: bytes
    headers: httpx.Headers
    timeout: dict[str, float]


def ok(data: object = "Done", **more: object) -> dict[str, Any]:
    """A successful answer."""
    return {"returncode": 1, "returndata": data, **more}


def no(sentence: str) -> dict[str, Any]:
    """A refusal."""
    return {"returncode": 0, "returndata": sentence}


@dataclass
class Vendor:
    """Answers each action from its queue; the last answer of a queue stays."""

    sent: list[Sent] = field(default_factory=list)
    observed: list[Exchange] = field(default_factory=list)
    _scripts: dict[tuple[str, str], deque[Script]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def will(self, action: str, *answers: Script, api: str = "admin") -> None:
        """Set the answers of an action."""
        self._scripts[api, action] = deque(answers)

    def sent_to(self, action: str, api: str = "admin") -> list[Sent]:
        """Return the requests of one action."""
        return [one for one in self.sent if (one.api, one.action) == (api, action)]

    def hosts(self, action: str) -> list[str]:
        """Return the hosts an action was sent to, in order."""
        return [one.host for one in self.sent_to(action)]

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        body = request.read()
        fields = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True))
        one = Sent(
            api="admin" if request.url.path.startswith("/admin/") else "user",
            host=request.url.host,
            action=fields["action"],
            fields=fields,
            body=body,
            headers=request.headers,
            timeout=request.extensions["timeout"],
        )
        with self._guard:
            self.sent.append(one)
            script = self._next(one)
        answer = script(one) if callable(script) else script
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            # A response can be read only once, a script may repeat it.
            return httpx.Response(
                answer.status_code, headers=answer.headers, content=answer.content
            )
        if isinstance(answer, dict):
            return httpx.Response(200, json=answer)
        return httpx.Response(200, content=answer)

    def client(
        self,
        *,
        tokens: TokenStore | None = None,
        breaker: Breaker | None = None,
        **settings: Any,
    ) -> EmailArrayClient:
        """Build a client of this vendor."""
        config = ClientConfig(
            **{"server_key": "s1", "username": "acme-api", "password": PASSWORD, **settings}
        )
        return EmailArrayClient(
            config,
            http=build_http(httpx.MockTransport(self.handle)),
            tokens=tokens or MemoryTokenStore(),
            breaker=breaker,
            observer=self.observed.append,
        )

    def _next(self, one: Sent) -> Script:
        queue = self._scripts.get((one.api, one.action))
        if queue:
            return queue.popleft() if len(queue) > 1 else queue[0]
        if one.action == "login":
            return ok(TOKEN if one.api == "admin" else "user-token-0815")
        return ok("otp-1234-abcd" if one.action == "getOTPass" else "Done")
