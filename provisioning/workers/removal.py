"""Delete a mailbox: into the trash first, out of it again, or away for good."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from provisioning.emailarray import EmailArrayClient, NotFound
from provisioning.models import Mailbox
from provisioning.workers import room, settlement
from provisioning.workers.mailboxes import Note, UnableToChangeMailbox, changeable, write

Status = Mailbox.Status
# A removal that did not work is tried again after this.
PATIENCE = timedelta(minutes=15)


def delete(mailbox: Mailbox, actor: Actor) -> Mailbox:
    """
    Delete a mailbox: it can be restored for MAILBOX_TRASH_DAYS, or is gone at once where 0.

    One that is in the trash stays there: what is deleted twice is not purged.

    :raises UnableToChangeMailbox: with a reason fit for the customer
    """
    if settings.MAILBOX_TRASH_DAYS == 0:
        return _remove(_claim_removal(mailbox, actor, Status.ACTIVE, Status.DISABLED), actor)
    return trash(mailbox, actor)


def trash(mailbox: Mailbox, actor: Actor) -> Mailbox:
    """
    Disable a mailbox at the vendor and give its slot back; its address stays taken.

    :raises UnableToChangeMailbox: with a reason fit for the customer
    """
    row = _claim_trash(mailbox, actor)
    if not row.is_unsettled:
        return row
    domain = row.mail_domain.domain

    def call(vendor: EmailArrayClient) -> None:
        if not row.was_disabled:
            vendor.mailboxes.disable(domain=domain, username=row.local_part)

    return write(
        row,
        call,
        _as_it_is,
        Note("mailbox.trashed", actor),
        undo=_restore_row,
    )


@transaction.atomic(durable=True)
def _claim_trash(mailbox: Mailbox, actor: Actor) -> Mailbox:
    row = changeable(mailbox, Status.ACTIVE, Status.DISABLED, Status.TRASHED)
    if row.status == Status.TRASHED:
        return row
    now = timezone.now()
    row.was_disabled = row.status == Status.DISABLED
    row.trash(at=now, purge_at=now + timedelta(days=settings.MAILBOX_TRASH_DAYS))
    row.begin(actor, at=now)
    row.save()
    return row


def restore(mailbox: Mailbox, actor: Actor) -> Mailbox:
    """
    Take a mailbox out of the trash, with all its mail; it needs a free slot again.

    :raises UnableToChangeMailbox: the plan is full, or the vendor refused
    """
    row = _claim_restore(mailbox, actor)
    domain = row.mail_domain.domain

    def call(vendor: EmailArrayClient) -> None:
        if not row.was_disabled:
            vendor.mailboxes.enable(domain=domain, username=row.local_part)

    return write(row, call, _restore_row, Note("mailbox.restored", actor))


@transaction.atomic(durable=True)
def _claim_restore(mailbox: Mailbox, actor: Actor) -> Mailbox:
    row = changeable(mailbox, Status.TRASHED)
    problem = room.for_restored(
        row.mail_domain, account_type=row.account_type, quota_mb=row.quota_mb
    )
    if problem:
        raise UnableToChangeMailbox(problem.message, field=problem.field, code=problem.code)
    # Unsettled, it counts against the plan: two restores cannot share the last slot.
    row.begin(actor, at=timezone.now())
    row.save()
    return row


def remove(mailbox: Mailbox, actor: Actor) -> Mailbox:
    """
    Delete a mailbox in the trash for good; stays REMOVING where there was no clear answer.

    :raises UnableToChangeMailbox: it is not in the trash, or with the vendor's reason
    """
    return _remove(_claim_removal(mailbox, actor, Status.TRASHED), actor)


def _remove(row: Mailbox, actor: Actor) -> Mailbox:
    domain = row.mail_domain

    def call(vendor: EmailArrayClient) -> None:
        try:
            vendor.mailboxes.remove(domain=domain.domain, username=row.local_part)
        except NotFound:
            return  # gone is what was wanted

    def confirm(fresh: Mailbox) -> None:
        fresh.remove(at=timezone.now())
        # The vendor removes a mailbox's own forwards with it.
        domain.forwards.filter(local_part=fresh.local_part).delete()

    def undo(fresh: Mailbox) -> None:
        settlement.keep(fresh, is_disabled=fresh.was_disabled)

    return write(row, call, confirm, Note("mailbox.deleted", actor), undo=undo)


@transaction.atomic(durable=True)
def _claim_removal(mailbox: Mailbox, actor: Actor, *states: str) -> Mailbox:
    row = changeable(mailbox, *states)
    if row.status != Status.TRASHED:
        row.was_disabled = row.status == Status.DISABLED
    row.begin_removal()
    row.begin(actor, at=timezone.now())
    row.save()
    return row


def _as_it_is(_row: Mailbox) -> None:
    """Nothing more to set: the claim has said it all."""


def _restore_row(row: Mailbox) -> None:
    if row.was_disabled:
        row.restore_disabled()
    else:
        row.restore()


def due(*, now: datetime) -> list[int]:
    """Return the ids of the mailboxes whose time in the trash is over."""
    rows = Mailbox.objects.trashed().filter(unsettled_since=None, purge_at__lte=now)
    return list(rows.values_list("pk", flat=True)[:500])


def purge(mailbox_id: int, *, now: datetime) -> None:
    """Remove a mailbox whose time in the trash is over; where it fails, try again later."""
    actor = Actor.system("trash")
    try:
        row = _claim_purge(mailbox_id, actor, now=now)
        if row is not None:
            _remove(row, actor)
    except UnableToChangeMailbox:
        _postpone(mailbox_id, now=now)


@transaction.atomic(durable=True)
def _claim_purge(mailbox_id: int, actor: Actor, *, now: datetime) -> Mailbox | None:
    mailbox = Mailbox.objects.select_related("mail_domain").filter(pk=mailbox_id).first()
    if mailbox is None or mailbox.status != Status.TRASHED:
        return None
    row = changeable(mailbox, Status.TRASHED)
    if row.purge_at is None or row.purge_at > now:
        return None
    # A suspended domain or a vendor that is down is not asked again at every sweep.
    row.purge_at = now + PATIENCE
    row.begin_removal()
    row.begin(actor, at=timezone.now())
    row.save()
    return row


def _postpone(mailbox_id: int, *, now: datetime) -> None:
    waiting = Mailbox.objects.trashed().filter(pk=mailbox_id, purge_at__lte=now)
    waiting.update(purge_at=now + PATIENCE)
