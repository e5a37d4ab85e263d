"""Log a customer in to webmail or the control panel of one mailbox, at the click."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning import module
from provisioning.emailarray import EmailArrayError
from provisioning.models import Mailbox, MailDomain
from provisioning.module import HandOff
from provisioning.workers import refusals

__all__ = ["HandOff", "UnableToOpen", "open_control_panel", "open_webmail"]


class UnableToOpen(OperationError):
    """Nobody was logged in."""


def open_webmail(*, mailbox: Mailbox, actor: Actor) -> HandOff:
    """
    Return the form that opens webmail for this mailbox.

    :raises UnableToOpen: with a reason fit for the customer
    """
    return _open(mailbox, actor, module.webmail_sign_on, "mailbox.webmail_opened")


def open_control_panel(*, mailbox: Mailbox, actor: Actor) -> HandOff:
    """
    Return the form that opens the user control panel for this mailbox.

    :raises UnableToOpen: with a reason fit for the customer
    """
    return _open(mailbox, actor, module.control_panel_sign_on, "mailbox.control_panel_opened")


def _open(
    mailbox: Mailbox, actor: Actor, sign_on: Callable[[Mailbox], HandOff], action: str
) -> HandOff:
    if mailbox.mail_domain.status != MailDomain.Status.ACTIVE:
        raise UnableToOpen(_("This service is not active."))
    if mailbox.status != Mailbox.Status.ACTIVE:
        raise UnableToOpen(
            _(refusals.IN_STATE[Mailbox.Status(mailbox.status)]) % {"address": mailbox.address}
        )
    try:
        hand_off = sign_on(mailbox)
    except EmailArrayError as error:
        raise UnableToOpen(refusals.sentence(error, mailbox.address)) from error
    with transaction.atomic():
        activity.record(
            action=action,
            subject=mailbox,
            name=mailbox.address,
            client=mailbox.mail_domain.client,
            actor=actor,
            scope=mailbox.mail_domain,
        )
    return hand_off
