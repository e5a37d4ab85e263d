"""How values are spelled on the wire: forms, domains, addresses, switches and decimals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlencode

import idna

from provisioning.emailarray import errors

FormValue = str | bytes | int | Decimal | None
Fields = dict[str, str | bytes]


def fields(params: Mapping[str, FormValue]) -> Fields:
    """Spell every value as the vendor reads it; `None` means "do not send this field"."""
    return {name: spell(value) for name, value in params.items() if value is not None}


def spell(value: str | bytes | int | Decimal) -> str | bytes:
    """Spell one value: switches as 0/1, decimals without exponent or trailing zeros."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        # normalize() turns 10 into 1E+1; the "f" format turns that back into 10.
        return format(value.normalize(), "f")
    if isinstance(value, int):
        return str(value)
    return value


def form(spelled: Mapping[str, str | bytes]) -> bytes:
    """Encode a form body; bytes travel as they are, text as UTF-8, a blank as "+"."""
    return urlencode(list(spelled.items())).encode("ascii")


def domain(name: str) -> str:
    """
    Return the domain in lower case and as A-labels (`bücher.example` → `xn--bcher-kva.example`).

    :raises InvalidInput: it is empty or cannot be a domain name
    """
    plain = name.strip().rstrip(".").lower()
    if not plain:
        raise errors.InvalidInput("", detail="the domain is empty")
    if plain.isascii():
        return plain
    try:
        return idna.encode(plain, uts46=True).decode("ascii")
    except idna.IDNAError:
        pass
    raise errors.InvalidInput("", detail="not a domain name")


def local_part(name: str) -> str:
    """
    Return the part before the "@" as it is to be sent.

    :raises InvalidInput: it is empty or is a whole address
    """
    plain = name.strip()
    if not plain:
        raise errors.InvalidInput("", detail="the name is empty")
    if "@" in plain:
        raise errors.InvalidInput("", detail="a name without domain is expected")
    return plain


def address(whole: str) -> str:
    """
    Return a full address with its domain spelled for the wire.

    :raises InvalidInput: it is not of the form name@domain
    """
    name, at, host = whole.strip().rpartition("@")
    if not at or not name:
        raise errors.InvalidInput("", detail="a full address is expected")
    return f"{name}@{domain(host)}"


def split_address(name: str, default_domain: str) -> tuple[str, str]:
    """Split what may be a local part or a full address into (local part, domain)."""
    local, at, host = name.strip().rpartition("@")
    if not at:
        return name.strip(), default_domain
    return local, host.lower()
