"""Claim, call, record: each write to a mailbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from core.errors import OperationError
from core.events import publish
from core.sentences import sentence as _
from provisioning import gateway
from provisioning.emailarray import (
    AlreadyExists,
    EmailArrayClient,
    EmailArrayError,
    OutcomeUnknown,
)
from provisioning.emailarray.types import RemoteMailbox
from provisioning.events import MailboxSettled, MailboxSettling
from provisioning.models import Entitlement, Mailbox, MailDomain
from provisioning.workers import refusals, room, settlement

T = TypeVar("T")

# The code of a refusal: an earlier change still waits for a clear answer.
UNSETTLED = "unsettled"


class UnableToAddMailbox(OperationError):
    """The mailbox was not created, and nothing was left behind."""


class UnableToChangeMailbox(OperationError):
    """The mailbox is as it was."""


@dataclass(frozen=True)
class MailboxSpec:
    """A mailbox to be; quota in the vendor's megabytes (`Server.mb_per_gb` of them make a GB)."""

    local_part: str
    password: str = field(repr=False)
    quota_mb: int
    account_type: int
    display_name: str = ""
    request_key: UUID | None = None


@dataclass(frozen=True)
class MailboxChange:
    """What shall be different about a mailbox; None leaves it as it is."""

    account_type: int | None = None
    quota_mb: int | None = None
    display_name: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Note:
    """The line a confirmed write leaves in the activity log."""

    action: str
    actor: Actor
    after: dict[str, object] = field(default_factory=dict)


def add(mail_domain: MailDomain, spec: MailboxSpec, actor: Actor) -> Mailbox:
    """
    Create a mailbox; it stays CREATING where the vendor gave no clear answer.

    :raises UnableToAddMailbox: with a reason fit for the customer
    """
    mailbox, is_new = _reserve(mail_domain, spec, actor)
    if not is_new:
        return mailbox
    domain = mailbox.mail_domain
    try:
        with gateway.vendor(domain.server, domain) as vendor:
            _add_at_vendor(vendor, mailbox, spec)
    except OutcomeUnknown:
        return mailbox
    except EmailArrayError as error:
        _record_not_added(mailbox, error, actor)
        raise UnableToAddMailbox(
            refusals.sentence(error, mailbox.address),
            field=refusals.field_of(error),
            code=error.cause,
        ) from error
    after: dict[str, object] = {"account_type": spec.account_type, "quota_mb": spec.quota_mb}
    return record(mailbox, Mailbox.activate, Note(settlement.ADDED, actor, after))


def _add_at_vendor(vendor: EmailArrayClient, mailbox: Mailbox, spec: MailboxSpec) -> None:
    domain = mailbox.mail_domain
    quota_gb = gigabytes(domain, spec.quota_mb)
    try:
        vendor.mailboxes.add(
            domain=domain.domain,
            username=spec.local_part,
            password=spec.password,
            quota_gb=quota_gb,
            account_type=spec.account_type,
            display_name=spec.display_name,
        )
    except AlreadyExists:
        # A request that was delivered twice is answered like this. What is there may be ours only
        # if it is exactly what we asked for; then the password is set once more, to be sure of it.
        found = settlement.find(vendor, mailbox)
        if found is None or not _is_what_was_asked(found, spec):
            raise
        vendor.mailboxes.update(
            domain=domain.domain,
            username=spec.local_part,
            display_name=spec.display_name,
            quota_gb=quota_gb,
            account_type=spec.account_type,
            password=spec.password,
        )


def _is_what_was_asked(found: RemoteMailbox, spec: MailboxSpec) -> bool:
    return (found.account_type, found.quota_mb, found.display_name, found.last_login_at) == (
        spec.account_type,
        spec.quota_mb,
        spec.display_name,
        None,
    )


@transaction.atomic(durable=True)
def _reserve(mail_domain: MailDomain, spec: MailboxSpec, actor: Actor) -> tuple[Mailbox, bool]:
    """Take a slot under the domain's lock: two clicks cannot share the last one."""
    domain = room.lock(mail_domain)
    if spec.request_key is not None:
        earlier = domain.mailboxes.filter(request_key=spec.request_key).first()
        if earlier is not None:
            return earlier, False
    problem = room.for_new_mailbox(
        domain, spec.local_part, account_type=spec.account_type, quota_mb=spec.quota_mb
    )
    if problem:
        raise UnableToAddMailbox(problem.message, field=problem.field, code=problem.code)
    mailbox = Mailbox(
        mail_domain=domain,
        local_part=spec.local_part,
        account_type=spec.account_type,
        quota_mb=spec.quota_mb,
        display_name=spec.display_name,
        request_key=spec.request_key,
    )
    mailbox.begin(actor, at=timezone.now())
    mailbox.save()
    return mailbox, True


@transaction.atomic(durable=True)
def _record_not_added(mailbox: Mailbox, error: EmailArrayError, actor: Actor) -> None:
    row = settlement.lock(mailbox)
    if row.status == Mailbox.Status.CREATING:
        row.remove(at=timezone.now())
        row.settle(at=timezone.now())
        row.save()
        settlement.note(row, "mailbox.refused", actor, after={"cause": error.cause})


def update(
    mailbox: Mailbox,
    change: MailboxChange,
    actor: Actor,
    *,
    allowed: Entitlement | None = None,
) -> Mailbox:
    """
    Change type, quota, name or password; stays unsettled where there was no clear answer.

    Counted against `allowed`, where that is what the domain may use once the change is made.

    :raises UnableToChangeMailbox: with a reason fit for the customer
    """
    row = _claim_update(mailbox, change, actor, allowed)
    domain = row.mail_domain

    def call(vendor: EmailArrayClient) -> None:
        # The vendor takes all values at once: what is not to change is sent as it is there now.
        there = vendor.mailboxes.get(domain.domain, row.local_part)
        quota_mb = there.quota_mb if change.quota_mb is None else change.quota_mb
        vendor.mailboxes.update(
            domain=domain.domain,
            username=row.local_part,
            display_name=_either(change.display_name, there.display_name),
            quota_gb=gigabytes(domain, row.quota_mb if quota_mb is None else quota_mb),
            account_type=_either(change.account_type, there.account_type),
            password=change.password,
        )

    def confirm(fresh: Mailbox) -> None:
        fresh.account_type = _either(change.account_type, fresh.account_type)
        fresh.quota_mb = _either(change.quota_mb, fresh.quota_mb)
        fresh.display_name = _either(change.display_name, fresh.display_name)
        if change.password is not None:
            fresh.password_unconfirmed_at = None

    return write(row, call, confirm, Note("mailbox.changed", actor, settlement.wanted_by(row)))


def _either(wanted: T | None, current: T) -> T:
    return current if wanted is None else wanted


@transaction.atomic(durable=True)
def _claim_update(
    mailbox: Mailbox, change: MailboxChange, actor: Actor, allowed: Entitlement | None
) -> Mailbox:
    row = changeable(mailbox)
    quota_mb = _either(change.quota_mb, row.quota_mb)
    problem = room.for_change(
        room.with_entitlement(row.mail_domain, allowed),
        row,
        account_type=_either(change.account_type, row.account_type),
        quota_mb=quota_mb,
    )
    if problem is None and allowed is not None:
        problem = room.for_pool(row.mail_domain, row, allowed, quota_mb=quota_mb)
    if problem:
        raise UnableToChangeMailbox(problem.message, field=problem.field, code=problem.code)
    row.wanted_account_type = change.account_type
    row.wanted_quota_mb = change.quota_mb
    row.wanted_display_name = change.display_name
    row.wants_new_password = change.password is not None
    row.begin(actor, at=timezone.now())
    row.save()
    return row


def enable(mailbox: Mailbox, actor: Actor) -> Mailbox:
    """
    Let people log in again; nothing happens to a mailbox that is enabled.

    :raises UnableToChangeMailbox: with a reason fit for the customer
    """
    row = _claim_switch(mailbox, Mailbox.Status.ACTIVE, actor)
    if not row.is_unsettled:
        return row
    domain = row.mail_domain.domain

    def call(vendor: EmailArrayClient) -> None:
        vendor.mailboxes.enable(domain=domain, username=row.local_part)

    return write(row, call, Mailbox.activate, Note("mailbox.enabled", actor))


def disable(mailbox: Mailbox, actor: Actor) -> Mailbox:
    """
    Keep people from logging in; nothing happens to a mailbox that is disabled.

    :raises UnableToChangeMailbox: with a reason fit for the customer
    """
    row = _claim_switch(mailbox, Mailbox.Status.DISABLED, actor)
    if not row.is_unsettled:
        return row
    domain = row.mail_domain.domain

    def call(vendor: EmailArrayClient) -> None:
        vendor.mailboxes.disable(domain=domain, username=row.local_part)

    return write(row, call, Mailbox.disable, Note("mailbox.disabled", actor))


@transaction.atomic(durable=True)
def _claim_switch(mailbox: Mailbox, wanted: str, actor: Actor) -> Mailbox:
    row = changeable(mailbox)
    if row.status != wanted:
        row.begin(actor, at=timezone.now())
        row.save()
    return row


def changeable(mailbox: Mailbox, *states: str) -> Mailbox:
    """
    Return the mailbox under its domain's lock, if its state allows a change.

    :raises UnableToChangeMailbox: with a reason fit for the customer
    """
    domain = room.lock(mailbox.mail_domain)
    row = Mailbox.objects.select_for_update().get(pk=mailbox.pk, mail_domain=domain)
    row.mail_domain = domain
    problem = room.for_any_change(domain)
    if problem:
        raise UnableToChangeMailbox(problem.message)
    if row.status not in (states or (Mailbox.Status.ACTIVE, Mailbox.Status.DISABLED)):
        raise UnableToChangeMailbox(
            _(refusals.IN_STATE[Mailbox.Status(row.status)]) % {"address": row.address}
        )
    require_settled(row)
    return row


def require_settled(mailbox: Mailbox) -> None:
    """
    Refuse another change while one waits for a clear answer.

    :raises UnableToChangeMailbox: with the code UNSETTLED
    """
    if mailbox.is_unsettled:
        raise UnableToChangeMailbox(
            _(
                "An earlier change to %(address)s is still being checked with the mail server. "
                "Try again in a minute."
            )
            % {"address": mailbox.address},
            code=UNSETTLED,
        )


def write(
    row: Mailbox,
    call: Callable[[EmailArrayClient], None],
    confirm: Callable[[Mailbox], None],
    note: Note,
    *,
    undo: Callable[[Mailbox], None] | None = None,
) -> Mailbox:
    """
    Make one call for a claimed mailbox and record its answer; `undo` follows a refusal.

    :raises UnableToChangeMailbox: with a reason fit for the customer
    """
    domain = row.mail_domain
    try:
        with gateway.vendor(domain.server, domain) as vendor:
            call(vendor)
    except OutcomeUnknown:
        return row
    except EmailArrayError as error:
        _record_unchanged(row, undo)
        raise UnableToChangeMailbox(
            refusals.sentence(error, row.address),
            field=refusals.field_of(error),
            code=error.cause,
        ) from error
    return record(row, confirm, note)


@transaction.atomic(durable=True)
def _record_unchanged(mailbox: Mailbox, undo: Callable[[Mailbox], None] | None) -> None:
    publish(MailboxSettling(mailbox_id=mailbox.pk))
    row = settlement.lock(mailbox)
    if row.unsettled_since != mailbox.unsettled_since:
        return
    if undo is not None:
        undo(row)
    asked_type = row.wanted_account_type
    row.settle(at=timezone.now())
    row.save()
    publish(MailboxSettled(mailbox_id=row.pk, asked_type=asked_type))


@transaction.atomic(durable=True)
def record(mailbox: Mailbox, confirm: Callable[[Mailbox], None], note: Note) -> Mailbox:
    publish(MailboxSettling(mailbox_id=mailbox.pk))
    row = settlement.lock(mailbox)
    if row.unsettled_since != mailbox.unsettled_since:
        return row  # the answer came so late that the outcome had been looked up already
    before = {key: getattr(row, key) for key in note.after if hasattr(row, key)}
    confirm(row)
    asked_type = row.wanted_account_type
    row.settle(at=timezone.now())
    row.save()
    settlement.note(row, note.action, note.actor, before=before, after=note.after)
    if note.action == settlement.ADDED:
        settlement.tell_of_addition(row, note.actor)
    publish(MailboxSettled(mailbox_id=row.pk, asked_type=asked_type))
    return row


def gigabytes(domain: MailDomain, quota_mb: int) -> Decimal:
    """Return a quota the way the vendor takes it."""
    return Decimal(quota_mb) / domain.server.mb_per_gb
