"""The mirror's part for the vendor's sets: rows in change are left alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from provisioning.models import (
    Alias,
    AliasDomain,
    CatchAll,
    DistributionList,
    DistributionListMember,
    Element,
    Forward,
    MailDomain,
)
from provisioning.models.element import ElementQuerySet

if TYPE_CHECKING:
    from provisioning.emailarray.types import RemoteList
    from provisioning.module import Reading

Row = TypeVar("Row", bound=Element)
Key = TypeVar("Key", bound=Hashable)
CHUNK = 500


def record(domain: MailDomain, reading: Reading) -> None:
    """
    Let aliases, forwards, lists and the like say what the vendor says.

    A row with a write under way, or settled after the reading began, is newer than the reading.
    So is a row that is not there because it was taken out after the reading began.
    """
    began_at = reading.began_at
    takes_in = domain.taken_out_at is None or domain.taken_out_at < began_at
    _record_aliases(domain, reading, takes_in=takes_in)
    _record_catch_all(domain, reading, takes_in=takes_in)
    if reading.alias_domains is not None:
        _match(
            AliasDomain.objects.filter(mail_domain=domain),
            began_at,
            set(reading.alias_domains),
            key=lambda row: row.domain,
            new=lambda name: AliasDomain(mail_domain=domain, domain=name),
            takes_in=takes_in,
        )
    _match(
        Forward.objects.filter(mail_domain=domain),
        began_at,
        {(row.username.lower()[:64], row.target.lower()[:320]) for row in reading.forwards},
        key=lambda row: (row.local_part.lower(), row.target.lower()),
        new=lambda pair: Forward(mail_domain=domain, local_part=pair[0], target=pair[1]),
        takes_in=takes_in,
    )
    _record_lists(domain, reading, takes_in=takes_in)


def _match(
    rows: ElementQuerySet[Row],
    began_at: datetime,
    listed: set[Key],
    *,
    key: Callable[[Row], Key],
    new: Callable[[Key], Row],
    takes_in: bool,
) -> None:
    """Add rows for what is listed and has none; delete those that are not listed."""
    everything = list(rows)
    known = {key(row) for row in everything}
    older = [row for row in everything if is_older(row, began_at)]
    gone = [
        row.pk for row in older if key(row) not in listed and row.state == Element.State.PRESENT
    ]
    back = [row for row in older if key(row) in listed and row.state == Element.State.ABSENT]
    for start in range(0, len(gone), CHUNK):
        rows.filter(pk__in=gone[start : start + CHUNK]).delete()
    for row in back:
        row.arrive()
    rows.bulk_update(back, ["state", "problem"], batch_size=CHUNK)
    if takes_in:
        found = [new(each) for each in sorted(listed - known, key=str)]
        rows.bulk_create(found, ignore_conflicts=True, batch_size=CHUNK)


def is_older(row: Element, began_at: datetime) -> bool:
    """Tell whether a reading begun then knows more about this row than we do."""
    return row.unsettled_since is None and (row.settled_at is None or row.settled_at < began_at)


def _record_aliases(domain: MailDomain, reading: Reading, *, takes_in: bool) -> None:
    targets = {row.name.lower()[:64]: row.target[:320] for row in reading.aliases}
    rows = Alias.objects.filter(mail_domain=domain)
    _match(
        rows,
        reading.began_at,
        set(targets),
        key=lambda row: row.local_part.lower(),
        new=lambda name: Alias(mail_domain=domain, local_part=name, target=targets[name]),
        takes_in=takes_in,
    )
    moved = []
    for row in rows.all():
        target = targets.get(row.local_part.lower(), row.target)
        if target != row.target and is_older(row, reading.began_at):
            row.target = target
            moved.append(row)
    Alias.objects.bulk_update(moved, ["target"], batch_size=CHUNK)


def _record_catch_all(domain: MailDomain, reading: Reading, *, takes_in: bool) -> None:
    found = reading.info.catch_all[:320]
    rows = CatchAll.objects.filter(mail_domain=domain)
    row = rows.first()
    if row is not None and not is_older(row, reading.began_at):
        return
    if found in {"", "0"}:
        rows.delete()
    elif row is None:
        if takes_in:
            # A plain switch does not tell where the mail goes.
            CatchAll.objects.create(mail_domain=domain, target=found if "@" in found else "")
    else:
        row.target = found if "@" in found else row.target
        row.arrive()
        row.save()


def _record_lists(domain: MailDomain, reading: Reading, *, takes_in: bool) -> None:
    types = {row.name.lower()[:64]: row.list_type[:16] for row, _members in reading.lists}
    rows = DistributionList.objects.filter(mail_domain=domain)
    _match(
        rows,
        reading.began_at,
        set(types),
        key=lambda row: row.local_part.lower(),
        new=lambda name: DistributionList(
            mail_domain=domain, local_part=name, list_type=types[name]
        ),
        takes_in=takes_in,
    )
    ids = {}
    for row in rows.all():
        if row.state == Element.State.PRESENT:
            ids[row.local_part.lower()] = row.pk
        if row.list_type != types.get(row.local_part.lower(), row.list_type):
            rows.filter(pk=row.pk).update(list_type=types[row.local_part.lower()])
    _record_members(domain, reading, ids, takes_in=takes_in)


def _record_members(
    domain: MailDomain, reading: Reading, ids: dict[str, int], *, takes_in: bool
) -> None:
    listed = {
        (ids[row.name.lower()[:64]], address.lower()[:320])
        for row, members in _known(reading, ids)
        for address in members
    }
    _match(
        DistributionListMember.objects.filter(
            distribution_list__mail_domain=domain, distribution_list__in=ids.values()
        ),
        reading.began_at,
        listed,
        key=lambda row: (row.distribution_list_id, row.address.lower()),
        new=lambda pair: DistributionListMember(distribution_list_id=pair[0], address=pair[1]),
        takes_in=takes_in,
    )


def _known(reading: Reading, ids: dict[str, int]) -> Iterable[tuple[RemoteList, list[str]]]:
    return [pair for pair in reading.lists if pair[0].name.lower()[:64] in ids]
