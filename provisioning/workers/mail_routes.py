"""Where mail goes inside a domain: what leads to an address, and whether it would go in circles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Lower

from provisioning import queries
from provisioning.models import Alias, DistributionListMember, Forward, MailDomain


def names_of(domain: MailDomain) -> list[str]:
    """Return the names under which the domain's addresses work, its own first."""
    return [domain.domain.lower(), *domain.alias_domains.values_list("domain", flat=True)]


def local_part_in(domain_names: list[str], address: str) -> str | None:
    """Return the part before the @ where an address is the domain's own, else None."""
    local_part, _at, host = address.lower().rpartition("@")
    return local_part if host in domain_names else None


def is_missing(domain: MailDomain, address: str, names: list[str]) -> bool:
    """Tell whether an address of this domain is one that takes no mail."""
    local_part = local_part_in(names, address)
    if local_part is None or hasattr(domain, "catch_all"):
        return False
    return queries.address_taken_by(domain, local_part) in {"", queries.TRASHED}


def circle(
    domain: MailDomain, local_part: str, targets: Iterable[str], *, leaving_out: int | None = None
) -> list[str]:
    """
    Return the way mail would go round if `local_part` led to one of the targets, or nothing.

    The way begins and ends at the same address. `leaving_out` is an alias that is about to lead
    elsewhere. Followed are aliases, forwards and lists; the search goes back from the address,
    one step and three queries at a time.
    """
    names = names_of(domain)
    wanted = {inside for target in targets if (inside := local_part_in(names, target)) is not None}
    if not wanted:
        return []
    # For each address that leads to `local_part`: the next one on the way there.
    onward: dict[str, str] = {local_part: ""}
    frontier = [local_part]
    while frontier and not wanted & onward.keys():
        steps = _steps_to(domain, frontier, names, leaving_out)
        frontier = [source for source in steps if source not in onward]
        onward |= {source: steps[source] for source in frontier}
    back = next(iter(sorted(wanted & onward.keys())), None)
    if back is None:
        return []
    way = [local_part]
    step: str = back
    while step:
        way.append(step)
        step = onward[step]
    return [f"{each}@{domain.domain}" for each in way]


def _steps_to(
    domain: MailDomain, frontier: list[str], names: list[str], leaving_out: int | None
) -> dict[str, str]:
    """Return what leads to these addresses in one step, and to which of them."""
    addresses = {f"{local_part}@{name}": local_part for local_part in frontier for name in names}
    aliases = Alias.objects.filter(mail_domain=domain)
    if leaving_out is not None:
        aliases = aliases.exclude(pk=leaving_out)
    found = [
        *_leading("local_part", "target", aliases, addresses),
        *_leading("local_part", "target", Forward.objects.filter(mail_domain=domain), addresses),
        *_leading(
            "distribution_list__local_part",
            "address",
            DistributionListMember.objects.filter(
                distribution_list__mail_domain=domain, is_wanted=True
            ),
            addresses,
        ),
    ]
    return {source.lower(): addresses[target] for source, target in found}


def _leading(
    source: str, target: str, rows: QuerySet[Any], addresses: dict[str, str]
) -> list[tuple[str, str]]:
    found = rows.annotate(leads_to=Lower(target)).filter(leads_to__in=addresses)
    return list(found.values_list(source, "leads_to"))
