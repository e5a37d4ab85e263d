"""Alias domains at the vendor: other names for all addresses of a domain."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning.emailarray import EmailArrayClient, EmailArrayError, Rejected
from provisioning.models import AliasDomain, Element, MailDomain
from provisioning.models.element import ElementQuerySet
from provisioning.workers import elements, room
from provisioning.workers.element_kind import Kind


class UnableToAddAliasDomain(OperationError):
    """The alias domain was not added, and nothing was left behind."""


class UnableToChangeAliasDomain(OperationError):
    """The alias domain is as it was."""


class AliasDomains(Kind[AliasDomain]):
    """Names that mirror a domain."""

    noun = "alias_domain"
    unable_to_add = UnableToAddAliasDomain
    unable_to_change = UnableToChangeAliasDomain

    def rows(self) -> ElementQuerySet[AliasDomain]:
        """Return all alias domains."""
        return AliasDomain.objects.all()

    def domain(self, row: AliasDomain) -> MailDomain:
        """Return the domain it mirrors."""
        return row.mail_domain

    def name(self, row: AliasDomain) -> str:
        """Return its name."""
        return row.domain

    def facts(self, row: AliasDomain) -> dict[str, object]:
        """Return its name."""
        return {"domain": row.domain}

    def put_in(self, vendor: EmailArrayClient, row: AliasDomain) -> None:
        """Add it."""
        vendor.domains.add_alias_domain(row.mail_domain.domain, row.domain)

    def take_out(self, vendor: EmailArrayClient, row: AliasDomain) -> None:
        """Remove it."""
        vendor.domains.remove_alias_domain(row.mail_domain.domain, row.domain)

    def find(self, vendor: EmailArrayClient, row: AliasDomain) -> str | None:
        """Return its name where the vendor has it."""
        listed = vendor.domains.alias_domains(row.mail_domain.domain)
        return next((each.domain for each in listed if each.domain.lower() == row.domain), None)

    def field_of(self, error: EmailArrayError) -> str:
        """Return the one field there is."""
        return "domain" if isinstance(error, Rejected) else ""


ALIAS_DOMAINS = AliasDomains()


def add(mail_domain: MailDomain, name: str, actor: Actor) -> AliasDomain:
    """
    Let another name mirror a domain; it stays ADDING where the vendor gave no clear answer.

    :raises UnableToAddAliasDomain: with a reason fit for the customer
    """
    return elements.put_in(ALIAS_DOMAINS, _reserve(mail_domain, name, actor), actor)


@transaction.atomic(durable=True)
def _reserve(mail_domain: MailDomain, name: str, actor: Actor) -> AliasDomain:
    domain = room.lock(mail_domain)
    problem = room.for_any_change(domain)
    if problem:
        raise UnableToAddAliasDomain(problem.message)
    if name == domain.domain:
        raise UnableToAddAliasDomain(
            _("%(domain)s is this domain itself.") % {"domain": name}, field="domain"
        )
    is_ours = domain.alias_domains.filter(domain=name).exists()
    if is_ours:
        raise UnableToAddAliasDomain(
            _("%(domain)s is an alias domain already.") % {"domain": name}, field="domain"
        )
    # Whose it is stays untold: that is nobody else's business.
    if (
        MailDomain.objects.live().filter(domain=name).exists()
        or AliasDomain.objects.filter(domain=name).exists()
    ):
        raise UnableToAddAliasDomain(
            _("%(domain)s is in use already.") % {"domain": name}, field="domain", code="taken"
        )
    row = AliasDomain(mail_domain=domain, domain=name, state=Element.State.ADDING)
    row.begin(actor, at=timezone.now())
    row.save()
    return row


def delete(row: AliasDomain, actor: Actor) -> AliasDomain:
    """
    Stop mirroring under a name; it stays REMOVING where there was no clear answer.

    :raises UnableToChangeAliasDomain: with a reason fit for the customer
    """
    return elements.remove(ALIAS_DOMAINS, row, actor)
