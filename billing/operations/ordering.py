"""Place orders and services: always for a domain."""

from __future__ import annotations

import re
import secrets
from datetime import date, datetime
from functools import cache
from uuid import UUID

import idna
from django.db import IntegrityError, transaction
from django.utils import timezone
from publicsuffixlist import PublicSuffixList

from billing.events import OrderPlaced
from billing.models import Order, Product, Quote, Service
from billing.operations import (
    invoicing,
    profiles,
    promotions,
    quotes,
    selections,
    setting_up,
    wishes,
)
from billing.operations.items import specs_of_lines
from billing.operations.wishes import Preview, Wish
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from clients.models import Client
from clients.operations import activity
from core.errors import OperationError
from core.events import publish
from core.money import ZERO
from core.sentences import sentence as _
from provisioning.models import Entitlement, MailDomain, Server
from provisioning.operations import lifecycle

LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
LONGEST_DOMAIN = 253


class UnableToPlaceService(OperationError):
    """No service was made."""


class ServedElsewhere(UnableToPlaceService):
    """Somebody else has the domain here: for staff to know, not for those who ask by ordering."""


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
    if public_suffixes().privatesuffix(name) is None:
        raise UnableToPlaceService(
            _("“%(text)s” is an ending that many domains share. Enter a domain of your own.")
            % {"text": name},
            field="domain",
        )
    return name


@cache
def public_suffixes() -> PublicSuffixList:
    """Return the endings under which registries sell names, such as co.uk; read once."""
    return PublicSuffixList(only_icann=True)


def place_service(
    *, client: Client, product: Product, domain: str, actor: Actor, adopt: bool = False
) -> Service:
    """
    Give a client a service for a domain, free of charge, and ask for its account at the vendor.

    `adopt` takes over a domain that is in the reseller account already; only staff may say so.

    :raises UnableToPlaceService: no domain name, served already, client closed or server full
    """
    name = domain_of(domain)
    check_domain(domain=name, client=client)
    try:
        return _place(client, product, name, actor, adopt=adopt)
    except IntegrityError as error:
        raise _served(name) from error


def place_order(*, quote_id: UUID, client: Client, actor: Actor, on: date, now: datetime) -> Order:
    """
    Order what a quote says, once: the service, its first invoice, and the set-up if it is time.

    What is free, or comes to nothing, is not waited for.

    :raises QuoteVoid: confirmed already, expired, or something has moved since it was shown
    :raises UnableToPlaceService: the domain is served by now, the client closed or the server full
    :raises UnableToChoose: an option is not sold so any more
    :raises UnableToUsePromotion: the code does not count any more
    """
    quote = quotes.find_quote(quote_id=quote_id, purpose=Quote.Purpose.ORDER, client=client)
    wish = Wish.from_inputs(quote.inputs)
    try:
        return _order(quote, wish, client, actor, on=on, now=now)
    except IntegrityError as error:
        raise _served(wish.domain) from error


@transaction.atomic
def _order(
    quote: Quote, wish: Wish, client: Client, actor: Actor, *, on: date, now: datetime
) -> Order:
    """Compute again under the lock of the client's money: what is confirmed is what was shown."""
    profile = profiles.lock(client)
    shown = wishes.preview(wish=wish, payer=profile, on=on)
    quotes.confirm_quote(quote_id=quote.pk, fingerprint=shown.priced.fingerprint, now=now)
    check_domain(domain=wish.domain, client=profile.client)
    if shown.promotion is not None:
        promotions.redeem(promotion=shown.promotion, client=profile.client)
    service = _priced_service(shown, profile.client, on)
    order = Order.objects.create(
        number=_fresh_number(),
        client=profile.client,
        service=service,
        quote=quote,
        product_name=wish.product.name,
        domain=wish.domain,
        cycle=wish.cycle.value,
        currency=shown.currency,
        total=shown.priced.total,
        recurring_amount=shown.priced.next_recurring.gross,
        items=quotes.stored_lines(shown.priced.lines),
        promotion_code=shown.promotion.code if shown.promotion else "",
        placed_by=actor.user,
        placed_by_name=actor.name,
        ip_address=actor.ip_address,
    )
    setting_up.note(
        order=order,
        action="order.placed",
        actor=actor,
        after={"product": wish.product.name, "total": f"{order.total} {shown.currency.code}"},
    )
    publish(OrderPlaced(order_id=order.pk))
    if wish.cycle == Cycle.FREE:
        setting_up.provision_paid(service=service, at=now, actor=actor)
    else:
        invoicing.issue_invoice(
            client=profile.client,
            items=specs_of_lines(shown.priced.lines, service=service, on=on),
            due_date=shown.due_date,
            on=on,
            actor=actor,
        )
    order.refresh_from_db()
    # What is set up with the order does not wait for the payment.
    setting_up.provision_if_due(order=order, actor=actor)
    return order


def _priced_service(shown: Preview, client: Client, on: date) -> Service:
    """Save a pending service with its domain, and what it has at which price."""
    wish, priced = shown.wish, shown.priced
    mail_domain = _claim_domain(
        client, wish.product, wish.domain, selections.entitlement_of(wish.product, shown.chosen)
    )
    left = promotions.periods_of(shown.promotion) if shown.promotion else None
    service = Service.objects.create(
        client=client,
        product=wish.product,
        mail_domain=mail_domain,
        currency=shown.currency,
        cycle=wish.cycle.value,
        anchor_day=priced.anchor_day,
        first_payment_amount=sum((line.amount for line in priced.lines), ZERO),
        registration_date=on,
        # Nothing is paid yet; the first invoice is for the time up to the quote's next due date.
        next_due_date=on if wish.cycle.is_recurring else None,
        next_invoice_date=priced.next_due,
        promotion=shown.promotion,
        promotion_periods_left=None if left is None else left - 1,
    )
    selections.save_selections(service=service, chosen=shown.chosen)
    return service


def _fresh_number() -> str:
    """Return an order number of ten digits that says nothing about how many orders there are."""
    while True:
        number = f"{secrets.randbelow(9 * 10**9) + 10**9}"
        if not Order.objects.filter(number=number).exists():
            return number


def check_domain(*, domain: str, client: Client | None) -> None:
    """
    Refuse a domain, as the wire spells it, that cannot be ordered here.

    :raises UnableToPlaceService: it is served already, or the client is closed
    """
    if client is not None and client.status == Client.Status.CLOSED:
        raise UnableToPlaceService(_("This client is closed."))
    live = MailDomain.objects.live().filter(domain=domain)
    holder = live.values_list("client", "status").first()
    if holder is None:
        return
    client_id, status = holder
    if client is None or client.pk != client_id:
        raise _served(domain)
    words = (
        _("Your email service for %(domain)s is closed. Restore it on its page.")
        if status == MailDomain.Status.CLOSING
        else _("You have an email service for %(domain)s already.")
    )
    raise UnableToPlaceService(words % {"domain": domain}, field="domain")


def _served(domain: str) -> ServedElsewhere:
    return ServedElsewhere(
        _("%(domain)s already has an email service here.") % {"domain": domain}, field="domain"
    )


@transaction.atomic
def _place(client: Client, product: Product, name: str, actor: Actor, *, adopt: bool) -> Service:
    mail_domain = _claim_domain(client, product, name, selections.entitlement_of(product))
    service = Service.objects.create(
        client=client,
        product=product,
        mail_domain=mail_domain,
        registration_date=timezone.localdate(),
    )
    activity.record(
        action="service.placed",
        subject=service,
        name=service.domain,
        client=service.client,
        actor=actor,
        scope=service.mail_domain,
        after={"product": service.product.name},
    )
    lifecycle.request_creation(mail_domain=mail_domain, actor=actor, adopt=adopt)
    return service


def _claim_domain(
    client: Client, product: Product, name: str, entitlement: Entitlement
) -> MailDomain:
    """Count under the server's lock: two orders cannot share its last place."""
    server = Server.objects.select_for_update().get(pk=product.server_id)
    _check_room_on(server)
    mail_domain = MailDomain(client=client, server=server, domain=name)
    mail_domain.entitlement = entitlement
    mail_domain.save()
    return mail_domain


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
