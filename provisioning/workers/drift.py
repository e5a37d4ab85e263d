"""Keep a record of where the vendor was found to differ from our rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from provisioning.models import Drift, MailDomain


@dataclass(frozen=True)
class Difference:
    """One difference found by a reading: what it is about, and what each side says."""

    kind: str
    name: str
    ours: str
    theirs: str


def record(
    domain: MailDomain, differences: Iterable[Difference], *, kinds: Iterable[str], now: datetime
) -> None:
    """
    Open a row for every new difference, once; close what no longer differs.

    A changed type, quota or status is followed by the mirror, so that the next reading finds no
    difference any more; such a row stays open until a person has seen it.
    """
    found = list(differences)
    open_rows = {(row.kind, row.name): row for row in domain.drifts.filter(closed_at=None)}
    Drift.objects.bulk_create(
        [
            Drift(
                mail_domain=domain,
                kind=row.kind,
                name=row.name,
                ours=row.ours[:200],
                theirs=row.theirs[:200],
                noticed_at=now,
            )
            for row in found
            if (row.kind, row.name) not in open_rows
        ]
    )
    lasting = {Drift.Kind.MISSING_MAILBOX, Drift.Kind.MISSING_DOMAIN, Drift.Kind.DOMAIN_STATUS}
    still = {(row.kind, row.name) for row in found}
    over = [
        row.pk
        for key, row in open_rows.items()
        if row.kind in lasting and row.kind in set(kinds) and key not in still
    ]
    domain.drifts.filter(pk__in=over).update(closed_at=now)
