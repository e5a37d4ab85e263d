"""Proration: which share of a cycle's price a stretch of real days costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from billing.pricing.cycles import (
    LAST_DAY,
    Cycle,
    Period,
    next_due,
    on_anchor,
    period_ending,
    period_starting,
)
from core.money import Currency


@dataclass(frozen=True, slots=True)
class Part:
    """`days` of a whole `period` at the cycle's price: 21 of 31 days."""

    period: Period
    days: int

    @property
    def share(self) -> Fraction:
        """Return the exact part of one cycle's price, from 0 to 1."""
        return Fraction(self.days, self.period.days)


@dataclass(frozen=True, slots=True)
class Prorata:
    """
    A product's wish to be due on one day of the month, whatever day it was ordered.

    `day` is from 1 to 31. Orders on day `charge_next_from` of a month or later pay for one whole
    period more; None: never.
    """

    day: int
    charge_next_from: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.day <= LAST_DAY:
            raise ValueError(f"a day of the month is from 1 to {LAST_DAY}, not {self.day}")


@dataclass(frozen=True, slots=True)
class FirstTerm:
    """
    What a new service pays for, and when it is due again.

    `due` and `anchor_day` are None when the cycle does not recur; `parts` is empty then.
    """

    parts: tuple[Part, ...]
    due: date | None
    anchor_day: int | None


def share_of(parts: Iterable[Part]) -> Fraction:
    """Return the exact number of cycles that the parts are worth; more than 1 when paid ahead."""
    return sum((part.share for part in parts), Fraction(0))


def days_of(parts: Iterable[Part]) -> int:
    """Return the number of days in all parts."""
    return sum(part.days for part in parts)


def parts_left(*, today: date, due: date, cycle: Cycle, anchor_day: int) -> tuple[Part, ...]:
    """
    Return what is left of the time paid for, period by period, the earliest first.

    Today is still left, the due date is not. Paid ahead, there are several parts, each measured
    against the days of its own period. Nothing is left on the due date and after it.

    :raises ValueError: if the cycle does not recur
    """
    parts: list[Part] = []
    end = due
    while end > today:
        period = period_ending(due=end, cycle=cycle, anchor_day=anchor_day)
        parts.append(Part(period=period, days=(end - max(today, period.start)).days))
        end = period.start
    return tuple(reversed(parts))


def prorated(*, amount: Decimal, parts: Iterable[Part], currency: Currency) -> Decimal:
    """Return a cycle's price for these parts, rounded once. A negative amount is a credit."""
    return currency.rounded(Fraction(amount) * share_of(parts))


def first_term(*, start: date, cycle: Cycle, prorata: Prorata | None = None) -> FirstTerm:
    """
    Return what a service that starts on `start` pays for first.

    That is one whole period, or with `prorata` the days to the next such day of the month, measured
    against the whole period that ends there, and one whole period more for late orders.
    """
    if not cycle.is_recurring:
        return FirstTerm(parts=(), due=None, anchor_day=None)
    if prorata is None:
        whole = period_starting(due=start, cycle=cycle, anchor_day=start.day)
        return FirstTerm(parts=(_all_of(whole),), due=whole.end, anchor_day=start.day)
    due = _next_day(start=start, day=prorata.day)
    period = period_ending(due=due, cycle=cycle, anchor_day=prorata.day)
    parts = [Part(period=period, days=(due - start).days)]
    if prorata.charge_next_from is not None and start.day >= prorata.charge_next_from:
        whole = period_starting(due=due, cycle=cycle, anchor_day=prorata.day)
        parts.append(_all_of(whole))
        due = whole.end
    return FirstTerm(parts=tuple(parts), due=due, anchor_day=prorata.day)


def _next_day(*, start: date, day: int) -> date:
    """Return the first date after `start` on this day of the month, clamped to short months."""
    this_month = on_anchor(year=start.year, month=start.month, anchor_day=day)
    if this_month > start:
        return this_month
    return next_due(due=this_month, cycle=Cycle.MONTHLY, anchor_day=day)


def _all_of(period: Period) -> Part:
    return Part(period=period, days=period.days)
