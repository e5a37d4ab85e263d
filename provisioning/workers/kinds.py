"""Every kind of element the vendor keeps, by the name that tasks know it under."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from provisioning.workers import element_settlement
from provisioning.workers.alias_domains import ALIAS_DOMAINS
from provisioning.workers.aliases import ALIASES, CATCH_ALLS
from provisioning.workers.element_kind import Kind
from provisioning.workers.forwards import FORWARDS
from provisioning.workers.lists import LISTS, MEMBERS

KINDS: dict[str, Kind[Any]] = {
    kind.noun: kind for kind in (ALIASES, CATCH_ALLS, ALIAS_DOMAINS, FORWARDS, LISTS, MEMBERS)
}


def settle(noun: str, row_id: int, *, now: datetime) -> None:
    """
    Ask the vendor what became of a write to an element, and record it.

    :raises EmailArrayError: by cause; the row stays as it is
    """
    element_settlement.settle(KINDS[noun], row_id, now=now)


def unsettled(*, now: datetime) -> list[tuple[str, int]]:
    """Return noun and id of the elements whose last write has waited long enough to be final."""
    return [
        (noun, row_id)
        for noun, kind in KINDS.items()
        for row_id in element_settlement.unsettled(kind, now=now)
    ]
