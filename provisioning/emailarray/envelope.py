"""The tolerant reader of the vendor's answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_STARTS_TRIED = 16


@dataclass(frozen=True)
class Envelope:
    """
    One answer of the vendor.

    `success` is True or False when the code says so and None when there is no usable code.
    The payload may hold secrets and is kept out of the repr.
    """

    success: bool | None
    data: Any = field(default=None, repr=False)
    message: str = field(default="", repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def text(self) -> str:
        """The human sentence of the answer, "" when there is none."""
        if isinstance(self.data, str) and self.data.strip():
            return self.data.strip()
        return self.message

    @property
    def total(self) -> int | None:
        """The length of a list before it was cut into pages, when the vendor tells it."""
        meta = self.body.get("meta")
        value = meta.get("all") if isinstance(meta, dict) else None
        if isinstance(value, bool):
            return None
        if isinstance(value, int):
            return value if value >= 0 else None
        if isinstance(value, str) and value.strip().isdecimal():
            return int(value)
        return None


def decode(content: bytes) -> Envelope | None:
    """Read an answer; None when there is no JSON object in it."""
    document = _document(_characters(content))
    if document is None:
        return None
    message = document.get("message")
    return Envelope(
        success=read_code(document.get("returncode")),
        data=document.get("returndata"),
        message=message.strip() if isinstance(message, str) else "",
        body=document,
    )


def read_code(code: object) -> bool | None:
    """
    Read a `returncode`: numbers, booleans and their texts count; None means "cannot tell".

    Null and a missing code cannot tell: other clients of this API disagree about them, and
    a write must not be called failed on a guess.
    """
    if isinstance(code, (bool, int, float)):
        return bool(code)
    if not isinstance(code, str):
        return None
    word = code.strip().lower()
    if word in {"", "false", "no"}:
        return False
    if word in {"true", "yes"}:
        return True
    try:
        return float(word) != 0
    except ValueError:
        return None


def _characters(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return content.decode("latin-1").strip()


def _document(text: str) -> dict[str, Any] | None:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return _embedded(text)
    return whole if isinstance(whole, dict) else None


def _embedded(text: str) -> dict[str, Any] | None:
    """Find the answer behind a notice that was printed before it."""
    decoder = json.JSONDecoder()
    start = text.find("{")
    for _ in range(_STARTS_TRIED):
        if start < 0:
            break
        try:
            found, _end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            found = None
        # Only an object with the code is the answer: in a cut answer the complete inner
        # objects would decode as well.
        if isinstance(found, dict) and "returncode" in found:
            return found
        start = text.find("{", start + 1)
    return None
