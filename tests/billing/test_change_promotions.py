"""Changes of what was bought with a promotion: no more comes back than was paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.models import CreditNote, Invoice, Promotion, Service, Upgrade
from billing.operations import upgrades
from billing.operations.change_quotes import PricedChange
from billing.operations.upgrades import Change
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from provisioning.sandbox import Sandbox
from tests.billing.automation.days import on
from tests.billing.changes import confirm, invoice_of, offer, read, renew
from tests.billing.documents import credit_of, pay
from tests.billing_makers import make_billed_service, make_price, make_priced_product

pytestmark = pytest.mark.django_db

Run = Callable[[], None]
BEGIN, LATER, SECOND = date(2026, 1, 10), date(2026, 1, 25), date(2026, 2, 11)


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    """Return a service at 10.00 a month or 120.00 a year whose first month is not invoiced yet."""
    product = make_priced_product("10.00")
    make_price(product, "120.00", cycle=Cycle.ANNUALLY)
    return make_billed_service(product=product, next_due=BEGIN, vendor=vendor)


def promote(service: Service, *, periods_left: int | None, **fields: Any) -> None:
    promotion = Promotion.objects.create(code="HALF", value=Decimal(50), **fields)
    Service.objects.filter(pk=service.pk).update(
        promotion=promotion, promotion_periods_left=periods_left
    )


def pay_month(service: Service, actor: Actor, day: date) -> Decimal:
    with on(day):
        invoice = renew(service, actor, day)
        pay(invoice)
    return invoice.total


def shown(service: Service, cycle: Cycle, day: date) -> PricedChange:
    change = Change(service.product, cycle, {})
    return upgrades.preview(service=read(service), change=change, on=day)


def change_to(service: Service, cycle: Cycle, actor: Actor, run_jobs: Run, day: date) -> Decimal:
    """Change the cycle, pay what that costs, and return what it came to."""
    with on(day):
        quote = offer(service, Change(service.product, cycle, {}), day)
        upgrade = confirm(quote, actor, day)
        if quote.total > 0:
            pay(invoice_of(upgrade))
        run_jobs()
    assert Upgrade.objects.get(pk=upgrade.pk).status == "applied"
    return quote.total


def test_a_discounted_year_given_up_is_credited_at_what_it_cost(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    promote(service, periods_left=None, lasting="lifetime")
    paid = pay_month(service, actor, BEGIN)

    up = change_to(service, Cycle.ANNUALLY, actor, run_jobs, BEGIN)
    down = change_to(service, Cycle.MONTHLY, actor, run_jobs, SECOND)

    assert (paid, up) == (Decimal("5.00"), Decimal("55.00"))
    assert down == Decimal("-49.74")  # 333/365 of 60.00 back, and a month at 5.00
    assert credit_of(service.client) == -down


@pytest.mark.parametrize("periods_left", [None, 3, 4])
def test_up_and_down_on_one_day_with_a_promotion_comes_to_nothing(
    service: Service, actor: Actor, run_jobs: Run, periods_left: int | None
) -> None:
    promote(service, periods_left=periods_left, lasting="periods", periods=periods_left or 1)
    pay_month(service, actor, BEGIN)

    up = change_to(service, Cycle.ANNUALLY, actor, run_jobs, BEGIN)
    down = change_to(service, Cycle.MONTHLY, actor, run_jobs, BEGIN)

    assert up == Decimal("55.00")
    assert up + down == 0


def test_a_year_at_the_full_price_given_up_is_credited_in_full(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    promote(service, periods_left=1, lasting="once")
    paid = pay_month(service, actor, BEGIN)

    up = change_to(service, Cycle.ANNUALLY, actor, run_jobs, LATER)
    down = change_to(service, Cycle.MONTHLY, actor, run_jobs, LATER)

    assert paid == Decimal("5.00")
    assert up == Decimal("117.42")  # 120.00, and 16/31 of 5.00 back
    assert down == Decimal("-110.00")  # all of the year, and a month at 10.00


def test_of_months_paid_ahead_each_is_credited_at_its_own_price(
    service: Service, actor: Actor
) -> None:
    promote(service, periods_left=1, lasting="once")
    paid = [pay_month(service, actor, BEGIN), pay_month(service, actor, BEGIN)]

    found = shown(service, Cycle.ANNUALLY, BEGIN)

    assert paid == [Decimal("5.00"), Decimal("10.00")]
    assert found.priced.total == Decimal("105.00")


def test_a_discounted_month_behind_one_at_the_full_price_is_told_apart(
    service: Service, actor: Actor
) -> None:
    pay_month(service, actor, BEGIN)
    promote(service, periods_left=1, lasting="once")
    pay_month(service, actor, BEGIN)

    found = shown(service, Cycle.ANNUALLY, BEGIN)

    assert found.priced.total == Decimal("105.00")


def test_a_renewal_paid_after_the_order_comes_back_at_what_was_paid(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    promote(service, periods_left=None, lasting="lifetime")
    pay_month(service, actor, BEGIN)

    with on(LATER):
        change = Change(service.product, Cycle.ANNUALLY, {})
        upgrade = confirm(offer(service, change, LATER), actor, LATER)
        renewal = renew(service, actor, LATER)
        pay(renewal)
        pay(invoice_of(upgrade))
        run_jobs()

    assert renewal.total == Decimal("5.00")
    assert CreditNote.objects.get().total == Decimal("5.00")
    assert not Invoice.objects.open().exists()
