"""Readers for the vendor's loosely typed values; each takes what may come and never guesses."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ValidationInfo

_NUMBER_AND_UNIT = re.compile(
    r"^\s*(\d+(?:\.\d+)?)\s*(b|bytes|kb|kib|mb|mib|gb|gib|tb|tib)?\s*$", re.IGNORECASE
)
_TYPE_WORDS = {"basic": 1, "enhanced": 2}
_BASIC = 1
_UNREADABLE_TYPE = 0


def text(value: object) -> str:
    """Read a text; null is empty, numbers are spelled out."""
    if isinstance(value, str):
        return value.strip()
    if value is None or isinstance(value, (bool, list, dict)):
        return ""
    return str(value)


def whole(value: object) -> int | None:
    """Read a whole number, or None when it is missing or is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return _digits(value)
    try:
        number = Decimal(str(value).strip())
        return int(number) if number == number.to_integral_value() else None
    except (InvalidOperation, OverflowError, ValueError):
        return None


def switch(value: object) -> bool:
    """Read "0"/"1", a number or a boolean; anything else is off."""
    if isinstance(value, str):
        return value.strip().lower() in {"1", "true", "yes", "on"}
    return isinstance(value, (bool, int, float)) and bool(value)


def account_type(value: object) -> int:
    """
    Read a mailbox's type; a missing one is Basic (1), unknown numbers are kept.

    What is no number at all is 0: no type the vendor uses, so nobody takes it for Basic.
    """
    if value is None or value == "":
        return _BASIC
    number = whole(value)
    if number is not None:
        return number
    return _TYPE_WORDS.get(text(value).lower(), _UNREADABLE_TYPE)


def megabytes(value: object, mb_per_gb: int) -> int | None:
    """Read a size in MB, or with its unit behind it; None when it is unknown."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return _digits(value)
    found = _NUMBER_AND_UNIT.match(str(value))
    if not found:
        return None
    factor = Decimal(mb_per_gb)
    unit = (found[2] or "mb").lower()[0]
    scale = {"b": 1 / factor**2, "k": 1 / factor, "m": Decimal(1), "g": factor, "t": factor**2}
    return int((Decimal(found[1]) * scale[unit]).to_integral_value())


def moment(value: object, zone: str) -> datetime | None:
    """Read a time of the vendor's zone as UTC; None for "never" in all its spellings."""
    words = text(value)
    if words.isascii() and words.isdigit():
        return _from_epoch(_digits(words))
    try:
        told = datetime.fromisoformat(words)
        local = told if told.tzinfo else told.replace(tzinfo=ZoneInfo(zone))
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _digits(value: str) -> int | None:
    try:
        return int(value)
    except ValueError:
        # More digits than Python cares to read.
        return None


def _from_epoch(seconds: int | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None


def rows(payload: object) -> list[Any] | None:
    """
    Read a collection; None when the payload is no collection.

    Null, "", [] and {} are empty; an object keyed by numbers is a list with gaps.
    """
    if payload is None or (isinstance(payload, (str, dict)) and not payload):
        return []
    if isinstance(payload, list):
        return payload
    if isinstance(payload, dict) and all(str(key).isdecimal() for key in payload):
        return [payload[key] for key in sorted(payload, key=int)]
    return None


def color(value: object) -> str:
    """Read six hex digits, with or without "#"."""
    return text(value).lstrip("#").lower()


def _in_mb(value: object, info: ValidationInfo) -> int | None:
    return megabytes(value, (info.context or {}).get("mb_per_gb", 1000))


def _in_utc(value: object, info: ValidationInfo) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return moment(value, (info.context or {}).get("zone", "UTC"))


Text = Annotated[str, BeforeValidator(text)]
Whole = Annotated[int | None, BeforeValidator(whole)]
Switch = Annotated[bool, BeforeValidator(switch)]
AccountType = Annotated[int, BeforeValidator(account_type)]
Megabytes = Annotated[int | None, BeforeValidator(_in_mb)]
Moment = Annotated[datetime | None, BeforeValidator(_in_utc)]
Color = Annotated[str, BeforeValidator(color)]
