"""Claim, call, record: putting elements into the vendor's sets, exchanging and taking out."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from core.sentences import sentence as _
from provisioning import gateway
from provisioning.emailarray import (
    AlreadyExists,
    EmailArrayClient,
    EmailArrayError,
    NotFound,
    OutcomeUnknown,
)
from provisioning.models import Element
from provisioning.models.element import Pointing
from provisioning.workers import room
from provisioning.workers.element_kind import Kind, Lost, Row, forget, lock, note, rows_of
from provisioning.workers.element_settlement import record_lost, settle_exchange

State = Element.State


def put_in(kind: Kind[Row], row: Row, actor: Actor) -> Row:
    """
    Tell the vendor of an element that has been claimed (ADDING).

    It stays ADDING where there was no clear answer.

    :raises OperationError: the kind's `unable_to_add`, with a reason fit for the customer
    """
    domain = kind.domain(row)
    try:
        with gateway.vendor(domain.server, domain) as vendor:
            _put_in_or_adopt(kind, vendor, row)
    except OutcomeUnknown:
        return row
    except EmailArrayError as error:
        reason = kind.reason(error, row)
        _record_not_added(kind, row, reason, actor, cause=error.cause)
        raise kind.unable_to_add(reason, field=kind.field_of(error), code=error.cause) from error
    return _record_arrival(kind, row, actor)


def _put_in_or_adopt(kind: Kind[Row], vendor: EmailArrayClient, row: Row) -> None:
    try:
        kind.put_in(vendor, row)
    except AlreadyExists:
        # A request that was delivered twice is answered like this.
        found = kind.find(vendor, row)
        if found is None or not kind.is_ours(row, found):
            raise


@transaction.atomic(durable=True)
def _record_arrival(kind: Kind[Row], row: Row, actor: Actor) -> Row:
    fresh = lock(kind, row)
    if fresh is None:
        return row  # the answer came so late that the outcome had been looked up already
    fresh.arrive()
    fresh.settle(at=timezone.now())
    fresh.save()
    kind.note_arrival(fresh, actor)
    return fresh


@transaction.atomic(durable=True)
def _record_not_added(kind: Kind[Row], row: Row, reason: str, actor: Actor, *, cause: str) -> None:
    fresh = lock(kind, row)
    if fresh is None:
        return
    note(kind, fresh, "refused", actor, after={**kind.facts(fresh), "cause": cause})
    if kind.keeps_refused or fresh.settled_at:
        fresh.miss(reason)
        fresh.settle(at=timezone.now())
        fresh.save()
    else:
        fresh.delete()


def claim_removal(kind: Kind[Row], row: Row, actor: Actor) -> Row:
    """
    Mark an element as going, under the domain's lock; call `take_out` next, outside of it.

    :raises OperationError: the kind's `unable_to_change`
    """
    fresh = changeable(kind, row)
    if fresh.state == State.PRESENT:
        fresh.begin_removal()
        fresh.begin(actor, at=timezone.now())
        fresh.save()
    return fresh


def changeable(kind: Kind[Row], row: Row) -> Row:
    """
    Return an element as it is now, under the domain's lock, if it may be changed.

    :raises OperationError: the kind's `unable_to_change`
    """
    domain = room.lock(kind.domain(row))
    fresh = rows_of(kind).select_for_update(of=("self",)).filter(pk=row.pk).first()
    problem = room.for_any_change(domain)
    if problem:
        raise kind.unable_to_change(problem.message, field=problem.field, code=problem.code)
    if fresh is None:
        raise kind.unable_to_change(
            _("%(name)s does not exist any more.") % {"name": kind.name(row)}, code="gone"
        )
    if fresh.is_unsettled:
        raise kind.unable_to_change(
            _(
                "An earlier change to %(name)s is still being checked with the mail server. "
                "Try again in a minute."
            )
            % {"name": kind.name(row)},
            code="unsettled",
        )
    return fresh


def remove(kind: Kind[Row], row: Row, actor: Actor, **extra: object) -> Row:
    """
    Take an element out; it stays REMOVING where there was no clear answer.

    What is returned has no `pk` once it is gone. `extra` goes into the activity line's `after`.

    :raises OperationError: the kind's `unable_to_change`, with a reason fit for the customer
    """
    with transaction.atomic(durable=True):
        claimed = claim_removal(kind, row, actor)
        if claimed.state == State.ABSENT:
            # The vendor is known not to have it: there is nothing to call for.
            forget(kind, claimed, actor, extra)
            return claimed
    return take_out(kind, claimed, actor, extra)


def take_out(kind: Kind[Row], row: Row, actor: Actor, extra: dict[str, object]) -> Row:
    """
    Have the vendor forget an element that has been claimed (REMOVING).

    :raises OperationError: the kind's `unable_to_change`, with a reason fit for the customer
    """
    domain = kind.domain(row)
    try:
        with gateway.vendor(domain.server, domain) as vendor:
            kind.take_out(vendor, row)
    except NotFound:
        pass  # gone is what was wanted
    except OutcomeUnknown:
        return row
    except EmailArrayError as error:
        reason = kind.reason(error, row)
        _record_kept(kind, row, reason)
        raise kind.unable_to_change(reason, field=kind.field_of(error), code=error.cause) from error
    with transaction.atomic(durable=True):
        fresh = lock(kind, row)
        if fresh is not None:
            forget(kind, fresh, actor, extra)
    row.pk = None
    return row


@transaction.atomic(durable=True)
def _record_kept(kind: Kind[Row], row: Row, reason: str) -> None:
    fresh = lock(kind, row)
    if fresh is not None:
        fresh.keep(reason if kind.keeps_refused else "")
        fresh.settle(at=timezone.now())
        fresh.save()


def exchange(kind: Kind[Row], row: Row, actor: Actor) -> Row:
    """
    Let a claimed element lead to its wanted target; unsettled where there was no clear answer.

    :raises OperationError: the kind's `unable_to_change`, with a reason fit for the customer
    """
    domain = kind.domain(row)
    try:
        with gateway.vendor(domain.server, domain) as vendor:
            kind.exchange(vendor, row)
    except OutcomeUnknown:
        return row
    except Lost as lost:
        reason = record_lost(kind, row, lost.cause, actor)
        raise kind.unable_to_change(reason, field=kind.field_of(lost.cause), code="lost") from lost
    except EmailArrayError as error:
        with transaction.atomic(durable=True):
            fresh = lock(kind, row)
            if fresh is not None:
                fresh.settle(at=timezone.now())
                fresh.save()
        raise kind.unable_to_change(
            kind.reason(error, row), field=kind.field_of(error), code=error.cause
        ) from error
    with transaction.atomic(durable=True):
        fresh = lock(kind, row)
        if fresh is not None and isinstance(fresh, Pointing):
            settle_exchange(kind, fresh, fresh.wanted_target, actor, final=True)
    return fresh or row
