"""What a customer does to distribution lists; large changes run in the background."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from clients.actors import Actor
from core.sentences import counted as ngettext
from provisioning import tasks
from provisioning.emailarray import AlreadyExists
from provisioning.models import DistributionList, Element, MailDomain
from provisioning.operations.addresses import BadAddress, own_local_part, whole_address
from provisioning.workers import lists
from provisioning.workers.lists import UnableToAddList, UnableToChangeList

__all__ = [
    "UnableToAddList",
    "UnableToChangeList",
    "add_list",
    "change_members",
    "delete_list",
    "fingerprint",
    "finish_list",
    "members_of",
]

# More changes than this do not fit into the time of one click.
AT_ONCE = 20
MOST_JOINING = 200


def add_list(
    *, mail_domain: MailDomain, local_part: str, members: Iterable[str], actor: Actor
) -> DistributionList:
    """
    Add a list with its members; up to 20 join at once, more in the background.

    A member that was refused does not undo the list: its row says why, and `finish_list` tries
    again. Where the vendor gave no clear answer the list is ADDING, and the vendor is asked.

    :raises UnableToAddList: with a reason fit for the customer; nothing was left behind
    """
    try:
        name = own_local_part(local_part, mail_domain)
    except BadAddress as error:
        raise UnableToAddList(error.user_message, field="local_part", code=error.code) from error
    try:
        wanted = _read(members, mail_domain)
        row = lists.add(mail_domain, name, wanted, actor)
    except UnableToChangeList as error:
        raise UnableToAddList(error.user_message, field=error.field, code=error.code) from error
    except UnableToAddList as error:
        if error.code == AlreadyExists.cause:
            # The vendor has a list that we do not know of: show it.
            tasks.wake(tasks.refresh_domain, mail_domain_id=mail_domain.pk)
        raise
    if row.state == Element.State.PRESENT:
        _carry_out(row, len(wanted))
    else:
        tasks.wake(tasks.settle_element, noun=lists.LISTS.noun, element_id=row.pk)
    return row


def change_members(
    *,
    distribution_list: DistributionList,
    members: Iterable[str],
    actor: Actor,
    seen: str | None = None,
) -> DistributionList:
    """
    Let exactly these addresses be on a list; up to 20 changes at once, more in the background.

    `seen` is the `fingerprint` of the members the change was made from; where others have come
    or gone since, nothing is changed. What became of each member stands in its row.

    :raises UnableToChangeList: with a reason fit for the customer; nothing was changed
    """
    domain = distribution_list.mail_domain
    known = set(members_of(distribution_list))
    wanted = _read(members, domain, known)
    changes = lists.change(
        distribution_list,
        wanted,
        actor,
        is_seen=None if seen is None else lambda now: fingerprint(now) == seen,
    )
    _carry_out(distribution_list, changes)
    return distribution_list


def finish_list(*, distribution_list: DistributionList, actor: Actor) -> DistributionList:
    """
    Try the changes again that were refused.

    :raises UnableToChangeList: with a reason fit for the customer
    """
    changes = lists.change(distribution_list, members_of(distribution_list), actor)
    _carry_out(distribution_list, changes)
    return distribution_list


def delete_list(*, distribution_list: DistributionList, actor: Actor) -> DistributionList:
    """
    Delete a list with its members; it is REMOVING where there was no clear answer, else no `pk`.

    :raises UnableToChangeList: with a reason fit for the customer
    """
    gone = lists.delete(distribution_list, actor)
    if gone.pk and gone.is_unsettled:
        tasks.wake(tasks.settle_element, noun=lists.LISTS.noun, element_id=gone.pk)
    return gone


def members_of(distribution_list: DistributionList) -> list[str]:
    """Return who shall be on a list."""
    wanted = distribution_list.members.filter(is_wanted=True).order_by("address")
    return list(wanted.values_list("address", flat=True))


def fingerprint(members: Iterable[str]) -> str:
    """Return a short text that is the same for the same members."""
    return hashlib.sha256("\n".join(sorted(members)).encode()).hexdigest()[:16]


def _read(
    members: Iterable[str], mail_domain: MailDomain, known: set[str] | None = None
) -> list[str]:
    """Return each address once, in one spelling; whoever is on the list already stays as it is."""
    known = known or set()
    wanted: dict[str, None] = {}
    for typed in members:
        try:
            address = typed if typed in known else whole_address(typed, mail_domain)
        except BadAddress as error:
            raise UnableToChangeList(
                error.user_message, field="addresses", code=error.code
            ) from error
        wanted[address] = None
    joining = len(wanted.keys() - known)
    if joining > MOST_JOINING:
        raise UnableToChangeList(
            ngettext(
                "%(count)d address is more than can join at once. Add up to %(most)d at a time.",
                "%(count)d addresses are more than can join at once. Add up to %(most)d at a time.",
                joining,
            )
            % {"count": joining, "most": MOST_JOINING},
            field="addresses",
            code="too_many",
        )
    return list(wanted)


def _carry_out(row: DistributionList, changes: int) -> None:
    if changes > AT_ONCE:
        tasks.wake(tasks.change_list, list_id=row.pk)
        return
    lists.run(row.pk)
    for member_id in row.members.exclude(unsettled_since=None).values_list("pk", flat=True):
        tasks.wake(tasks.settle_element, noun=lists.MEMBERS.noun, element_id=member_id)
