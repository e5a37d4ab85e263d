"""Billing cycles: due dates that keep to their anchor day, and the periods between them."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

MONTHS_A_YEAR = 12
LAST_DAY = 31


class Cycle(StrEnum):
    """How often a service is paid for; the values are what is stored."""

    FREE = "free"
    ONE_TIME = "one_time"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    SEMIANNUALLY = "semiannually"
    ANNUALLY = "annually"
    BIENNIALLY = "biennially"
    TRIENNIALLY = "triennially"

    @property
    def months(self) -> int:
        """Return the length in months; 0 when nothing recurs."""
        return _MONTHS.get(self, 0)

    @property
    def is_recurring(self) -> bool:
        """Whether there is a next due date."""
        return self in _MONTHS


_MONTHS = {
    Cycle.MONTHLY: 1,
    Cycle.QUARTERLY: 3,
    Cycle.SEMIANNUALLY: 6,
    Cycle.ANNUALLY: 12,
    Cycle.BIENNIALLY: 24,
    Cycle.TRIENNIALLY: 36,
}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days: `start` belongs to it, `end` (the due date) does not."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"a period of no days: {self.start} to {self.end}")

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    @property
    def days(self) -> int:
        """Return the number of days it really has."""
        return (self.end - self.start).days


def on_anchor(*, year: int, month: int, anchor_day: int) -> date:
    """
    Return the anchor day (1 to 31) of a month, or the month's last day if it is shorter.

    :raises ValueError: if the anchor day is not from 1 to 31
    """
    if not 1 <= anchor_day <= LAST_DAY:
        raise ValueError(f"an anchor day is from 1 to {LAST_DAY}, not {anchor_day}")
    return date(year, month, min(anchor_day, monthrange(year, month)[1]))


def due_after(*, start: date, cycle: Cycle, number: int, anchor_day: int) -> date:
    """
    Return the due date `number` cycles after the month of `start` (before it, if negative).

    Only the month of `start` counts; the day is the anchor's. So any number of steps, in one go or
    one by one, leads to the same date.

    :raises ValueError: if the cycle does not recur
    """
    if not cycle.is_recurring:
        raise ValueError(f"{cycle} has no due dates")
    months = start.year * MONTHS_A_YEAR + start.month - 1 + number * cycle.months
    year, month = divmod(months, MONTHS_A_YEAR)
    return on_anchor(year=year, month=month + 1, anchor_day=anchor_day)


def next_due(*, due: date, cycle: Cycle, anchor_day: int) -> date:
    """
    Return the due date one cycle after `due`: 28 February with anchor 31 gives 31 March.

    :raises ValueError: if the cycle does not recur
    """
    return due_after(start=due, cycle=cycle, number=1, anchor_day=anchor_day)


def previous_due(*, due: date, cycle: Cycle, anchor_day: int) -> date:
    """
    Return the due date one cycle before `due`.

    :raises ValueError: if the cycle does not recur
    """
    return due_after(start=due, cycle=cycle, number=-1, anchor_day=anchor_day)


def period_ending(*, due: date, cycle: Cycle, anchor_day: int) -> Period:
    """Return the whole period that `due` ends."""
    return Period(start=previous_due(due=due, cycle=cycle, anchor_day=anchor_day), end=due)


def period_starting(*, due: date, cycle: Cycle, anchor_day: int) -> Period:
    """Return the whole period that is due on `due`: what a renewal is billed for."""
    return Period(start=due, end=next_due(due=due, cycle=cycle, anchor_day=anchor_day))


def period_containing(*, day: date, due: date, cycle: Cycle, anchor_day: int) -> Period:
    """Return the period around `day` in the rhythm of a service that has `due` as a due date."""
    period = period_ending(due=due, cycle=cycle, anchor_day=anchor_day)
    while day < period.start:
        period = period_ending(due=period.start, cycle=cycle, anchor_day=anchor_day)
    while day >= period.end:
        period = period_starting(due=period.end, cycle=cycle, anchor_day=anchor_day)
    return period
