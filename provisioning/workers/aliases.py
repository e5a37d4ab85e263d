"""Aliases and the catch-all at the vendor: add, change, delete."""

from __future__ import annotations

from contextlib import suppress

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
    LimitReached,
    NotFound,
    OutcomeUnknown,
    Rejected,
)
from provisioning.models import Alias, CatchAll, Element, MailDomain
from provisioning.models.element import ElementQuerySet
from provisioning.workers import address_room, elements, refusals, room
from provisioning.workers.element_kind import Kind, Lost, note, rows_of

State = Element.State


class UnableToAddAlias(OperationError):
    """The alias was not added, and nothing was left behind."""


class UnableToChangeAlias(OperationError):
    """The alias is as it was, unless the message says what else it is."""


class UnableToChangeCatchAll(OperationError):
    """Mail to unknown addresses goes where it went."""


class Aliases(Kind[Alias]):
    """Aliases: one name, one target, no update."""

    noun = "alias"
    unable_to_add = UnableToAddAlias
    unable_to_change = UnableToChangeAlias

    def rows(self) -> ElementQuerySet[Alias]:
        """Return all aliases."""
        return Alias.objects.all()

    def domain(self, row: Alias) -> MailDomain:
        """Return its domain."""
        return row.mail_domain

    def name(self, row: Alias) -> str:
        """Return its address."""
        return row.address

    def facts(self, row: Alias) -> dict[str, object]:
        """Return name and target."""
        return {"local_part": row.local_part, "target": row.target}

    def leads_to(self, row: Alias) -> str:
        """Return its target."""
        return row.target

    def put_in(self, vendor: EmailArrayClient, row: Alias) -> None:
        """Add it."""
        vendor.aliases.add(row.mail_domain.domain, row.local_part, row.target)

    def take_out(self, vendor: EmailArrayClient, row: Alias) -> None:
        """Remove it."""
        vendor.aliases.remove(row.mail_domain.domain, row.local_part)

    def find(self, vendor: EmailArrayClient, row: Alias) -> str | None:
        """Return its target at the vendor."""
        listed = vendor.aliases.list(row.mail_domain.domain)
        return next((each.target for each in listed if each.name.lower() == row.local_part), None)

    def exchange(self, vendor: EmailArrayClient, row: Alias) -> None:
        """Remove it and add it with its new target; the vendor has no other way."""
        with suppress(NotFound):
            self.take_out(vendor, row)
        self.finish_exchange(vendor, row)

    def finish_exchange(self, vendor: EmailArrayClient, row: Alias) -> str:
        """Add it with its new target; where that is refused, with the old one."""
        domain = row.mail_domain.domain
        try:
            vendor.aliases.add(domain, row.local_part, row.wanted_target)
        except OutcomeUnknown:
            raise
        except EmailArrayError as error:
            if isinstance(error, AlreadyExists) and self._has_arrived(vendor, row):
                return row.wanted_target
            self._put_back(vendor, row, error)
            raise
        return row.wanted_target

    def _has_arrived(self, vendor: EmailArrayClient, row: Alias) -> bool:
        found = self.find(vendor, row)
        return found is not None and found.lower() == row.wanted_target.lower()

    def _put_back(self, vendor: EmailArrayClient, row: Alias, error: EmailArrayError) -> None:
        try:
            self.put_in(vendor, row)
        except AlreadyExists:
            return
        except Rejected as second:
            raise Lost(error) from second
        except EmailArrayError as second:
            # A vendor that is away will be back: the exchange stays open and is finished then.
            raise OutcomeUnknown(second.action, detail="not put back yet") from error

    def followed_up(self, row: Alias, actor: Actor) -> None:
        """Delete the alias this one replaces."""
        if row.replaces is not None:
            _delete_replaced(row, actor)

    def note_arrival(self, row: Alias, actor: Actor) -> None:
        """Say "changed" where it takes another's place."""
        if row.replaces is None:
            super().note_arrival(row, actor)
            return
        note(self, row, "changed", actor, before=self.facts(row.replaces), after=self.facts(row))

    def field_of(self, error: EmailArrayError) -> str:
        """Return `target` for what is about an address: names have been checked here."""
        if isinstance(error, (InvalidInput, LimitReached)):
            return "target"
        return refusals.field_of(error)


class CatchAlls(Kind[CatchAll]):
    """The one address that takes all other mail."""

    noun = "catch_all"
    unable_to_add = UnableToChangeCatchAll
    unable_to_change = UnableToChangeCatchAll

    def rows(self) -> ElementQuerySet[CatchAll]:
        """Return all catch-alls."""
        return CatchAll.objects.all()

    def domain(self, row: CatchAll) -> MailDomain:
        """Return its domain."""
        return row.mail_domain

    def name(self, row: CatchAll) -> str:
        """Return what it takes."""
        return f"*@{row.mail_domain.domain}"

    def facts(self, row: CatchAll) -> dict[str, object]:
        """Return its target."""
        return {"target": row.target}

    def leads_to(self, row: CatchAll) -> str:
        """Return its target."""
        return row.target

    def put_in(self, vendor: EmailArrayClient, row: CatchAll) -> None:
        """Switch it on."""
        self._set(vendor, row, row.target)

    def take_out(self, vendor: EmailArrayClient, row: CatchAll) -> None:
        """Switch it off."""
        vendor.domains.update(row.mail_domain.domain, catch_all="")

    def find(self, vendor: EmailArrayClient, row: CatchAll) -> str | None:
        """Return where the vendor sends it; a plain switch answers with our own target."""
        found = vendor.domains.info(row.mail_domain.domain).catch_all
        if found in {"", "0"}:
            return None
        return found if "@" in found else row.wanted_target or row.target

    def exchange(self, vendor: EmailArrayClient, row: CatchAll) -> None:
        """Name another target; one call does it."""
        self._set(vendor, row, row.wanted_target)

    def finish_exchange(self, vendor: EmailArrayClient, row: CatchAll) -> str:
        """Name the new target again: it is off, which nobody asked for."""
        self._set(vendor, row, row.wanted_target)
        return row.wanted_target

    def _set(self, vendor: EmailArrayClient, row: CatchAll, target: str) -> None:
        domain = row.mail_domain.domain
        vendor.domains.update(domain, catch_all=target)
        # The vendor does not say what it takes for a catch-all: only what it keeps counts.
        kept = vendor.domains.info(domain).catch_all
        if kept in {"", "0"}:
            raise Rejected("updateDomain", detail="the catch-all was not kept")

    def field_of(self, error: EmailArrayError) -> str:
        """Return the one field there is."""
        return "target" if isinstance(error, Rejected) else ""


ALIASES = Aliases()
CATCH_ALLS = CatchAlls()


def add(mail_domain: MailDomain, local_part: str, target: str, actor: Actor) -> Alias:
    """
    Add an alias; it stays ADDING where the vendor gave no clear answer.

    :raises UnableToAddAlias: with a reason fit for the customer
    """
    return elements.put_in(ALIASES, _reserve(mail_domain, local_part, target, actor), actor)


@transaction.atomic
def _reserve(
    mail_domain: MailDomain,
    local_part: str,
    target: str,
    actor: Actor,
    replaces: Alias | None = None,
) -> Alias:
    domain = room.lock(mail_domain)
    problem = address_room.for_new_alias(domain, local_part, target, replacing=replaces)
    if problem:
        raise UnableToAddAlias(problem.message, field=problem.field, code=problem.code)
    alias = Alias(
        mail_domain=domain,
        local_part=local_part,
        target=target,
        replaces=replaces,
        state=State.ADDING,
    )
    alias.begin(actor, at=timezone.now())
    alias.save()
    return alias


def change(alias: Alias, local_part: str, target: str, actor: Actor) -> Alias:
    """
    Give an alias another name, another target, or both; unsettled where there was no clear answer.

    :raises UnableToChangeAlias: with a reason fit for the customer
    """
    if local_part != alias.local_part:
        return _rename(alias, local_part, target, actor)
    with transaction.atomic(durable=True):
        row = elements.changeable(ALIASES, alias)
        if row.state == State.PRESENT and target.lower() == row.target.lower():
            return row
        problem = address_room.for_target(row.mail_domain, local_part, target, replacing=row)
        if problem:
            raise UnableToChangeAlias(problem.message, field=problem.field, code=problem.code)
        is_lost = row.state == State.ABSENT
        if is_lost:
            row.target = target
            row.begin_adding()
        else:
            row.wanted_target = target
        row.begin(actor, at=timezone.now())
        row.save()
    if not is_lost:
        return elements.exchange(ALIASES, row, actor)
    try:
        return elements.put_in(ALIASES, row, actor)
    except UnableToAddAlias as error:
        raise _as_change(error) from error


def _rename(alias: Alias, local_part: str, target: str, actor: Actor) -> Alias:
    """Add the new name before the old one goes, so that no mail is turned away in between."""
    try:
        with transaction.atomic(durable=True):
            old = elements.changeable(ALIASES, alias)
            new = _reserve(old.mail_domain, local_part, target, actor, replaces=old)
        new = elements.put_in(ALIASES, new, actor)
    except UnableToAddAlias as error:
        raise _as_change(error) from error
    if new.state == State.PRESENT:
        _delete_replaced(new, actor)
    return new


def _delete_replaced(new: Alias, actor: Actor) -> None:
    old = rows_of(ALIASES).filter(replaced_by=new).first()
    if old is None:
        return
    try:
        elements.remove(ALIASES, old, actor, replaced_by=new.address)
    except UnableToChangeAlias as error:
        raise UnableToChangeAlias(
            _("%(new)s works now, but %(old)s is still there. %(reason)s")
            % {"new": new.address, "old": old.address, "reason": error.user_message},
            code="old_kept",
        ) from error


def _as_change(error: UnableToAddAlias) -> UnableToChangeAlias:
    return UnableToChangeAlias(error.user_message, field=error.field, code=error.code)


def delete(alias: Alias, actor: Actor) -> Alias:
    """
    Delete an alias; it stays REMOVING where there was no clear answer.

    :raises UnableToChangeAlias: with a reason fit for the customer
    """
    return elements.remove(ALIASES, alias, actor)


def set_catch_all(mail_domain: MailDomain, target: str, actor: Actor) -> CatchAll | None:
    """
    Send all other mail of a domain to one address, or turn it away (an empty target).

    Returns the catch-all, unsettled where there was no clear answer; None where there is none.

    :raises UnableToChangeCatchAll: with a reason fit for the customer
    """
    row = rows_of(CATCH_ALLS).filter(mail_domain=mail_domain).first()
    if row is None:
        return _switch_on(mail_domain, target, actor) if target else None
    if not target:
        gone = elements.remove(CATCH_ALLS, row, actor)
        return gone if gone.pk else None
    with transaction.atomic(durable=True):
        row = elements.changeable(CATCH_ALLS, row)
        if row.target.lower() == target.lower():
            return row
        _check_catch_all(row.mail_domain, target)
        row.wanted_target = target
        row.begin(actor, at=timezone.now())
        row.save()
    return elements.exchange(CATCH_ALLS, row, actor)


def _switch_on(mail_domain: MailDomain, target: str, actor: Actor) -> CatchAll:
    with transaction.atomic(durable=True):
        domain = room.lock(mail_domain)
        problem = room.for_any_change(domain)
        if problem:
            raise UnableToChangeCatchAll(problem.message)
        _check_catch_all(domain, target)
        row = CatchAll(mail_domain=domain, target=target, state=State.ADDING)
        row.begin(actor, at=timezone.now())
        row.save()
    return elements.put_in(CATCH_ALLS, row, actor)


def _check_catch_all(domain: MailDomain, target: str) -> None:
    problem = address_room.for_catch_all(domain, target)
    if problem:
        raise UnableToChangeCatchAll(problem.message, field=problem.field, code=problem.code)
