"""Work through a batch, one mailbox at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from clients.actors import Actor
from core.errors import OperationError
from core.sentences import sentence
from provisioning.emailarray import EmailArrayError
from provisioning.models import Mailbox, MailboxBatch, MailboxBatchItem
from provisioning.workers import mailboxes, removal, settlement
from provisioning.workers.mailboxes import MailboxChange

Action = MailboxBatch.Action
Item = MailboxBatchItem

log = structlog.get_logger(__name__)
COULD_NOT_BE_DONE = gettext_noop("This could not be done. Our log says why; please tell support.")
BEING_CHECKED = gettext_noop(
    "The mail server did not answer clearly; the outcome is being checked."
)
STILL_UNCLEAR = gettext_noop(
    "The mail server did not answer clearly for an hour. Look at the mailbox."
)
# When to ask again what became of a row, and when to leave that to the person who asked for it.
RECHECK = timedelta(seconds=10)
GIVE_UP = timedelta(hours=1)


def run(batch_id: int) -> bool:
    """
    Do what is left of a batch, for a while; do nothing where another worker holds it.

    Return whether there is more to do at once. Each row is answered on its own, so that a killed
    worker's successor goes on where it stopped. A row that was cut off in the middle, or had no
    clear answer, waits until the vendor has said what became of it; then it is done if it is not.
    """
    claim = uuid4()
    if not _claim(batch_id, claim, now=timezone.now()):
        return False
    batch = MailboxBatch.objects.select_related(
        "mail_domain__server", "mail_domain__client", "requested_by", "on_behalf_of"
    ).get(pk=batch_id)
    actor = Actor.restore(
        user=batch.requested_by, on_behalf_of=batch.on_behalf_of, name=batch.requested_by_name
    )
    waiting = batch.items.filter(status=Item.Status.WAITING)
    until = time.monotonic() + settings.TURN_SECONDS
    try:
        for item in waiting.select_related("mailbox"):
            if time.monotonic() > until:
                _let_go(batch_id, claim)
                return True
            if not _renew(batch_id, claim, now=timezone.now()):
                return False
            item.mailbox.mail_domain = batch.mail_domain
            _do(batch, item, actor)
    except SoftTimeLimitExceeded:
        _let_go(batch_id, claim)  # a row took very long; the sweep gives the rest to another run
        return False
    if waiting.exists():
        _let_go(batch_id, claim, until=timezone.now() + RECHECK)
        return False
    MailboxBatch.objects.filter(pk=batch_id, claim=claim).update(
        finished_at=timezone.now(), claim=None, lease_until=None
    )
    return False


def _let_go(batch_id: int, claim: UUID, *, until: datetime | None = None) -> None:
    # Without a claim, the end of the lease is when the sweep may have somebody go on.
    MailboxBatch.objects.filter(pk=batch_id, claim=claim).update(claim=None, lease_until=until)


def _claim(batch_id: int, claim: UUID, *, now: datetime) -> bool:
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    return bool(
        MailboxBatch.objects.filter(free, pk=batch_id, finished_at=None).update(
            claim=claim, lease_until=now + _lease()
        )
    )


def _renew(batch_id: int, claim: UUID, *, now: datetime) -> bool:
    held = MailboxBatch.objects.filter(pk=batch_id, claim=claim)
    return bool(held.update(lease_until=now + _lease()))


def _lease() -> timedelta:
    return timedelta(seconds=settings.MODULE_JOB_LEASE_SECONDS)


def _do(batch: MailboxBatch, item: MailboxBatchItem, actor: Actor) -> None:
    mailbox = item.mailbox
    try:
        if mailbox.is_unsettled:
            mailbox = _settled(mailbox)
        if not mailbox.is_unsettled and not _is_done(batch, mailbox):
            mailbox = ACTIONS[batch.action](batch, mailbox, actor)
    except OperationError as error:
        item.status, item.message = Item.Status.FAILED, error.user_message
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        # Whatever it is, it must not keep the rows behind it waiting for ever.
        log.exception("batch row failed", batch=batch.pk, mailbox=item.mailbox_id)
        item.status, item.message = Item.Status.FAILED, sentence(COULD_NOT_BE_DONE)
    else:
        if not mailbox.is_unsettled:
            item.status, item.message = Item.Status.DONE, ""
        elif timezone.now() - batch.created_at > GIVE_UP:
            item.status, item.message = Item.Status.FAILED, sentence(STILL_UNCLEAR)
        else:
            item.message = sentence(BEING_CHECKED)
    item.save(update_fields=["status", "message"])


def _settled(mailbox: Mailbox) -> Mailbox:
    """Ask what became of the last write to a mailbox; return the row as it is then."""
    try:
        settlement.settle(mailbox.pk, now=timezone.now())
    except EmailArrayError as error:
        log.info("row of a batch not settled yet", mailbox=mailbox.pk, cause=error.cause)
    fresh = Mailbox.objects.get(pk=mailbox.pk)
    fresh.mail_domain = mailbox.mail_domain
    return fresh


def _is_done(batch: MailboxBatch, mailbox: Mailbox) -> bool:
    """Tell whether a deletion has happened; what else was done already may be done again."""
    gone = {Mailbox.Status.TRASHED, Mailbox.Status.REMOVED}
    return batch.action == Action.DELETE and mailbox.status in gone


def _set_type(batch: MailboxBatch, mailbox: Mailbox, actor: Actor) -> Mailbox:
    return mailboxes.update(mailbox, MailboxChange(account_type=batch.account_type), actor)


def _set_quota(batch: MailboxBatch, mailbox: Mailbox, actor: Actor) -> Mailbox:
    return mailboxes.update(mailbox, MailboxChange(quota_mb=batch.quota_mb), actor)


ACTIONS: dict[str, Callable[[MailboxBatch, Mailbox, Actor], Mailbox]] = {
    Action.ENABLE: lambda _batch, mailbox, actor: mailboxes.enable(mailbox, actor),
    Action.DISABLE: lambda _batch, mailbox, actor: mailboxes.disable(mailbox, actor),
    Action.DELETE: lambda _batch, mailbox, actor: removal.delete(mailbox, actor),
    Action.SET_TYPE: _set_type,
    Action.SET_QUOTA: _set_quota,
}
