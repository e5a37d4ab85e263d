"""What a customer does to forwards; it happens at once."""

from __future__ import annotations

from clients.actors import Actor
from provisioning import tasks
from provisioning.emailarray import AlreadyExists
from provisioning.models import Forward, MailDomain
from provisioning.operations.addresses import BadAddress, whole_address
from provisioning.workers import forwards
from provisioning.workers.forwards import UnableToAddForward, UnableToChangeForward

__all__ = ["UnableToAddForward", "UnableToChangeForward", "add_forward", "delete_forward"]


def add_forward(*, mail_domain: MailDomain, local_part: str, target: str, actor: Actor) -> Forward:
    """
    Send copies of a mailbox's mail to one more address; the mailbox keeps its own.

    Where the vendor gave no clear answer the forward is ADDING, and the vendor is asked.

    :raises UnableToAddForward: with a reason fit for the customer; nothing was left behind
    """
    try:
        address = whole_address(target, mail_domain)
    except BadAddress as error:
        raise UnableToAddForward(error.user_message, field="target", code=error.code) from error
    try:
        forward = forwards.add(mail_domain, local_part, address, actor)
    except UnableToAddForward as error:
        if error.code == AlreadyExists.cause:
            # The vendor has a forward that we do not know of: show it.
            tasks.wake(tasks.refresh_domain, mail_domain_id=mail_domain.pk)
        raise
    _settle_if_unclear(forward)
    return forward


def delete_forward(*, forward: Forward, actor: Actor) -> Forward:
    """
    Stop sending copies; it is REMOVING where the vendor gave no clear answer, else without `pk`.

    :raises UnableToChangeForward: with a reason fit for the customer
    """
    gone = forwards.delete(forward, actor)
    _settle_if_unclear(gone)
    return gone


def _settle_if_unclear(row: Forward) -> None:
    if row.is_unsettled and row.pk:
        tasks.wake(tasks.settle_element, noun=forwards.FORWARDS.noun, element_id=row.pk)
