"""Promotions: a percentage or an amount off, for one bill, for some, or for good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from billing.pricing.lines import ONCE, Line, LineKind, Selection, Span
from core.money import Currency

PERCENT = 100


class PromotionKind(StrEnum):
    """What a promotion takes off; the values are what is stored."""

    PERCENT = "percent"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Promotion:
    """
    A promotion that a service has, as it was when the service was ordered.

    `value` is a percentage up to 100, or an amount in the service's currency off each whole cycle:
    like prices, it shrinks with a shorter first period. `periods_left` is the number of bills still
    to come that it is taken off: 1 for a promotion that counts once and has just been asked for, 0
    when it is used up, None for good. Set-up fees are left alone, unless a percentage covers them.
    """

    code: str
    kind: PromotionKind
    value: Decimal
    periods_left: int | None = 1
    covers_setup: bool = False

    def __post_init__(self) -> None:
        if self.value < 0 or (self.kind == PromotionKind.PERCENT and self.value > PERCENT):
            raise ValueError(f"{self.code} would take off {self.value} {self.kind}")
        if self.covers_setup and self.kind != PromotionKind.PERCENT:
            raise ValueError(f"{self.code} takes no percentage that could cover set-up fees")

    def ahead(self, bills: int) -> Promotion | None:
        """Return itself if it is taken off the bill so many after the next one, 0 being that."""
        return self if self.periods_left is None or bills < self.periods_left else None


def off_a_cycle(
    *, selections: Iterable[Selection], promotion: Promotion | None
) -> dict[str, Fraction]:
    """
    Return by key what a promotion takes off a whole cycle's price, exactly: not rounded.

    An amount is taken off the first selections first, and never more than they cost.
    """
    prices = {each.key: Fraction(each.unit) * each.billed for each in selections}
    if promotion is None:
        return {}
    value = Fraction(promotion.value)
    if promotion.kind == PromotionKind.PERCENT:
        return {key: price * value / PERCENT for key, price in prices.items()}
    left = min(value, max(sum(prices.values(), Fraction(0)), Fraction(0)))
    found = {}
    for key, price in prices.items():
        found[key] = min(left, max(price, Fraction(0)))
        left -= found[key]
    return found


def discount_lines(
    *,
    selections: tuple[Selection, ...],
    promotion: Promotion | None,
    span: Span,
    currency: Currency,
) -> tuple[Line, ...]:
    """Return what a promotion takes off these selections: a line for each it makes cheaper."""
    if promotion is None:
        return ()
    off = off_a_cycle(selections=selections, promotion=promotion)
    lines = (
        discount_line(
            selection=each, promotion=promotion, off=off[each.key], span=span, currency=currency
        )
        for each in selections
    )
    return tuple(line for line in lines if line.amount)


def discount_line(
    *, selection: Selection, promotion: Promotion, off: Fraction, span: Span, currency: Currency
) -> Line:
    """Return the line that takes `off` a cycle's price; a negative `off` is charged again."""
    return Line(
        kind=LineKind.DISCOUNT,
        key=selection.key,
        quantity=1,
        unit=currency.rounded(-off),
        amount=currency.rounded(-off * span.share),
        period=span.period,
        parts=span.parts,
        is_taxed=selection.is_taxed,
        details={**selection.details, "promotion": promotion.code},
    )


def setup_discount_lines(
    *, selections: Iterable[Selection], promotion: Promotion | None, currency: Currency
) -> tuple[Line, ...]:
    """Return what a promotion that covers set-up fees takes off them, a line for each."""
    if promotion is None or not promotion.covers_setup:
        return ()
    share = Fraction(promotion.value) / PERCENT
    return tuple(
        discount_line(
            selection=each,
            promotion=promotion,
            off=Fraction(each.setup) * each.billed * share,
            span=ONCE,
            currency=currency,
        )
        for each in selections
        if each.setup and each.billed
    )
