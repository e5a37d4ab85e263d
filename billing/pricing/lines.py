"""Lines: what a quote or an invoice charges for, each rounded by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from billing.pricing.cycles import Period
from billing.pricing.proration import Part, days_of, share_of
from core.money import Currency


class LineKind(StrEnum):
    """What a line is for; the values are those of invoice items."""

    PRODUCT = "hosting"
    OPTION = "option"
    SETUP = "setup"
    DISCOUNT = "promotion"
    LATE_FEE = "late_fee"


@dataclass(frozen=True, slots=True)
class Selection:
    """
    One thing a service is charged for: its product, or one value of a configurable option.

    `key` names it within the service: "product", "enhanced_mailboxes", "backup". `value` says which
    product, or which value of a drop-down or radio option, and is blank where there is one only.
    `quantity` counts all units, `included` those the product's price covers; only the rest is
    billed. `unit` is the price of one for one cycle, `setup` the set-up fee of one. `details` is
    carried to the lines for the words of a page ("label": "Enhanced mailboxes"); the same thing in
    other words is equal.
    """

    key: str
    quantity: int
    unit: Decimal
    value: str = ""
    included: int = 0
    setup: Decimal = Decimal(0)
    kind: LineKind = LineKind.OPTION
    is_taxed: bool = True
    details: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if self.quantity < 0 or self.included < 0:
            raise ValueError(f"a negative number of {self.key}")

    @property
    def billed(self) -> int:
        """Return the number of units that cost something."""
        return max(0, self.quantity - self.included)


@dataclass(frozen=True, slots=True)
class Line:
    """
    One printed line.

    `amount` is rounded and negative for a credit. `quantity` is signed too: a change's difference.
    `unit` is the price of one for a whole cycle. `period` runs from the first day charged to the
    due date; `parts` says what it was measured against. Both are empty for what has no time.
    """

    kind: LineKind
    key: str
    quantity: int
    unit: Decimal
    amount: Decimal
    period: Period | None = None
    parts: tuple[Part, ...] = ()
    is_taxed: bool = True
    details: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def days(self) -> int:
        """Return the number of days charged."""
        return days_of(self.parts)


@dataclass(frozen=True, slots=True)
class Span:
    """The time that lines are charged for: the parts, or for a price paid once no parts at all."""

    parts: tuple[Part, ...] = ()
    is_timeless: bool = False

    @property
    def share(self) -> Fraction:
        """Return the exact number of cycles to charge."""
        return Fraction(1) if self.is_timeless else share_of(self.parts)

    @property
    def period(self) -> Period | None:
        """Return the days from the first charged to the due date, if there are any."""
        days = [part.days for part in self.parts]
        if not sum(days):
            return None
        start = self.parts[0].period.end - timedelta(days=days[0])
        return Period(start=start, end=self.parts[-1].period.end)


ONCE = Span(is_timeless=True)
NOTHING_LEFT = Span()


def selection_line(*, selection: Selection, units: int, span: Span, currency: Currency) -> Line:
    """Return the line for so many units of a selection; negative units are a credit."""
    price, share = selection.unit * units, span.share
    return Line(
        kind=selection.kind,
        key=selection.key,
        quantity=units,
        unit=selection.unit,
        # Renewals, by far the most, are whole cycles: they need no fractions.
        amount=currency.rounded(price if share == 1 else Fraction(price) * share),
        period=span.period,
        parts=span.parts,
        is_taxed=selection.is_taxed,
        details=selection.details,
    )


def selection_lines(
    *, selections: Iterable[Selection], span: Span, currency: Currency, sign: int = 1
) -> tuple[Line, ...]:
    """Return one line per selection that has billed units, even if they cost nothing."""
    return tuple(
        selection_line(selection=each, units=sign * each.billed, span=span, currency=currency)
        for each in selections
        if each.billed
    )


def setup_lines(*, selections: Iterable[Selection], currency: Currency) -> tuple[Line, ...]:
    """Return the set-up fees as lines of their own; they are never prorated."""
    return tuple(
        Line(
            kind=LineKind.SETUP,
            key=each.key,
            quantity=each.billed,
            unit=each.setup,
            amount=currency.rounded(each.setup * each.billed),
            is_taxed=each.is_taxed,
            details=each.details,
        )
        for each in selections
        if each.setup and each.billed
    )


def by_key(selections: Iterable[Selection]) -> dict[str, Selection]:
    """
    Return the selections by their keys, in order.

    :raises ValueError: if a key occurs twice
    """
    found: dict[str, Selection] = {}
    for each in selections:
        if each.key in found:
            raise ValueError(f"{each.key} is selected twice")
        found[each.key] = each
    return found


def adjusted(*, selections: Iterable[Selection], units: Mapping[str, int]) -> tuple[Selection, ...]:
    """
    Return the selections with so many units more or fewer: `{"basic": -1, "enhanced": 1}`.

    Units that the product includes stay: taking one away leaves it free, and nothing is credited.

    :raises ValueError: if a key is not selected, or fewer units of it than are taken away
    """
    found = by_key(selections)
    for key, difference in units.items():
        if key not in found:
            raise ValueError(f"{key} is not selected")
        held = found[key]
        if held.quantity + difference < 0:
            raise ValueError(f"{key}: {held.quantity} selected, {-difference} taken away")
        lowest = min(held.included, held.quantity)
        found[key] = replace(held, quantity=max(lowest, held.quantity + difference))
    return tuple(found.values())
