"""After an unclear answer: ask the vendor what became of a write, and record that."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from clients.operations import activity
from core.events import publish
from provisioning import gateway
from provisioning.emailarray import EmailArrayClient, NotFound
from provisioning.emailarray.types import RemoteMailbox
from provisioning.events import MailboxAdded, MailboxSettled, MailboxSettling
from provisioning.models import Mailbox

# What the activity log calls the addition of a mailbox.
ADDED = "mailbox.added"


def lock(mailbox: Mailbox) -> Mailbox:
    """Return the mailbox as it is now, under its row lock."""
    row = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    row.mail_domain = mailbox.mail_domain
    return row


def note(
    row: Mailbox,
    action: str,
    actor: Actor,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """Leave a line about a mailbox in the activity log."""
    activity.record(
        action=action,
        subject=row,
        name=row.address,
        client=row.mail_domain.client,
        actor=actor,
        scope=row.mail_domain,
        before=before,
        after=after,
    )


def find(vendor: EmailArrayClient, mailbox: Mailbox) -> RemoteMailbox | None:
    """
    Return the mailbox as the vendor has it; None where it has none of that address.

    :raises EmailArrayError: by cause
    """
    try:
        return vendor.mailboxes.get(mailbox.mail_domain.domain, mailbox.local_part)
    except NotFound:
        return None


def settle(mailbox_id: int, *, now: datetime) -> None:
    """
    Ask the vendor what became of a write, and record it.

    An answer that shows no effect counts only once the write can no longer be under way.

    :raises EmailArrayError: by cause; the row stays as it is
    """
    mailbox = (
        Mailbox.objects.existing()
        .select_related("mail_domain__server", "mail_domain__client")
        .filter(pk=mailbox_id)
        .first()
    )
    if mailbox is None:
        return
    with gateway.vendor(mailbox.mail_domain.server, mailbox.mail_domain) as vendor:
        found = find(vendor, mailbox)
    _record_found(mailbox, found, now)


@transaction.atomic(durable=True)
def _record_found(mailbox: Mailbox, found: RemoteMailbox | None, now: datetime) -> None:
    publish(MailboxSettling(mailbox_id=mailbox.pk))
    row = lock(mailbox)
    if _version(row) != _version(mailbox):
        return  # something newer has been claimed or recorded since we asked
    is_final = row.unsettled_since is None or (
        now - row.unsettled_since >= timedelta(seconds=settings.SETTLE_SECONDS)
    )
    actor = _asker_of(row)
    if row.status == Mailbox.Status.CREATING:
        _settle_creation(row, found, actor, is_final=is_final)
    elif row.status == Mailbox.Status.REMOVING:
        _settle_removal(row, found, actor, is_final=is_final)
    elif row.status == Mailbox.Status.TRASHED:
        _settle_trash(row, found, actor, is_final=is_final)
    elif found is not None:
        _settle_change(row, found, actor, is_final=is_final)


def _settle_change(row: Mailbox, found: RemoteMailbox, actor: Actor, *, is_final: bool) -> None:
    has_arrived = _has_arrived(row, found)
    if not is_final and (row.wants_new_password or not has_arrived):
        return
    was_asked, after = row.is_unsettled, wanted_by(row)
    before = {key: getattr(row, key) for key in after if hasattr(row, key)}
    action = "mailbox.changed" if has_arrived else "mailbox.not_changed"
    if row.wants_new_password:
        # A password cannot be read back, so nobody can say whether it is the new one.
        action = "mailbox.password_unknown"
        row.password_unconfirmed_at = timezone.now()
    asked_type = row.wanted_account_type
    adopt_remote(row, found)
    row.settle(at=timezone.now())
    row.save()
    if was_asked:
        note(row, action, actor, before=before, after=after)
        publish(MailboxSettled(mailbox_id=row.pk, asked_type=asked_type))


def wanted_by(row: Mailbox) -> dict[str, object]:
    """Return what an open change would make different, in the words of the activity log."""
    wanted: dict[str, object] = {
        "account_type": row.wanted_account_type,
        "quota_mb": row.wanted_quota_mb,
        "display_name": row.wanted_display_name,
        "has_new_password": row.wants_new_password or None,
    }
    return {key: value for key, value in wanted.items() if value is not None}


def _version(row: Mailbox) -> tuple[object, ...]:
    return row.status, row.unsettled_since, row.settled_at


def _settle_creation(
    row: Mailbox, found: RemoteMailbox | None, actor: Actor, *, is_final: bool
) -> None:
    if found is not None:
        row.activate()
        adopt_remote(row, found)
    elif is_final:
        row.remove(at=timezone.now())
    else:
        return
    row.settle(at=timezone.now())
    row.save()
    note(row, ADDED if found else "mailbox.not_added", actor)
    if found:
        tell_of_addition(row, actor)


def tell_of_addition(row: Mailbox, actor: Actor) -> None:
    """Say that a mailbox is there, in the transaction that made it so."""
    asker = actor.on_behalf_of or actor.user
    publish(MailboxAdded(mailbox_id=row.pk, user_id=asker.pk if asker else None))


def _settle_removal(
    row: Mailbox, found: RemoteMailbox | None, actor: Actor, *, is_final: bool
) -> None:
    if found is None:
        row.remove(at=timezone.now())
        row.mail_domain.forwards.filter(local_part=row.local_part).delete()
    elif not is_final:
        return
    else:
        keep(row, is_disabled=found.is_disabled)
    row.settle(at=timezone.now())
    row.save()
    note(row, "mailbox.not_deleted" if found else "mailbox.deleted", actor)


def _settle_trash(
    row: Mailbox, found: RemoteMailbox | None, actor: Actor, *, is_final: bool
) -> None:
    """Into the trash or out of it: what the vendor says at the end decides."""
    if not (row.is_unsettled and is_final):
        return
    # Both are claimed at a moment; the one that put it into the trash stands in the row for good.
    is_going_in = row.trashed_at == row.unsettled_since
    if found is None:
        row.remove(at=timezone.now())
        action = "mailbox.deleted"
    elif found.is_disabled:
        action = "mailbox.trashed" if is_going_in else "mailbox.not_restored"
    else:
        row.restore()
        action = "mailbox.not_deleted" if is_going_in else "mailbox.restored"
    row.settle(at=timezone.now())
    row.save()
    note(row, action, actor)


def keep(row: Mailbox, *, is_disabled: bool) -> None:
    """Undo the beginning of a removal that did not happen."""
    if row.trashed_at is not None:
        row.keep_trashed()
    elif is_disabled:
        row.keep_disabled()
    else:
        row.keep_active()


def _has_arrived(row: Mailbox, found: RemoteMailbox) -> bool:
    pairs = [
        (row.wanted_account_type, found.account_type),
        (row.wanted_quota_mb, found.quota_mb),
        (row.wanted_display_name, found.display_name),
    ]
    asked = [(wanted, there) for wanted, there in pairs if wanted is not None]
    # Of a switch on or off nothing was asked here: only what the vendor says at the end counts.
    return bool(asked) and all(wanted == there for wanted, there in asked)


def _asker_of(row: Mailbox) -> Actor:
    user = row.unsettled_by
    name = user.name if user else "module queue"
    return Actor.restore(user=user, on_behalf_of=row.unsettled_for, name=name)


def adopt_remote(row: Mailbox, found: RemoteMailbox) -> None:
    """Let the row say what the vendor says."""
    row.account_type = found.account_type
    if found.quota_mb is not None:
        row.quota_mb = found.quota_mb
    if found.usage_mb is not None:
        row.usage_mb = found.usage_mb
    row.display_name = found.display_name[:100]
    row.last_login_at = found.last_login_at
    row.missing_since = None
    if found.is_disabled and row.status == Mailbox.Status.ACTIVE:
        row.disable()
    elif not found.is_disabled and row.status == Mailbox.Status.DISABLED:
        row.activate()


def unsettled(*, now: datetime) -> list[int]:
    """Return the ids of the mailboxes whose last write has waited long enough to be final."""
    before = now - timedelta(seconds=settings.SETTLE_SECONDS)
    rows = Mailbox.objects.existing().unsettled(before=before)
    # At random: those that cannot be settled now must not keep the others waiting.
    return list(rows.order_by("?").values_list("pk", flat=True)[:500])
