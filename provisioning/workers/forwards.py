"""Forwards at the vendor: written with the mailbox's own one-time log-in, read by the reseller."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning.emailarray import (
    AlreadyExists,
    EmailArrayClient,
    EmailArrayError,
    InvalidInput,
    Rejected,
)
from provisioning.models import Element, Forward, MailDomain
from provisioning.models.element import ElementQuerySet
from provisioning.workers import address_room, elements, room
from provisioning.workers.element_kind import Kind


class UnableToAddForward(OperationError):
    """The forward was not added, and nothing was left behind."""


class UnableToChangeForward(OperationError):
    """The forward is as it was."""


# The vendor's actions that open a mailbox's session.
LOG_IN = {"getOTPass", "login"}


class Forwards(Kind[Forward]):
    """Copies of a mailbox's mail, one row per mailbox and target."""

    noun = "forward"
    unable_to_add = UnableToAddForward
    unable_to_change = UnableToChangeForward

    def rows(self) -> ElementQuerySet[Forward]:
        """Return all forwards."""
        return Forward.objects.all()

    def domain(self, row: Forward) -> MailDomain:
        """Return its domain."""
        return row.mail_domain

    def name(self, row: Forward) -> str:
        """Return where copies come from and go to."""
        return _("%(address)s to %(target)s") % {"address": row.address, "target": row.target}

    def facts(self, row: Forward) -> dict[str, object]:
        """Return mailbox and target."""
        return {"local_part": row.local_part, "target": row.target}

    def leads_to(self, row: Forward) -> str:
        """Return its target."""
        return row.target

    def put_in(self, vendor: EmailArrayClient, row: Forward) -> None:
        """Add it, logged in as the mailbox."""
        vendor.forwards.add(row.mail_domain.domain, row.local_part, row.target)

    def take_out(self, vendor: EmailArrayClient, row: Forward) -> None:
        """Remove it, logged in as the mailbox."""
        vendor.forwards.remove(row.mail_domain.domain, row.local_part, row.target)

    def find(self, vendor: EmailArrayClient, row: Forward) -> str | None:
        """Return its target where the vendor lists it."""
        wanted = (row.local_part.lower(), row.target.lower())
        listed = vendor.forwards.list(row.mail_domain.domain)
        return next(
            (
                each.target
                for each in listed
                if (each.username.lower(), each.target.lower()) == wanted
            ),
            None,
        )

    def reason(self, error: EmailArrayError, row: Forward) -> str:
        """Say which step was refused: the log-in comes first, and a disabled mailbox has none."""
        if isinstance(error, Rejected) and error.action in LOG_IN:
            said = error.vendor_message.rstrip(".") or _("no reason given")
            return _(
                "Forwarding is changed with the mailbox's own log-in, and the mail server refused "
                "the log-in of %(address)s: “%(said)s”. If the mailbox is disabled, enable it "
                "first."
            ) % {"address": row.address, "said": said}
        return super().reason(error, row)

    def field_of(self, error: EmailArrayError) -> str:
        """Return `target` for what is about an address; the rest is about the log-in."""
        return "target" if isinstance(error, (AlreadyExists, InvalidInput)) else ""


FORWARDS = Forwards()


def add(mail_domain: MailDomain, local_part: str, target: str, actor: Actor) -> Forward:
    """
    Send copies of a mailbox's mail to one more address; ADDING where there was no clear answer.

    :raises UnableToAddForward: with a reason fit for the customer
    """
    return elements.put_in(FORWARDS, _reserve(mail_domain, local_part, target, actor), actor)


@transaction.atomic(durable=True)
def _reserve(mail_domain: MailDomain, local_part: str, target: str, actor: Actor) -> Forward:
    domain = room.lock(mail_domain)
    problem = address_room.for_new_forward(domain, local_part, target)
    if problem:
        raise UnableToAddForward(problem.message, field=problem.field, code=problem.code)
    row = Forward(
        mail_domain=domain, local_part=local_part, target=target, state=Element.State.ADDING
    )
    row.begin(actor, at=timezone.now())
    row.save()
    return row


def delete(forward: Forward, actor: Actor) -> Forward:
    """
    Stop sending copies; it stays REMOVING where there was no clear answer.

    :raises UnableToChangeForward: with a reason fit for the customer
    """
    return elements.remove(FORWARDS, forward, actor)
