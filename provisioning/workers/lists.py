"""Distribution lists and their members at the vendor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import models, transaction
from django.utils import timezone

from clients.actors import Actor
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning.emailarray import (
    AlreadyExists,
    AuthenticationFailed,
    EmailArrayClient,
    NotFound,
    Unreachable,
)
from provisioning.models import DistributionList, DistributionListMember, Element, MailDomain
from provisioning.models.element import ElementQuerySet
from provisioning.workers import address_room, elements, room
from provisioning.workers.element_kind import Kind, note

State = Element.State
LEASE = timedelta(seconds=90)


class UnableToAddList(OperationError):
    """The list was not added, and nothing was left behind."""


class UnableToChangeList(OperationError):
    """The list is as it was."""


class UnableToChangeMember(OperationError):
    """One member did not join or leave; its row says why."""


class Lists(Kind[DistributionList]):
    """Lists; their members are a set of their own."""

    noun = "list"
    unable_to_add = UnableToAddList
    unable_to_change = UnableToChangeList

    def rows(self) -> ElementQuerySet[DistributionList]:
        """Return all lists."""
        return DistributionList.objects.all()

    def domain(self, row: DistributionList) -> MailDomain:
        """Return its domain."""
        return row.mail_domain

    def name(self, row: DistributionList) -> str:
        """Return its address."""
        return row.address

    def facts(self, row: DistributionList) -> dict[str, object]:
        """Return name and members."""
        members = row.members.filter(is_wanted=True).values_list("address", flat=True)
        return {"local_part": row.local_part, "members": sorted(members)}

    def put_in(self, vendor: EmailArrayClient, row: DistributionList) -> None:
        """Add it, empty; one that is there and empty is taken for the same request sent twice."""
        domain = row.mail_domain.domain
        try:
            vendor.lists.add(domain, row.local_part, row.list_type)
        except AlreadyExists:
            if self.find(vendor, row) is None or vendor.lists.members(domain, row.local_part):
                raise

    def take_out(self, vendor: EmailArrayClient, row: DistributionList) -> None:
        """Remove it with its members."""
        vendor.lists.remove(row.mail_domain.domain, row.local_part)

    def find(self, vendor: EmailArrayClient, row: DistributionList) -> str | None:
        """Return its address where the vendor has it."""
        listed = vendor.lists.list(row.mail_domain.domain)
        is_there = any(each.name.lower() == row.local_part for each in listed)
        return row.address if is_there else None

    def is_ours(self, row: DistributionList, found: str) -> bool:  # noqa: ARG002
        """Say no: what may be ours has been told apart by `put_in`."""
        return False

    def followed_up(self, row: DistributionList, actor: Actor) -> None:  # noqa: ARG002
        """Let the members join that have waited for their list."""
        run(row.pk)


class Members(Kind[DistributionListMember]):
    """Addresses on a list. The list's own line in the activity log names them all."""

    noun = "member"
    related = (
        "distribution_list__mail_domain__server",
        "distribution_list__mail_domain__client",
        "unsettled_by",
        "unsettled_for",
    )
    keeps_refused = True
    notes_success = False
    unable_to_add = UnableToChangeMember
    unable_to_change = UnableToChangeMember

    def rows(self) -> ElementQuerySet[DistributionListMember]:
        """Return all members of all lists."""
        return DistributionListMember.objects.all()

    def domain(self, row: DistributionListMember) -> MailDomain:
        """Return the domain of its list."""
        return row.distribution_list.mail_domain

    def name(self, row: DistributionListMember) -> str:
        """Return its address."""
        return row.address

    def facts(self, row: DistributionListMember) -> dict[str, object]:
        """Return list and address."""
        return {"list": row.distribution_list.local_part, "address": row.address}

    def put_in(self, vendor: EmailArrayClient, row: DistributionListMember) -> None:
        """Put it on the list."""
        parent = row.distribution_list
        vendor.lists.add_member(parent.mail_domain.domain, parent.local_part, row.address)

    def take_out(self, vendor: EmailArrayClient, row: DistributionListMember) -> None:
        """Take it off the list."""
        parent = row.distribution_list
        vendor.lists.remove_member(parent.mail_domain.domain, parent.local_part, row.address)

    def find(self, vendor: EmailArrayClient, row: DistributionListMember) -> str | None:
        """Return its address where it is on the vendor's list."""
        parent = row.distribution_list
        try:
            listed = vendor.lists.members(parent.mail_domain.domain, parent.local_part)
        except NotFound:
            return None
        return next((each for each in listed if each.lower() == row.address.lower()), None)


LISTS = Lists()
MEMBERS = Members()


def add(
    mail_domain: MailDomain, local_part: str, members: Iterable[str], actor: Actor
) -> DistributionList:
    """
    Add a list; its members wait for `run`. ADDING where the vendor gave no clear answer.

    :raises UnableToAddList: with a reason fit for the customer
    """
    return elements.put_in(LISTS, _reserve(mail_domain, local_part, members, actor), actor)


@transaction.atomic(durable=True)
def _reserve(
    mail_domain: MailDomain, local_part: str, members: Iterable[str], actor: Actor
) -> DistributionList:
    domain = room.lock(mail_domain)
    wanted = sorted(set(members))
    row = DistributionList(mail_domain=domain, local_part=local_part, state=State.ADDING)
    problem = address_room.for_new_list(domain, local_part) or address_room.for_members(row, wanted)
    if problem:
        raise UnableToAddList(problem.message, field=problem.field, code=problem.code)
    row.changes = len(wanted)
    row.begin(actor, at=timezone.now())
    row.save()
    _want(row, wanted, actor)
    return row


def _want(row: DistributionList, addresses: Iterable[str], actor: Actor) -> None:
    new = []
    for address in addresses:
        member = DistributionListMember(distribution_list=row, address=address, state=State.ABSENT)
        member.asked_by(actor)
        new.append(member)
    DistributionListMember.objects.bulk_create(new)


def change(
    distribution_list: DistributionList,
    wanted: Iterable[str],
    actor: Actor,
    *,
    is_seen: Callable[[Iterable[str]], bool] | None = None,
) -> int:
    """
    Set down who shall be on a list; return how many changes `run` has to make.

    `is_seen` is shown who is on it now, under the lock: a "no" stops the change.

    :raises UnableToChangeList: with a reason fit for the customer
    """
    with transaction.atomic(durable=True):
        row = elements.changeable(LISTS, distribution_list)
        rows = {member.address: member for member in row.members.all()}
        before = {address for address, member in rows.items() if member.is_wanted}
        if is_seen is not None and not is_seen(before):
            raise UnableToChangeList(
                _("The members have changed in the meantime. Look at the differences again."),
                code="stale",
            )
        after = set(wanted)
        joining = after - before
        problem = address_room.for_members(row, sorted(joining))
        if problem:
            raise UnableToChangeList(problem.message, field=problem.field, code=problem.code)
        _set_down(row, rows, after, actor)
        row.changes = row.members.waiting().count()
        row.save(update_fields=["changes"])
        if before != after:
            note(
                LISTS,
                row,
                "changed",
                actor,
                before={"local_part": row.local_part, "members": sorted(before)},
                after={"local_part": row.local_part, "members": sorted(after)},
            )
        return row.changes


def _set_down(
    row: DistributionList,
    rows: dict[str, DistributionListMember],
    after: set[str],
    actor: Actor,
) -> None:
    forgotten = []
    for address, member in rows.items():
        member.is_wanted = address in after
        if member.state == State.ABSENT and not member.is_wanted:
            forgotten.append(member.pk)  # it never got there: nothing to take off
            continue
        if not member.is_unsettled:
            member.problem = ""
            member.asked_by(actor)
    row.members.filter(pk__in=forgotten).delete()
    DistributionListMember.objects.bulk_update(
        [member for member in rows.values() if member.pk not in forgotten],
        ["is_wanted", "problem", "unsettled_by", "unsettled_for"],
        batch_size=200,
    )
    _want(row, sorted(after - rows.keys()), actor)


def delete(distribution_list: DistributionList, actor: Actor) -> DistributionList:
    """
    Delete a list; it stays REMOVING where there was no clear answer, else it has no `pk`.

    :raises UnableToChangeList: with a reason fit for the customer
    """
    return elements.remove(LISTS, distribution_list, actor)


def run(list_id: int) -> None:
    """
    Make the changes that wait on a list, one member at a time; nothing where a worker is at it.

    A vendor that cannot be reached ends the round: what is left says so and can be finished. A
    member that was cut off in the middle is found unsettled and is asked about, not repeated.
    """
    claim = uuid4()
    if not _claim(list_id, claim, now=timezone.now()):
        return
    try:
        while (member := _next(list_id)) is not None:
            if not _renew(list_id, claim, now=timezone.now()):
                return
            reason = _do(member)
            if reason:
                _give_up(list_id, reason)
    finally:
        DistributionList.objects.filter(pk=list_id, claim=claim).update(
            claim=None, lease_until=None
        )


def _next(list_id: int) -> DistributionListMember | None:
    waiting = DistributionListMember.objects.waiting().filter(distribution_list=list_id)
    return waiting.select_related(*MEMBERS.related).order_by("pk").first()


def _do(member: DistributionListMember) -> str:
    """Make one change; return the reason where none of the others would fare better."""
    actor = member.asker
    try:
        if member.is_wanted:
            _join(member, actor)
        else:
            elements.remove(MEMBERS, member, actor)
    except UnableToChangeMember as error:
        # It was not even tried, or nobody is there: so it would go with all the others.
        cause = error.__cause__
        is_about_all = cause is None or isinstance(cause, (Unreachable, AuthenticationFailed))
        return error.user_message if is_about_all else ""
    return ""


def _join(member: DistributionListMember, actor: Actor) -> None:
    with transaction.atomic(durable=True):
        row = elements.changeable(MEMBERS, member)
        if row.state != State.ABSENT:
            return
        row.begin_adding()
        row.begin(actor, at=timezone.now())
        row.save()
    elements.put_in(MEMBERS, row, actor)


def _give_up(list_id: int, reason: str) -> None:
    rows = DistributionListMember.objects.waiting().filter(distribution_list=list_id)
    rows.update(problem=reason)


def _claim(list_id: int, claim: UUID, *, now: datetime) -> bool:
    free = models.Q(lease_until=None) | models.Q(lease_until__lte=now)
    there = DistributionList.objects.filter(free, pk=list_id, state=State.PRESENT)
    return bool(there.update(claim=claim, lease_until=now + LEASE))


def _renew(list_id: int, claim: UUID, *, now: datetime) -> bool:
    held = DistributionList.objects.filter(pk=list_id, claim=claim)
    return bool(held.update(lease_until=now + LEASE))


def with_work(*, now: datetime) -> list[int]:
    """Return the ids of the lists whose members are to be changed by nobody yet."""
    return list(DistributionList.objects.with_work(at=now).values_list("pk", flat=True)[:200])
