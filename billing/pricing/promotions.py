"""Promotions: a percentage or an amount off, for one bill, for some, or for good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from billing.pricing.lines import Line, LineKind, Selection, Span
from core.money import ZERO, Currency

PERCENT = 100


class PromotionKind(StrEnum):
    """What a promotion takes off; the values are what is stored."""

    PERCENT = "percent"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Promotion:
    """
    A promotion that a service has, as it was when the service was ordered.

    `value` is a percentage up to 100, or an amount off each bill of the service in its currency.
    `times` is the number of bills it is taken off, counted from the one it was ordered on: 1 is
    once, None for good. Set-up fees are left alone unless it covers them.
    """

    code: str
    kind: PromotionKind
    value: Decimal
    times: int | None = 1
    covers_setup: bool = False

    def __post_init__(self) -> None:
        if self.value < 0 or (self.kind == PromotionKind.PERCENT and self.value > PERCENT):
            raise ValueError(f"{self.code} would take off {self.value} {self.kind}")

    def at(self, *, bill: int) -> Promotion | None:
        """Return itself if it is taken off the bill of this number, the first being 0."""
        return self if self.times is None or bill < self.times else None

    def covers(self, line: Line) -> bool:
        """Whether the line is one that the promotion makes cheaper."""
        if line.kind == LineKind.SETUP:
            return self.covers_setup
        return line.kind in {LineKind.PRODUCT, LineKind.OPTION}


def discount_lines(
    *, lines: Iterable[Line], promotion: Promotion | None, currency: Currency
) -> tuple[Line, ...]:
    """
    Return what a promotion takes off these lines, a line for each one it makes cheaper.

    A percentage is taken of credits too, so that it is one of the amount due. An amount is taken
    off the first lines first, and never more than is due. When nothing is due, nothing is taken.
    """
    if promotion is None:
        return ()
    covered = [line for line in lines if promotion.covers(line)]
    due = sum((line.amount for line in covered), ZERO)
    if due <= 0:
        return ()
    found: list[Line] = []
    left = min(promotion.value, due)
    for line in covered:
        if promotion.kind == PromotionKind.PERCENT:
            amount = currency.rounded(Fraction(line.amount) * Fraction(promotion.value) / PERCENT)
        else:
            amount = currency.rounded(min(left, max(line.amount, ZERO)))
            left -= amount
        if amount:
            found.append(_discount(line=line, promotion=promotion, amount=-amount))
    return tuple(found)


def off_a_cycle(
    *, selections: Iterable[Selection], promotion: Promotion | None
) -> dict[str, Fraction]:
    """Return by key what a promotion takes off a whole cycle's price, exactly: not rounded."""
    if promotion is None:
        return {}
    found: dict[str, Fraction] = {}
    left = Fraction(promotion.value)
    for each in selections:
        price = Fraction(each.unit) * each.billed
        if promotion.kind == PromotionKind.PERCENT:
            found[each.key] = price * Fraction(promotion.value) / PERCENT
        else:
            found[each.key] = min(left, max(price, Fraction(0)))
            left -= found[each.key]
    return found


def difference_line(
    *, selection: Selection, promotion: Promotion, off: Fraction, span: Span, currency: Currency
) -> Line:
    """Return the line for a discount that grows by `off` a cycle: negative when it does grow."""
    return Line(
        kind=LineKind.DISCOUNT,
        key=selection.key,
        quantity=1,
        unit=-currency.rounded(off) + ZERO,
        amount=currency.rounded(-off * span.share),
        period=span.period,
        parts=span.parts,
        is_taxed=selection.is_taxed,
        details={**selection.details, "promotion": promotion.code},
    )


def _discount(*, line: Line, promotion: Promotion, amount: Decimal) -> Line:
    return Line(
        kind=LineKind.DISCOUNT,
        key=line.key,
        quantity=1,
        unit=amount,
        amount=amount,
        period=line.period,
        is_taxed=line.is_taxed,
        details={**line.details, "promotion": promotion.code},
    )
