"""What the pricing tests sell, and to whom."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from billing.pricing.changes import Held
from billing.pricing.cycles import Cycle
from billing.pricing.lines import Line, LineKind, Selection
from billing.pricing.promotions import Promotion
from billing.pricing.quote import Terms
from core.money import currency

USD = Terms(currency=currency("USD"))


def product(unit: str, *, value: str = "bundle", setup: str = "0") -> Selection:
    """Return a product at this price a cycle."""
    return Selection(
        key="product",
        value=value,
        quantity=1,
        unit=Decimal(unit),
        setup=Decimal(setup),
        kind=LineKind.PRODUCT,
    )


def option(key: str, quantity: int, unit: str, *, included: int = 0, setup: str = "0") -> Selection:
    """Return so many units of an option at this price each a cycle."""
    return Selection(
        key=key,
        quantity=quantity,
        unit=Decimal(unit),
        included=included,
        setup=Decimal(setup),
    )


def held(
    *selections: Selection,
    due: date,
    cycle: Cycle = Cycle.MONTHLY,
    anchor_day: int | None = None,
    promotion: Promotion | None = None,
    is_discounted: bool = False,
) -> Held:
    """Return a service that is paid until `due`, and by default always due on that day."""
    return Held(
        selections=selections,
        cycle=cycle,
        due=due,
        anchor_day=anchor_day or due.day,
        promotion=promotion,
        is_discounted=is_discounted,
    )


def amounts(lines: tuple[Line, ...]) -> list[str]:
    """Return what the lines come to, one by one, as they are printed."""
    return [str(line.amount) for line in lines]
