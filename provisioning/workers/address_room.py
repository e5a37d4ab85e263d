"""Room for an alias, a forward or a list: limits, collisions, targets; under the domain's lock."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from core.sentences import sentence as _
from provisioning import queries
from provisioning.models import Alias, DistributionList, Forward, MailDomain
from provisioning.workers import mail_routes, room
from provisioning.workers.room import Problem


def for_new_alias(
    domain: MailDomain, local_part: str, target: str, *, replacing: Alias | None = None
) -> Problem | None:
    """Say why an alias cannot be added, if so; one that replaces another takes its room."""
    problem = room.for_any_change(domain)
    if problem:
        return problem
    if replacing is None:
        problem = _for_count(
            domain.max_aliases,
            domain.aliases.count(),
            _("Aliases are not part of this plan."),
            _("All %(limit)d aliases of your plan are in use. Delete one or upgrade to add more."),
        )
    return (
        problem
        or for_name(domain, local_part)
        or for_target(domain, local_part, target, replacing=replacing)
    )


def for_new_list(domain: MailDomain, local_part: str) -> Problem | None:
    """Say why a list cannot be added, if so."""
    return (
        room.for_any_change(domain)
        or _for_count(
            domain.max_distribution_lists,
            domain.distribution_lists.count(),
            _("Distribution lists are not part of this plan."),
            _("All %(limit)d lists of your plan are in use. Delete one or upgrade to add more."),
        )
        or for_name(domain, local_part)
    )


def _for_count(limit: int | None, used: int, none_sold: str, full: str) -> Problem | None:
    if limit is None or used < limit:
        return None
    if limit == 0:
        return Problem(none_sold, code="not_sold")
    return Problem(full % {"limit": limit}, code="full")


def for_name(domain: MailDomain, local_part: str) -> Problem | None:
    """Say what has this address already, if anything."""
    taken_by = queries.address_taken_by(domain, local_part)
    if not taken_by:
        return None
    return Problem(
        _(room.TAKEN_BY[taken_by]) % {"address": f"{local_part}@{domain.domain}"},
        "local_part",
        "taken",
    )


def for_target(
    domain: MailDomain, local_part: str, target: str, *, replacing: Alias | None = None
) -> Problem | None:
    """Say why an alias cannot lead there, if so."""
    names = mail_routes.names_of(domain)
    is_inside = mail_routes.local_part_in(names, target) is not None
    if not is_inside and not settings.ALIAS_EXTERNAL_TARGETS:
        return Problem(
            _("An alias of this service leads to an address of %(domain)s.")
            % {"domain": domain.domain},
            "target",
            "external",
        )
    itself = f"{local_part}@{domain.domain}"
    if mail_routes.local_part_in(names, target) == local_part:
        return Problem(
            _("%(address)s cannot lead to itself.") % {"address": itself}, "target", "loop"
        )
    if mail_routes.is_missing(domain, target, names):
        return _missing(target)
    leaving_out = replacing.pk if replacing else None
    return _for_circle(mail_routes.circle(domain, local_part, [target], leaving_out=leaving_out))


def for_new_forward(domain: MailDomain, local_part: str, target: str) -> Problem | None:
    """Say why a mailbox's mail cannot be copied there, if so."""
    problem = room.for_any_change(domain)
    if problem:
        return problem
    address = f"{local_part}@{domain.domain}"
    if not domain.mailboxes.live().filter(local_part=local_part).exists():
        return Problem(
            _("There is no mailbox %(address)s.") % {"address": address}, "local_part", "missing"
        )
    names = mail_routes.names_of(domain)
    if mail_routes.local_part_in(names, target) == local_part:
        return Problem(
            _("%(address)s cannot send copies to itself.") % {"address": address},
            "target",
            "loop",
        )
    if Forward.objects.filter(
        mail_domain=domain, local_part=local_part, target__iexact=target
    ).exists():
        return Problem(
            _("%(address)s sends copies to %(target)s already.")
            % {"address": address, "target": target},
            "target",
            "taken",
        )
    if mail_routes.is_missing(domain, target, names):
        return _missing(target)
    return _for_circle(mail_routes.circle(domain, local_part, [target]))


def for_members(distribution_list: DistributionList, addresses: Iterable[str]) -> Problem | None:
    """Say why these addresses cannot join the list, if so; the first problem is told."""
    domain, local_part = distribution_list.mail_domain, distribution_list.local_part
    names = mail_routes.names_of(domain)
    new = list(addresses)
    for address in new:
        if mail_routes.local_part_in(names, address) == local_part:
            return Problem(_("A list cannot be a member of itself."), "addresses", "loop")
    inside = [address for address in new if mail_routes.local_part_in(names, address) is not None]
    for address in _missing_of(domain, inside, names):
        return _missing(address, field="addresses")
    return _for_circle(mail_routes.circle(domain, local_part, new), field="addresses")


def _missing_of(domain: MailDomain, addresses: list[str], names: list[str]) -> list[str]:
    if not addresses or hasattr(domain, "catch_all"):
        return []
    known = {
        *domain.mailboxes.live().values_list("local_part", flat=True),
        *domain.aliases.values_list("local_part", flat=True),
        *domain.distribution_lists.values_list("local_part", flat=True),
    }
    return [each for each in addresses if mail_routes.local_part_in(names, each) not in known]


def _missing(address: str, *, field: str = "target") -> Problem:
    return Problem(
        _("There is no mailbox, alias or list %(address)s.") % {"address": address},
        field,
        "missing",
    )


def _for_circle(way: list[str], *, field: str = "target") -> Problem | None:
    if not way:
        return None
    return Problem(
        _("Mail would go in circles: %(way)s.") % {"way": " \N{RIGHTWARDS ARROW} ".join(way)},
        field,
        "loop",
    )


def for_catch_all(domain: MailDomain, target: str) -> Problem | None:
    """Say why all other mail cannot go there, if so: inside it has to be an address that exists."""
    local_part = mail_routes.local_part_in(mail_routes.names_of(domain), target)
    if local_part is None and not settings.ALIAS_EXTERNAL_TARGETS:
        return Problem(
            _("Choose an address of %(domain)s.") % {"domain": domain.domain}, "target", "external"
        )
    if local_part is not None and not queries.address_taken_by(domain, local_part):
        return _missing(target)
    return None
