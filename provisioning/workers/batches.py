"""Work through a batch, one mailbox at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from clients.actors import Actor
from core.errors import OperationError
from provisioning.models import Mailbox, MailboxBatch, MailboxBatchItem
from provisioning.workers import mailboxes, removal
from provisioning.workers.mailboxes import MailboxChange

Action = MailboxBatch.Action
Item = MailboxBatchItem

log = structlog.get_logger(__name__)
COULD_NOT_BE_DONE = "This could not be done. Our log says why; please tell support."
BEING_CHECKED = "The mail server did not answer clearly; the outcome is being checked."


def run(batch_id: int) -> None:
    """
    Do what is left of a batch; do nothing where another worker holds it.

    Each row is answered on its own, so that a killed worker's successor goes on where it stopped.
    A row that was cut off in the middle is found unsettled and is checked, not repeated.
    """
    claim = uuid4()
    if not _claim(batch_id, claim, now=timezone.now()):
        return
    batch = MailboxBatch.objects.select_related(
        "mail_domain__server", "mail_domain__client", "requested_by", "on_behalf_of"
    ).get(pk=batch_id)
    actor = Actor.restore(
        user=batch.requested_by, on_behalf_of=batch.on_behalf_of, name=batch.requested_by_name
    )
    try:
        for item in batch.items.filter(status=Item.Status.WAITING).select_related("mailbox"):
            if not _renew(batch_id, claim, now=timezone.now()):
                return
            item.mailbox.mail_domain = batch.mail_domain
            _do(batch, item, actor)
    except SoftTimeLimitExceeded:
        # This run has used up its time; the sweep gives the rest to another.
        MailboxBatch.objects.filter(pk=batch_id, claim=claim).update(claim=None, lease_until=None)
        return
    MailboxBatch.objects.filter(pk=batch_id, claim=claim).update(
        finished_at=timezone.now(), claim=None, lease_until=None
    )


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
    try:
        mailbox = ACTIONS[batch.action](batch, item.mailbox, actor)
    except OperationError as error:
        item.status, item.message = Item.Status.FAILED, error.user_message[:300]
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        # Whatever it is, it must not keep the rows behind it waiting for ever.
        log.exception("batch row failed", batch=batch.pk, mailbox=item.mailbox_id)
        item.status, item.message = Item.Status.FAILED, COULD_NOT_BE_DONE
    else:
        item.status = Item.Status.FAILED if mailbox.is_unsettled else Item.Status.DONE
        item.message = BEING_CHECKED if mailbox.is_unsettled else ""
    item.save(update_fields=["status", "message"])


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
