"""Aliases, forwards and lists in every state, and the addresses of their pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.utils import timezone

from billing.models import Service
from core.sentences import sentence
from provisioning.models import (
    Alias,
    AliasDomain,
    CatchAll,
    DistributionList,
    DistributionListMember,
    Forward,
)

REFUSED = sentence(
    "%(name)s is gone from the mail server: its new target was refused, and the old one could "
    "not be put back. Save it again to finish. %(reason)s"
) % {"name": "press@acme.test", "reason": sentence("The mail server refused.")}


def fill_addresses(service: Service) -> None:
    """Add some of each to a domain whose mailboxes are there."""
    domain, now = service.mail_domain, timezone.now()
    alias = partial(Alias.objects.create, mail_domain=domain)
    alias(local_part="info", target="hello@acme.test")
    alias(local_part="jobs", target="a-rather-long-name.for-an-agency@recruiting.partner.test")
    alias(local_part="billing", target="accounts@acme.test", state="adding", unsettled_since=now)
    alias(local_part="press", target="anna@acme.test", state="absent", problem=REFUSED)
    CatchAll.objects.create(mail_domain=domain, target="hello@acme.test")
    AliasDomain.objects.create(mail_domain=domain, domain="acme.example")
    Forward.objects.create(mail_domain=domain, local_part="anna", target="ben@acme.test")
    Forward.objects.create(
        mail_domain=domain,
        local_part="support-and-customer-care",
        target="tickets@helpdesk.partner.test",
        state="removing",
        unsettled_since=now,
    )
    crew = DistributionList.objects.create(mail_domain=domain, local_part="crew")
    for name in ("anna", "ben", "carla", "dmitri"):
        DistributionListMember.objects.create(distribution_list=crew, address=f"{name}@acme.test")
    DistributionListMember.objects.create(
        distribution_list=crew,
        address="guest@partner.test",
        state="absent",
        problem=sentence("The mail server did not accept what was entered."),
    )
    moving = DistributionList.objects.create(
        mail_domain=domain,
        local_part="newsletter",
        changes=40,
        claim="00000000-0000-0000-0000-000000000000",
        lease_until=now + timedelta(days=1),
    )
    for number in range(30):
        DistributionListMember.objects.create(
            distribution_list=moving,
            address=f"reader{number}@partner.test",
            state="absent" if number < 12 else "present",
        )


def address_pages(path: Callable[..., str], service: Service, empty: Service) -> dict[str, str]:
    """Return every page of these kinds by a name fit for a file."""
    domain = service.mail_domain
    alias = domain.aliases.get(local_part="press")
    forward = domain.forwards.filter(local_part="anna").first()
    name = domain.alias_domains.get()
    crew = domain.distribution_lists.get(local_part="crew")
    moving = domain.distribution_lists.get(local_part="newsletter")
    assert forward is not None
    return {
        "aliases": path("aliases"),
        "aliases-none": f"{path('aliases')}?search=nobody",
        "aliases-empty": path("aliases", empty),
        "alias-add": path("aliases-add"),
        "alias-edit": path("aliases-edit", alias_id=alias.pk),
        "alias-delete": path("aliases-delete", alias_id=alias.pk),
        "catch-all": path("aliases-catch-all"),
        "alias-domain-add": path("alias-domains-add"),
        "alias-domain-delete": path("alias-domains-delete", alias_domain_id=name.pk),
        "forwards": path("forwards"),
        "forwards-empty": path("forwards", empty),
        "forward-add": path("forwards-add"),
        "forward-delete": path("forwards-delete", forward_id=forward.pk),
        "lists": path("distribution-lists"),
        "lists-empty": path("distribution-lists", empty),
        "list-add": path("distribution-lists-add"),
        "list-edit": path("distribution-lists-edit", list_id=crew.pk),
        "list-under-way": path("distribution-lists-edit", list_id=moving.pk),
        "list-delete": path("distribution-lists-delete", list_id=crew.pk),
    }
