"""The bare wire: form bodies out, envelopes back, and nothing of ours in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import httpx

PATHS = {"admin": "/admin/json.php", "user": "/json.php"}
Pairs = Iterable[tuple[str, str] | tuple[str, bytes]]


@dataclass(frozen=True)
class Reply:
    """An answer as it came: the status and the decoded envelope."""

    status: int
    body: dict[str, Any]

    @property
    def code(self) -> Any:
        return self.body["returncode"]

    @property
    def data(self) -> Any:
        return self.body.get("returndata")


@dataclass
class Wire:
    """Posts calls to the vendor, real or not; `urls` are the two endpoints."""

    client: httpx.Client
    urls: Mapping[str, str]
    token: str = ""

    def post(self, api: str, pairs: Pairs) -> Reply:
        """Post exactly these fields, in this order."""
        body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
        response = self.client.post(
            self.urls[api],
            content=body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        return Reply(response.status_code, response.json())

    def call(self, action: str, *, api: str = "admin", **fields: str) -> Reply:
        """Call an action with the session's token."""
        return self.post(api, [("action", action), ("token", self.token), *fields.items()])

    def login(self, username: str, password: str) -> Reply:
        """Log in and keep the token for the calls that follow."""
        reply = self.post(
            "admin", [("action", "login"), ("username", username), ("password", password)]
        )
        if reply.code == 1:
            self.token = reply.data
        return reply
