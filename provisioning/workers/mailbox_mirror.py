"""The mirror's part for mailboxes: thousands of rows, those in change left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.events import publish
from provisioning.events import MailboxesFilling
from provisioning.models import Drift, Mailbox, MailDomain
from provisioning.workers.drift import Difference
from provisioning.workers.settlement import adopt_remote

if TYPE_CHECKING:
    from datetime import datetime

    from provisioning.emailarray.types import RemoteMailbox
    from provisioning.module import Reading

CHUNK = 500
# From how many percent of its quota on a mailbox is told of as filling, and as almost full.
FILL_LEVELS = (80, 95)
SLACK_PERCENT = 5
MIRRORED = [
    "account_type",
    "quota_mb",
    "usage_mb",
    "fill_notice_percent",
    "display_name",
    "last_login_at",
    "missing_since",
    "status",
]


def record(domain: MailDomain, reading: Reading) -> list[Difference]:
    """
    Let the mailboxes say what the vendor says; return what nobody asked for here.

    A row with a write under way, or settled after the reading began, is newer than the reading.
    """
    listed = {row.username: row for row in reading.mailboxes}
    rows = {row.local_part: row for row in domain.mailboxes.existing()}
    just_removed = set(
        domain.mailboxes.filter(
            status=Mailbox.Status.REMOVED, removed_at__gte=reading.began_at
        ).values_list("local_part", flat=True)
    )
    differences: list[Difference] = []
    changed: list[Mailbox] = []
    filling: list[int] = []
    for name, row in rows.items():
        row.mail_domain = domain
        if _is_newer(row, reading.began_at):
            continue
        found = listed.get(name)
        if found is None:
            differences.append(
                Difference(Drift.Kind.MISSING_MAILBOX, row.address, row.status, "absent")
            )
            row.missing_since = row.missing_since or reading.began_at
        else:
            differences += _differences(row, found)
            adopt_remote(row, found)
            if _is_fuller(row):
                filling.append(row.pk)
        changed.append(row)
    Mailbox.objects.bulk_update(changed, MIRRORED, batch_size=CHUNK)
    if filling and domain.status == MailDomain.Status.ACTIVE:
        publish(MailboxesFilling(mail_domain_id=domain.pk, mailbox_ids=tuple(filling)))
    new = [found for name, found in listed.items() if name not in rows and name not in just_removed]
    differences += _take_in(domain, new, is_first=domain.mirrored_at is None)
    return differences


def _is_fuller(row: Mailbox) -> bool:
    """Note how full a mailbox is, and tell whether that is news; what is off is nobody's worry."""
    before = row.fill_notice_percent
    if row.status != Mailbox.Status.ACTIVE or not row.usage_mb or not row.quota_mb:
        row.fill_notice_percent = 0
        return False
    percent = row.usage_mb * 100 // row.quota_mb
    reached = [level for level in FILL_LEVELS if percent >= level]
    # One that goes to and fro around a level is told of once.
    kept = [level for level in FILL_LEVELS if before >= level and percent >= level - SLACK_PERCENT]
    row.fill_notice_percent = max([*reached, *kept], default=0)
    return row.fill_notice_percent > before


def _is_newer(row: Mailbox, began_at: datetime) -> bool:
    return row.is_unsettled or bool(row.settled_at and row.settled_at >= began_at)


def _differences(row: Mailbox, found: RemoteMailbox) -> list[Difference]:
    differences = []
    if row.account_type != found.account_type:
        ours, theirs = str(row.account_type), str(found.account_type)
        differences.append(Difference(Drift.Kind.TYPE, row.address, ours, theirs))
    if found.quota_mb is not None and row.quota_mb != found.quota_mb:
        ours, theirs = str(row.quota_mb), str(found.quota_mb)
        differences.append(Difference(Drift.Kind.QUOTA, row.address, ours, theirs))
    off = {Mailbox.Status.DISABLED, Mailbox.Status.TRASHED}
    if (row.status in off) != found.is_disabled:
        theirs = "disabled" if found.is_disabled else "active"
        differences.append(Difference(Drift.Kind.STATUS, row.address, row.status, theirs))
    return differences


def _take_in(domain: MailDomain, found: list[RemoteMailbox], *, is_first: bool) -> list[Difference]:
    """Add rows for mailboxes we did not create; on the first reading they are no surprise."""
    rows = []
    for remote in found:
        row = Mailbox(mail_domain=domain, local_part=remote.username[:64], quota_mb=0)
        row.activate()
        adopt_remote(row, remote)
        rows.append(row)
    Mailbox.objects.bulk_create(rows, batch_size=CHUNK)
    if is_first:
        return []
    return [
        Difference(Drift.Kind.UNKNOWN_MAILBOX, row.address, "absent", row.status) for row in rows
    ]
