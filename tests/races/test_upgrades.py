"""Two at once on one change: confirmed twice, and paid as it expires."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from billing.models import BillingSettings, Invoice, Payment, Quote, Service, Upgrade
from billing.operations import change_quotes, quotes, upgrade_steps, upgrades
from billing.operations.change_quotes import PricedChange
from billing.operations.upgrades import Change, UnableToChange
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from provisioning.models import ModuleJob
from provisioning.sandbox import Sandbox
from tests.billing.documents import credit_of, pay
from tests.billing_makers import make_billed_service, make_priced_product
from tests.races.together import Meeting, together
from tests.races.unguarded import without_locks

pytestmark = [
    pytest.mark.servers,
    pytest.mark.enable_socket,
    pytest.mark.usefixtures("nobody_works"),
]
TODAY, DUE = date(2026, 1, 20), date(2026, 2, 10)


@pytest.fixture
def service(world: Sandbox) -> Service:
    product = make_priced_product("0.00", options={"enhanced_mailboxes": "3.00"})
    return make_billed_service(
        product=product, choices={"enhanced_mailboxes": 3}, next_due=DUE, vendor=world
    )


def offer(service: Service) -> Quote:
    fresh = Service.objects.with_domain().get(pk=service.pk)
    change = Change(fresh.product, Cycle.MONTHLY, {"enhanced_mailboxes": 7})
    shown = upgrades.preview(service=fresh, change=change, on=TODAY)
    return upgrades.offer(shown=shown, change=change, user=None, now=timezone.now())


def confirm(quote: Quote, actor: Actor) -> Upgrade:
    assert quote.service is not None
    service = Service.objects.with_domain().get(pk=quote.service.pk)
    return upgrades.confirm(
        quote_id=quote.pk, service=service, actor=actor, on=TODAY, now=timezone.now()
    )


def expire(upgrade: Upgrade, actor: Actor) -> Upgrade | None:
    return upgrade_steps.expire(
        upgrade_id=upgrade.pk, today=DUE, settings=BillingSettings.current(), actor=actor
    )


def meet_when_computed(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Let both wait for each other when they have computed what the change comes to."""
    meeting, compute = Meeting(), change_quotes.price_change

    def compute_and_wait(**inputs: Any) -> PricedChange:
        shown = compute(**inputs)
        meeting()
        return shown

    monkeypatch.setattr(change_quotes, "price_change", compute_and_wait)
    return meeting


def test_of_two_confirmations_of_one_quote_one_is_an_order(
    service: Service, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote = offer(service)
    computed = meet_when_computed(monkeypatch)

    results = together(*[partial(confirm, quote, actor)] * 2)

    refused = [each for each in results if isinstance(each, quotes.QuoteVoid | UnableToChange)]
    assert len(refused) == 1
    assert Upgrade.objects.get() in results
    assert Invoice.objects.count() == 1
    assert not computed.has_happened


def test_control_without_the_lock_both_compute_before_either_is_ordered(
    service: Service, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote = offer(service)
    computed = meet_when_computed(monkeypatch)
    without_locks(monkeypatch, upgrades, "confirm")

    together(*[partial(confirm, quote, actor)] * 2)

    assert computed.has_happened


def test_paid_as_it_expires_it_is_made_or_the_money_is_credit(
    service: Service, actor: Actor
) -> None:
    upgrade = confirm(offer(service), actor)
    invoice = Invoice.objects.get()

    results = together(partial(pay, invoice), partial(expire, upgrade, actor))

    status = Upgrade.objects.get().status
    wanted = ModuleJob.objects.filter(action="change_package").count()
    paid = Payment.objects.get().amount
    assert isinstance(results[0], Payment)
    if status == "applying":
        assert (wanted, credit_of(service.client)) == (1, Decimal(0))
        assert Invoice.objects.get().status == "paid"
    else:
        assert (status, wanted, credit_of(service.client)) == ("cancelled", 0, paid)
        assert Invoice.objects.get().status == "cancelled"
