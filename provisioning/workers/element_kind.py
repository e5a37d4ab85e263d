"""What tells one set kept at the vendor from another, and what all of them do to their rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from django.db import models
from django.utils import timezone

from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from provisioning.emailarray import EmailArrayClient, EmailArrayError
from provisioning.models import Element, MailDomain
from provisioning.models.element import ElementQuerySet
from provisioning.workers import refusals

Row = TypeVar("Row", bound=Element)


class Lost(Exception):
    """An exchange ended with the element gone from the vendor; `cause` says why it is not back."""

    def __init__(self, cause: EmailArrayError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Kind(ABC, Generic[Row]):
    """
    What tells one set from another: its vendor calls, its own reading, its words.

    `noun` begins the actions in the activity log (`alias.added`); members leave none of their
    own, as the list's line names them all. `keeps_refused`: a row whose adding was refused stays,
    with its problem, so that it can be finished.
    """

    noun: ClassVar[str]
    related: ClassVar[tuple[str, ...]] = ("mail_domain__server", "mail_domain__client")
    keeps_refused: ClassVar[bool] = False
    notes_success: ClassVar[bool] = True
    unable_to_add: ClassVar[type[OperationError]]
    unable_to_change: ClassVar[type[OperationError]]

    @abstractmethod
    def rows(self) -> ElementQuerySet[Row]:
        """Return the rows of this kind."""

    @abstractmethod
    def domain(self, row: Row) -> MailDomain:
        """Return the domain an element belongs to."""

    @abstractmethod
    def name(self, row: Row) -> str:
        """Return what a person calls this element."""

    @abstractmethod
    def facts(self, row: Row) -> dict[str, object]:
        """Return what it takes to make this element again."""

    @abstractmethod
    def put_in(self, vendor: EmailArrayClient, row: Row) -> None:
        """
        Tell the vendor of it.

        :raises EmailArrayError: by cause
        """

    @abstractmethod
    def take_out(self, vendor: EmailArrayClient, row: Row) -> None:
        """
        Have the vendor forget it.

        :raises EmailArrayError: by cause
        """

    @abstractmethod
    def find(self, vendor: EmailArrayClient, row: Row) -> str | None:
        """
        Return where the vendor's element leads (its own name where it leads nowhere), or None.

        :raises EmailArrayError: by cause
        """

    def is_ours(self, row: Row, found: str) -> bool:
        """Tell whether what the vendor has under this name can be what we have just asked for."""
        return found.lower() == self.leads_to(row).lower()

    def leads_to(self, row: Row) -> str:
        """Return what `find` returns of this element when it is as wanted."""
        return self.name(row)

    def exchange(self, vendor: EmailArrayClient, row: Row) -> None:
        """
        Let an element lead to its wanted target.

        :raises EmailArrayError: by cause; then it leads to where it led
        :raises Lost: neither the old nor the new could be put in
        """
        raise NotImplementedError

    def finish_exchange(self, vendor: EmailArrayClient, row: Row) -> str:
        """
        Go on with an exchange that stopped in the middle; return where the element leads now.

        :raises EmailArrayError: by cause; the exchange is still open
        :raises Lost: neither the old nor the new could be put in
        """
        raise NotImplementedError

    def followed_up(self, row: Row, actor: Actor) -> None:
        """Do what had to wait until this element had arrived; the vendor may be called."""

    def note_arrival(self, row: Row, actor: Actor) -> None:
        """Leave a line about an element that has arrived."""
        if self.notes_success:
            note(self, row, "added", actor, after=self.facts(row))

    def reason(self, error: EmailArrayError, row: Row) -> str:
        """Return what the customer is told when the vendor did not do it."""
        return refusals.sentence(error, self.name(row))

    def field_of(self, error: EmailArrayError) -> str:
        """Return the form's field that a refusal is about, if it can be told."""
        return refusals.field_of(error)


def note(
    kind: Kind[Row],
    row: Row,
    what: str,
    actor: Actor,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """Leave a line about an element in the activity log."""
    domain = kind.domain(row)
    activity.record(
        action=f"{kind.noun}.{what}",
        subject=row,
        name=kind.name(row),
        client=domain.client,
        actor=actor,
        scope=domain,
        before=before,
        after=after,
    )


def rows_of(kind: Kind[Row]) -> models.QuerySet[Row]:
    """Return this kind's rows with all that a call to the vendor needs."""
    return kind.rows().select_related(*kind.related)


def lock(kind: Kind[Row], row: Row) -> Row | None:
    """Return the element as it is now, under its row lock; None where it is gone."""
    fresh = rows_of(kind).select_for_update(of=("self",)).filter(pk=row.pk).first()
    return fresh if fresh is None or version(fresh) == version(row) else None


def version(row: Element) -> tuple[object, ...]:
    return row.state, row.unsettled_since


def forget(kind: Kind[Row], row: Row, actor: Actor, extra: dict[str, object]) -> None:
    """Delete the row of an element that the vendor does not have; leave a line about it."""
    if kind.notes_success:
        note(kind, row, "deleted", actor, before=kind.facts(row), after=extra)
    MailDomain.objects.filter(pk=kind.domain(row).pk).update(taken_out_at=timezone.now())
    row.delete()
