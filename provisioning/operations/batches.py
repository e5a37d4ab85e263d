"""Start a change to many mailboxes; it runs in the background."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.sentences import sentence as _
from core.wake import wake
from provisioning import tasks
from provisioning.models import Mailbox, MailboxBatch, MailboxBatchItem, MailDomain

Action = MailboxBatch.Action
LARGEST = 500


class UnableToStartBatch(OperationError):
    """Nothing was started."""


@transaction.atomic
def start_batch(
    *,
    mail_domain: MailDomain,
    mailboxes: Sequence[Mailbox],
    action: str,
    actor: Actor,
    account_type: int | None = None,
    quota_mb: int | None = None,
) -> MailboxBatch:
    """
    Queue one change for up to 500 mailboxes of a domain.

    :raises UnableToStartBatch: nothing chosen, too many, a value missing, or a foreign mailbox
    """
    if not mailboxes:
        raise UnableToStartBatch(_("Choose at least one mailbox."))
    if len(mailboxes) > LARGEST:
        raise UnableToStartBatch(
            _("Choose up to %(most)d mailboxes at a time.") % {"most": LARGEST}
        )
    if any(mailbox.mail_domain_id != mail_domain.pk for mailbox in mailboxes):
        raise UnableToStartBatch(_("All mailboxes must belong to this domain."))
    if mail_domain.status != MailDomain.Status.ACTIVE:
        raise UnableToStartBatch(_("This service is not active."))
    if action == Action.SET_TYPE and account_type not in Mailbox.Type.values:
        raise UnableToStartBatch(_("Choose Basic or Enhanced."))
    if action == Action.SET_QUOTA and not (quota_mb and quota_mb > 0):
        raise UnableToStartBatch(_("The quota must be more than 0."))
    batch = MailboxBatch.objects.create(
        mail_domain=mail_domain,
        action=action,
        account_type=account_type,
        quota_mb=quota_mb,
        requested_by=actor.user,
        on_behalf_of=actor.on_behalf_of,
        requested_by_name=actor.name,
    )
    MailboxBatchItem.objects.bulk_create(
        MailboxBatchItem(batch=batch, mailbox=mailbox) for mailbox in mailboxes
    )
    activity.record(
        action=f"mailboxes.{action}",
        subject=batch,
        name=mail_domain.domain,
        client=mail_domain.client,
        actor=actor,
        scope=mail_domain,
        after={"count": len(mailboxes), "account_type": account_type, "quota_mb": quota_mb},
    )
    wake(tasks.run_batch, batch_id=batch.pk)
    return batch


def retry_failed(*, batch: MailboxBatch, actor: Actor) -> MailboxBatch:
    """
    Start a new batch for the rows that failed.

    :raises UnableToStartBatch: none has failed
    """
    failed = batch.items.filter(status=MailboxBatchItem.Status.FAILED).select_related("mailbox")
    return start_batch(
        mail_domain=batch.mail_domain,
        mailboxes=[item.mailbox for item in failed],
        action=batch.action,
        actor=actor,
        account_type=batch.account_type,
        quota_mb=batch.quota_mb,
    )
