"""The worker's door to a change of a mailbox's type that has been paid for."""

from __future__ import annotations

from contextlib import suppress

from celery import shared_task

from billing.operations import mailbox_types
from clients.actors import Actor
from provisioning.operations.mailboxes import UnableToChangeMailbox


@shared_task(name="billing.change_mailbox_type")
def change_mailbox_type(*, upgrade_id: int, **_later: object) -> None:
    """Have the vendor told; what it refuses is noted on the change, for staff."""
    with suppress(UnableToChangeMailbox):
        mailbox_types.carry_out(upgrade_id=upgrade_id, actor=Actor.system("billing"))
