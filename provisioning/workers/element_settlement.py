"""After an unclear answer about an element: ask the vendor, and record what it says."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from core.sentences import sentence as _
from provisioning import gateway
from provisioning.emailarray import EmailArrayError
from provisioning.models import Element
from provisioning.models.element import Pointing
from provisioning.workers.element_kind import Kind, Lost, Row, forget, lock, note, rows_of

State = Element.State


def is_final(row: Element, *, now: datetime) -> bool:
    """Tell whether a write can no longer be under way, so that what the vendor says counts."""
    since = row.unsettled_since
    return since is None or now - since >= timedelta(seconds=settings.SETTLE_SECONDS)


def settle(kind: Kind[Row], row_id: int, *, now: datetime) -> None:
    """
    Ask the vendor what became of a write, and record it.

    An answer that shows no effect counts only once the write can no longer be under way.

    :raises EmailArrayError: by cause; the row stays as it is
    """
    row = rows_of(kind).filter(pk=row_id).first()
    if row is None or not row.is_unsettled:
        return
    domain = kind.domain(row)
    try:
        with gateway.vendor(domain.server, domain) as vendor:
            found = kind.find(vendor, row)
            if found is None and _is_in_exchange(row):
                found = kind.finish_exchange(vendor, row)
    except Lost as lost:
        record_lost(kind, row, lost.cause, row.asker)
        return
    arrived, actor = _record_found(kind, row, found, now)
    if arrived is not None:
        kind.followed_up(arrived, actor)


def _is_in_exchange(row: Element) -> bool:
    return isinstance(row, Pointing) and bool(row.wanted_target) and row.state == State.PRESENT


@transaction.atomic(durable=True)
def _record_found(
    kind: Kind[Row], row: Row, found: str | None, now: datetime
) -> tuple[Row | None, Actor]:
    """Return the element if it has just turned out to have arrived, and who asked for it."""
    fresh = lock(kind, row)
    actor = row.asker
    if fresh is None:
        return None, actor  # something newer has been claimed or recorded since we asked
    final = is_final(fresh, now=now)
    if fresh.state == State.ADDING:
        return _settle_adding(kind, fresh, found, actor, final=final), actor
    if fresh.state == State.REMOVING:
        _settle_removal(kind, fresh, found, actor, final=final)
    elif found is not None and isinstance(fresh, Pointing):
        settle_exchange(kind, fresh, found, actor, final=final)
    return None, actor


def _settle_adding(
    kind: Kind[Row], row: Row, found: str | None, actor: Actor, *, final: bool
) -> Row | None:
    if found is None and not final:
        return None
    if found is None:
        note(kind, row, "not_added", actor, after=kind.facts(row))
        if not (kind.keeps_refused or row.settled_at):
            row.delete()
            return None
        row.miss(_("The mail server did not take it. Try again."))
    else:
        if isinstance(row, Pointing) and "@" in found:
            row.target = found
        row.arrive()
    row.settle(at=timezone.now())
    row.save()
    if found is None:
        return None
    kind.note_arrival(row, actor)
    return row


def _settle_removal(
    kind: Kind[Row], row: Row, found: str | None, actor: Actor, *, final: bool
) -> None:
    if found is None:
        forget(kind, row, actor, {})
    elif final:
        row.keep(_("The mail server still has it. Try again.") if kind.keeps_refused else "")
        row.settle(at=timezone.now())
        row.save()
        note(kind, row, "not_deleted", actor)


def settle_exchange(
    kind: Kind[Row], row: Pointing, found: str, actor: Actor, *, final: bool
) -> None:
    has_arrived = found.lower() == row.wanted_target.lower()
    if not has_arrived and not final:
        return
    before = row.target
    row.target = found if "@" in found else row.target
    row.settle(at=timezone.now())
    row.save()
    fresh = kind.rows().get(pk=row.pk)
    what = "changed" if has_arrived else "not_changed"
    facts = kind.facts(fresh)
    note(kind, fresh, what, actor, before={**facts, "target": before}, after=facts)


@transaction.atomic(durable=True)
def record_lost(kind: Kind[Row], row: Row, error: EmailArrayError, actor: Actor) -> str:
    """Record that an exchange lost the element; return the sentence that says so."""
    reason = _(
        "%(name)s is gone from the mail server: its new target was refused, and the old one could "
        "not be put back. Save it again to finish. %(reason)s"
    ) % {"name": kind.name(row), "reason": kind.reason(error, row)}
    fresh = lock(kind, row)
    if fresh is not None:
        fresh.miss(reason)
        fresh.settle(at=timezone.now())
        fresh.save()
        note(kind, fresh, "lost", actor, before=kind.facts(fresh), after={"cause": error.cause})
    return reason


def unsettled(kind: Kind[Row], *, now: datetime) -> list[int]:
    """Return the ids of the elements whose last write has waited long enough to be final."""
    before = now - timedelta(seconds=settings.SETTLE_SECONDS)
    return list(kind.rows().unsettled(before=before).values_list("pk", flat=True)[:500])
