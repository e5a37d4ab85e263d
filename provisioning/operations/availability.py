"""Whether the vendor would take a domain, asked before anybody orders it."""

from __future__ import annotations

from enum import StrEnum

import structlog

from provisioning import gateway
from provisioning.emailarray import EmailArrayError
from provisioning.models import Server

log = structlog.get_logger(__name__)

# Somebody is waiting for the page; the module asks again before it adds the domain.
PATIENCE_SECONDS = 5.0


class Availability(StrEnum):
    """What the vendor says of a domain."""

    AVAILABLE = "available"
    TAKEN = "taken"
    UNKNOWN = "unknown"


def availability_of(*, server: Server, domain: str) -> Availability:
    """
    Ask whether a domain could be added; `UNKNOWN` where the vendor does not answer in time.

    :raises TransactionAcrossTheWire: while a transaction is open
    """
    try:
        with gateway.vendor(server, patience_seconds=PATIENCE_SECONDS) as vendor:
            is_available = vendor.domains.available(domain)
    except EmailArrayError as error:
        log.warning("availability not known", domain=domain, cause=error.cause)
        return Availability.UNKNOWN
    return Availability.AVAILABLE if is_available else Availability.TAKEN
