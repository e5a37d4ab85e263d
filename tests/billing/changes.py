"""A service that is changed, and the steps of a change, for the tests of billing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils import timezone

from billing.models import Invoice, Product, Quote, Service, Upgrade
from billing.operations import renewals, upgrades
from billing.operations.upgrades import Change
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from provisioning.sandbox import Sandbox
from tests.billing_makers import make_billed_service, make_priced_product

TODAY, DUE = date(2026, 1, 20), date(2026, 2, 10)
HELD = {"basic_mailboxes": 5, "enhanced_mailboxes": 3}


def make_plan(vendor: Sandbox) -> Service:
    """Return five Basic and three Enhanced mailboxes at 1.50 and 3.00, paid from 10 January on."""
    prices = {"basic_mailboxes": "1.50", "enhanced_mailboxes": "3.00"}
    product = make_priced_product("0.00", options=prices)
    return make_billed_service(product=product, choices=HELD, next_due=DUE, vendor=vendor)


def policy(service: Service, name: str) -> None:
    Product.objects.filter(pk=service.product_id).update(reduction_policy=name)


def read(service: Service) -> Service:
    return Service.objects.with_domain().get(pk=service.pk)


def wanting(service: Service, **choices: int) -> Change:
    held = {each.key: each.quantity for each in service.selections.all() if each.option_id}
    return Change(service.product, Cycle(service.cycle), {**held, **choices})


def offer(service: Service, change: Change, day: date = TODAY) -> Quote:
    fresh = read(service)
    shown = upgrades.preview(service=fresh, change=change, on=day)
    return upgrades.offer(shown=shown, change=change, user=None, now=timezone.now())


def confirm(quote: Quote, actor: Actor, day: date = TODAY) -> Upgrade:
    assert quote.service is not None
    return upgrades.confirm(
        quote_id=quote.pk, service=read(quote.service), actor=actor, on=day, now=timezone.now()
    )


def change(service: Service, actor: Actor, day: date = TODAY, **choices: int) -> Upgrade:
    return confirm(offer(service, wanting(service, **choices), day), actor, day)


def units(service: Service) -> Mapping[str, int]:
    return {
        each.key: each.quantity for each in service.selections.all() if each.option_id is not None
    }


def invoice_of(upgrade: Upgrade) -> Invoice:
    return Invoice.objects.filter(items__upgrade=upgrade).distinct().get()


def renew(service: Service, actor: Actor, day: date = TODAY) -> Invoice:
    """Invoice the next period of a service."""
    renewed = renewals.invoice_next_period(
        service_ids=[service.pk],
        due=renewals.due_for_invoice(today=day, days=40),
        today=day,
        actor=actor,
    )
    return renewed.invoices[0]
