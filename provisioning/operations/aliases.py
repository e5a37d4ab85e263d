"""What a customer does to aliases, the catch-all and alias domains; it happens at once."""

from __future__ import annotations

import re

from clients.actors import Actor
from core.sentences import sentence as _
from provisioning import tasks
from provisioning.emailarray import AlreadyExists
from provisioning.models import Alias, AliasDomain, CatchAll, Element, MailDomain
from provisioning.operations.addresses import (
    BadAddress,
    domain_name,
    own_local_part,
    whole_address,
)
from provisioning.workers import alias_domains, aliases
from provisioning.workers.alias_domains import (
    UnableToAddAliasDomain,
    UnableToChangeAliasDomain,
)
from provisioning.workers.aliases import (
    UnableToAddAlias,
    UnableToChangeAlias,
    UnableToChangeCatchAll,
)

__all__ = [
    "UnableToAddAlias",
    "UnableToAddAliasDomain",
    "UnableToChangeAlias",
    "UnableToChangeAliasDomain",
    "UnableToChangeCatchAll",
    "add_alias",
    "add_alias_domain",
    "delete_alias",
    "delete_alias_domain",
    "edit_alias",
    "set_catch_all",
]

LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?=.{{4,253}}$)({LABEL}\.)+(?!\d+$){LABEL}")


def add_alias(*, mail_domain: MailDomain, local_part: str, target: str, actor: Actor) -> Alias:
    """
    Add an alias; `local_part` and `target` may be full addresses or names of this domain.

    Where the vendor gave no clear answer the alias is ADDING, and the vendor is asked.

    :raises UnableToAddAlias: with a reason fit for the customer; nothing was left behind
    """
    try:
        name, address = _read(mail_domain, local_part, target)
    except UnableToChangeAlias as error:
        raise UnableToAddAlias(error.user_message, field=error.field, code=error.code) from error
    try:
        alias = aliases.add(mail_domain, name, address, actor)
    except UnableToAddAlias as error:
        _look_if_taken(mail_domain, error.code)
        raise
    _settle_if_unclear(alias, aliases.ALIASES.noun)
    return alias


def edit_alias(*, alias: Alias, local_part: str, target: str, actor: Actor) -> Alias:
    """
    Give an alias another name, another target or both; what is the same stays untouched.

    A new name is there before the old one goes. The alias returned is the one with the new name.
    Where the vendor gave no clear answer it is unsettled, and the vendor is asked.

    :raises UnableToChangeAlias: with a reason fit for the customer
    """
    name, address = _read(alias.mail_domain, local_part, target, known=alias.local_part)
    try:
        changed = aliases.change(alias, name, address, actor)
    except UnableToChangeAlias as error:
        _look_if_taken(alias.mail_domain, error.code)
        raise
    _settle_if_unclear(changed, aliases.ALIASES.noun)
    return changed


def delete_alias(*, alias: Alias, actor: Actor) -> Alias:
    """
    Delete an alias; it is REMOVING where the vendor gave no clear answer, else without `pk`.

    :raises UnableToChangeAlias: with a reason fit for the customer
    """
    gone = aliases.delete(alias, actor)
    _settle_if_unclear(gone, aliases.ALIASES.noun)
    return gone


def set_catch_all(*, mail_domain: MailDomain, target: str, actor: Actor) -> CatchAll | None:
    """
    Send mail to addresses that do not exist to one address; an empty `target` turns it away.

    Returns None where there is no catch-all any more.

    :raises UnableToChangeCatchAll: with a reason fit for the customer
    """
    if target:
        try:
            target = whole_address(target, mail_domain)
        except BadAddress as error:
            raise UnableToChangeCatchAll(error.user_message, field="target") from error
    row = aliases.set_catch_all(mail_domain, target, actor)
    if row is not None:
        _settle_if_unclear(row, aliases.CATCH_ALLS.noun)
    return row


def add_alias_domain(*, mail_domain: MailDomain, name: str, actor: Actor) -> AliasDomain:
    """
    Let every address of a domain work under another domain's name, too.

    :raises UnableToAddAliasDomain: with a reason fit for the customer; nothing was left behind
    """
    plain = domain_name(name)
    if not DOMAIN.fullmatch(plain):
        raise UnableToAddAliasDomain(
            _("“%(typed)s” is not a domain name.") % {"typed": name.strip()[:100]}, field="domain"
        )
    row = alias_domains.add(mail_domain, plain, actor)
    _settle_if_unclear(row, alias_domains.ALIAS_DOMAINS.noun)
    return row


def delete_alias_domain(*, alias_domain: AliasDomain, actor: Actor) -> AliasDomain:
    """
    Let a domain's addresses no longer work under this name.

    :raises UnableToChangeAliasDomain: with a reason fit for the customer
    """
    gone = alias_domains.delete(alias_domain, actor)
    _settle_if_unclear(gone, alias_domains.ALIAS_DOMAINS.noun)
    return gone


def _read(
    mail_domain: MailDomain, local_part: str, target: str, *, known: str | None = None
) -> tuple[str, str]:
    # The vendor may have taken a name that we would not: it can be kept.
    try:
        name = known if local_part == known else own_local_part(local_part, mail_domain)
    except BadAddress as error:
        raise UnableToChangeAlias(
            error.user_message, field="local_part", code=error.code
        ) from error
    try:
        return name, whole_address(target, mail_domain)
    except BadAddress as error:
        raise UnableToChangeAlias(error.user_message, field="target", code=error.code) from error


def _look_if_taken(mail_domain: MailDomain, code: str) -> None:
    if code == AlreadyExists.cause:
        # The vendor has an address that we do not know of: show it.
        tasks.wake(tasks.refresh_domain, mail_domain_id=mail_domain.pk)


def _settle_if_unclear(row: Element, noun: str) -> None:
    if row.is_unsettled and row.pk:
        tasks.wake(tasks.settle_element, noun=noun, element_id=row.pk)
