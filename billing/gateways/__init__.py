"""How money comes in: each way is one gateway, found by the name that payments keep."""

from __future__ import annotations

from collections.abc import Iterable

from billing.gateways.credit import CREDIT
from billing.gateways.gateway import Gateway
from billing.gateways.manual import BANK_TRANSFER, CASH, OTHER

__all__ = ["BANK_TRANSFER", "CASH", "CREDIT", "OTHER", "Gateway", "gateway_of", "manual"]

_GATEWAYS = {each.name: each for each in (BANK_TRANSFER, CASH, OTHER, CREDIT)}


def gateway_of(name: str) -> Gateway | None:
    """Return the gateway of that name, or None where it is not known any more."""
    return _GATEWAYS.get(name)


def manual() -> Iterable[Gateway]:
    """Return the gateways whose payments staff record by hand."""
    return (each for each in _GATEWAYS.values() if each.is_manual)
