"""What the stand-in takes for a password, a name, an address, a domain and a quota."""

from __future__ import annotations

import math
import re

import idna

SMALLEST_PASSWORD = 8
LONGEST_ADDRESS = 254
LONGEST_DOMAIN = 253

_LOCAL_PART = re.compile(r"[a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?", re.IGNORECASE)
_ADDRESS_LOCAL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_COLOR = re.compile(r"#?([0-9a-f]{6})", re.IGNORECASE)
_TIME_ZONE = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){0,2}")


def is_strong_password(text: str) -> bool:
    """Tell whether it has 8 characters: upper and lower case, a digit and a special one."""
    return (
        len(text) >= SMALLEST_PASSWORD
        and any(c.isupper() for c in text)
        and any(c.islower() for c in text)
        and any(c.isdigit() for c in text)
        and any(not c.isalnum() and not c.isspace() for c in text)
    )


def is_local_part(text: str) -> bool:
    """Tell whether a mailbox, alias or list may be called so."""
    return bool(_LOCAL_PART.fullmatch(text)) and ".." not in text


def is_address(text: str) -> bool:
    """Tell whether this is one full email address, inside or outside."""
    local, at, domain = text.rpartition("@")
    return (
        bool(at)
        and len(text) <= LONGEST_ADDRESS
        and bool(_ADDRESS_LOCAL.fullmatch(local))
        and not (local.startswith(".") or local.endswith(".") or ".." in local)
        and domain_name(domain) is not None
    )


def domain_name(text: str, *, convert: bool = True) -> str | None:
    """Return the name in lower case and A-labels, or None where it is not one."""
    name = text.strip().lower().rstrip(".")
    if not name.isascii():
        if not convert:
            return None
        try:
            name = idna.encode(name, uts46=True).decode()
        except idna.IDNAError:
            return None
    labels = name.split(".")
    good = (
        len(name) <= LONGEST_DOMAIN
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )
    return name if good else None


def gigabytes(text: str) -> float | None:
    """Return a quota as written on the wire, above zero; None where it is not one."""
    if not _DECIMAL.fullmatch(text):
        return None
    value = float(text)
    return value if value > 0 and math.isfinite(value) else None


def color(text: str) -> str | None:
    """Return six hexadecimal digits without the sign; None where it is not a color."""
    found = _COLOR.fullmatch(text)
    return found[1].lower() if found else None


def is_time_zone(text: str) -> bool:
    """Tell whether it is spelled like an IANA zone, `Area/City`."""
    return bool(_TIME_ZONE.fullmatch(text))
