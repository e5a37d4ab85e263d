"""What may be shown of a request and its answer: secrets masked by name and by value."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from provisioning.emailarray import envelope
from provisioning.emailarray.wire import Fields

MASK = "***"
RESPONSE_LIMIT = 20_000
FIELD_LIMIT = 500
# Longer than any masked form of a secret, so that a cut never leaves a piece of one behind.
_MARGIN = 4_000
# Shorter values would blank out half of the text; the vendor demands eight characters.
_SHORTEST = 4

SECRET_NAMES = frozenset(
    {
        "password",
        "password1",
        "password2",
        "editpassword",
        "pass",
        "passwd",
        "token",
        "otp",
        "accesstoken",
    }
)
# Their whole payload is a secret when they succeed.
SECRET_ACTIONS = frozenset({"login", "getOTPass", "getOTPassAndToken"})
_BY_NAME = re.compile(
    r'("(?:' + "|".join(sorted(SECRET_NAMES)) + r')"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^\s,}\]]+)',
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Exchange:
    """
    One HTTP request and its answer, fit for a log.

    `api` is "admin" or "user"; `outcome` is "ok", "refused" (the vendor said no in a proper
    answer) or the cause code of the error; `status` is None when no answer came; `attempt`
    counts from 1 within one call.
    """

    action: str
    api: str
    host: str
    request: Mapping[str, str]
    status: int | None
    response: str
    duration_ms: int
    outcome: str
    attempt: int
    detail: str = field(default="")


def secrets_in(fields: Fields, *known: str) -> tuple[str, ...]:
    """Return the secret values of a request, those known beforehand included."""
    values = {
        value
        for name, value in fields.items()
        if name.lower() in SECRET_NAMES and isinstance(value, str)
    }
    # The longest first: one secret may be a part of another.
    return tuple(sorted({*values, *known} - {""}, key=len, reverse=True))


def hide(text: str, secrets: Iterable[str]) -> str:
    """Mask every form in which one of the secrets may stand in the text."""
    for secret in secrets:
        if len(secret) < _SHORTEST:
            continue
        for spelled in _forms(secret):
            if spelled in text:
                text = text.replace(spelled, MASK)
    return text


def request_fields(fields: Fields, secrets: Iterable[str]) -> dict[str, str]:
    """Return the form of a request fit to be shown."""
    known = tuple(secrets)
    return {name: _shown(name, value, known) for name, value in fields.items()}


def response_text(action: str, content: bytes, secrets: Iterable[str]) -> str:
    """Return the answer's text fit to be shown, at most RESPONSE_LIMIT characters."""
    if action in SECRET_ACTIONS:
        # A broken answer to a secret's request may hold the secret in any form.
        answer = envelope.decode(content)
        if answer is None or answer.success is not False:
            return f"{MASK} ({len(content)} bytes)"
    text = content.decode("utf-8", "replace")
    is_cut = len(text) > RESPONSE_LIMIT + _MARGIN
    if is_cut:
        text = text[: RESPONSE_LIMIT + _MARGIN]
    text = hide(_BY_NAME.sub(rf'\1"{MASK}"', text), secrets)
    if is_cut:
        text = text[:-_MARGIN]
    return text[:RESPONSE_LIMIT]


def _shown(name: str, value: str | bytes, secrets: tuple[str, ...]) -> str:
    if name.lower() in SECRET_NAMES:
        return MASK
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    if len(value) > RESPONSE_LIMIT:
        return f"({len(value)} characters)"
    return hide(value, secrets)[:FIELD_LIMIT]


def _forms(secret: str) -> list[str]:
    raw = secret.encode()
    quoted = json.dumps(secret)[1:-1]
    encoded = base64.b64encode(raw).decode()
    forms = {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        quoted,
        quoted.replace("/", "\\/"),
        json.dumps(secret, ensure_ascii=False)[1:-1],
        secret.replace("/", "\\/"),
        html.escape(secret),
        encoded,
        encoded.rstrip("="),
        quote(encoded, safe=""),
        base64.urlsafe_b64encode(raw).decode(),
        repr(secret)[1:-1],
    }
    return sorted(forms, key=len, reverse=True)
