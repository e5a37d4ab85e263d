"""Changes of monthly prices, as staff decide on them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from billing.models import OptionValue, PriceChange, Product
from billing.operations import price_changes
from billing.operations.price_changes import Audience, NewPrice, Preview
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from tests.billing_makers import make_currency

Scope = PriceChange.Scope
TODAY = date(2026, 1, 20)


def change(
    thing: Product | OptionValue,
    amount: str,
    scope: PriceChange.Scope = Scope.ALL,
    *,
    day: date = TODAY,
    services: Collection[int] = (),
    today: date = TODAY,
    expected: Preview | None = None,
) -> PriceChange:
    """Change a monthly price."""
    return price_changes.change_price(
        new=monthly(thing, amount),
        audience=Audience(scope=scope, effective_date=day, services=services),
        actor=Actor.system("test"),
        today=today,
        expected=expected,
    )


def monthly(thing: Product | OptionValue, amount: str) -> NewPrice:
    """Return a monthly price in the base currency."""
    return NewPrice(
        thing=thing, currency=make_currency(), cycle=Cycle.MONTHLY, amount=Decimal(amount)
    )
