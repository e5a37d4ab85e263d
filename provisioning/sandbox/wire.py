"""The wire: form bodies in, as PHP reads them, and JSON answers out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

SECRETS = frozenset(
    {"password", "password1", "password2", "editpassword", "token", "accessToken", "p"}
)
_MASK = "***"
_LONGEST_LOGGED = 2000
_NESTED = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]")


@dataclass(frozen=True)
class Fields:
    """
    The fields of a form body, kept as bytes: a logo may be any bytes at all.

    A name that is sent twice counts as the last one says, as in PHP.
    """

    raw: dict[str, bytes] = field(repr=False)

    def __contains__(self, name: str) -> bool:
        return name in self.raw

    def text(self, name: str, default: str = "") -> str:
        """Return a field as text; bytes that are not UTF-8 are read as Latin-1."""
        return as_text(self.raw[name]) if name in self.raw else default

    def nested(self, name: str) -> dict[str, bytes]:
        """Return the members of a PHP array, `name[member]=…`."""
        found = {}
        for key, value in self.raw.items():
            match = _NESTED.fullmatch(key)
            if match and match[1] == name:
                found[match[2]] = value
        return found

    def shown(self) -> dict[str, str]:
        """Return the fields as a log may show them: names, and values that are no secret."""
        return {
            name: _MASK
            if name in SECRETS or name.endswith("[newlogo]")
            else as_text(value)[:_LONGEST_LOGGED]
            for name, value in self.raw.items()
        }


def as_text(value: bytes) -> str:
    """Decode UTF-8, or Latin-1 where it is not."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def parse_form(body: bytes) -> Fields:
    """Read `application/x-www-form-urlencoded`: `+` is a space, brackets may be escaped."""
    found: dict[str, bytes] = {}
    counters: dict[str, int] = {}
    for pair in body.split(b"&"):
        name, _, value = pair.partition(b"=")
        key = as_text(_unquoted(name)).lstrip(" ")
        if not key:
            continue
        if key.endswith("[]"):
            counters[key] = counters.get(key, -1) + 1
            key = f"{key[:-2]}[{counters[key]}]"
        found[key] = _unquoted(value)
    return Fields(found)


def _unquoted(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))


@dataclass(frozen=True)
class Answer:
    """What an action answers: the payload, the code, and what stands beside the payload."""

    data: Any
    code: int = 1
    beside: dict[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return the envelope: an integer code, the payload, and what stands beside it."""
        return {"returncode": self.code, "returndata": self.data, **self.beside}


def encoded(body: dict[str, Any]) -> bytes:
    """Encode an envelope as PHP does: ASCII only, slashes escaped."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()
