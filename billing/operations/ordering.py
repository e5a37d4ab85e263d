"""Place a service: always for a domain."""

from __future__ import annotations

import re

import idna
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.models import Product, Service
from clients.actors import Actor
from clients.models import Client
from clients.operations import activity
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning.models import MailDomain, Server
from provisioning.operations import lifecycle

LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
LONGEST_DOMAIN = 253


class UnableToPlaceService(OperationError):
    """No service was made."""


def domain_of(text: str) -> str:
    """
    Return a domain as the wire spells it: lower case, international names as A-labels.

    :raises UnableToPlaceService: it is no domain name
    """
    name = text.strip().rstrip(".").lower()
    refusal = UnableToPlaceService(
        _("“%(text)s” is not a domain name.") % {"text": text.strip()}, field="domain"
    )
    if not name:
        raise UnableToPlaceService(_("Enter a domain, such as example.com."), field="domain")
    try:
        name = idna.encode(name, uts46=True).decode()
    except idna.IDNAError as error:
        raise refusal from error
    labels = name.split(".")
    is_host_name = all(LABEL.fullmatch(label) for label in labels)
    if len(labels) == 1 or len(name) > LONGEST_DOMAIN or not is_host_name or labels[-1].isdigit():
        raise refusal
    return name


def place_service(
    *, client: Client, product: Product, domain: str, actor: Actor, adopt: bool = False
) -> Service:
    """
    Give a client a service for a domain and ask for its account at the vendor.

    `adopt` takes over a domain that is in the reseller account already; only staff may say so.

    :raises UnableToPlaceService: no domain name, served already, client closed or server full
    """
    name = domain_of(domain)
    if client.status == Client.Status.CLOSED:
        raise UnableToPlaceService(_("This client is closed."))
    taken = UnableToPlaceService(
        _("%(domain)s already has an email service here.") % {"domain": name}, field="domain"
    )
    if MailDomain.objects.live().filter(domain=name).exists():
        raise taken
    try:
        return _place(client, product, name, actor, adopt=adopt)
    except IntegrityError as error:
        raise taken from error


@transaction.atomic
def _place(client: Client, product: Product, name: str, actor: Actor, *, adopt: bool) -> Service:
    """Count under the server's lock: two orders cannot share its last place."""
    server = Server.objects.select_for_update().get(pk=product.server_id)
    _check_room_on(server)
    mail_domain = MailDomain(client=client, server=server, domain=name)
    mail_domain.entitlement = product.entitlement
    mail_domain.save()
    service = Service.objects.create(
        client=client,
        product=product,
        mail_domain=mail_domain,
        registration_date=timezone.localdate(),
    )
    activity.record(
        action="service.placed",
        subject=service,
        name=name,
        client=client,
        actor=actor,
        scope=mail_domain,
        after={"product": product.name},
    )
    lifecycle.request_creation(mail_domain=mail_domain, actor=actor, adopt=adopt)
    return service


def _check_room_on(server: Server) -> None:
    if not server.is_active:
        raise UnableToPlaceService(_("This product cannot be ordered at the moment."))
    if server.max_domains is not None:
        used = MailDomain.objects.live().filter(server=server).count()
        if used >= server.max_domains:
            raise UnableToPlaceService(
                _("The server %(server)s is full: it has %(used)d of %(most)d domains.")
                % {"server": server.name, "used": used, "most": server.max_domains}
            )
