"""Due dates keep to their anchor day, whatever the months between are like."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.cycles import (
    Cycle,
    Period,
    due_after,
    next_due,
    on_anchor,
    period_containing,
    period_ending,
    period_starting,
    previous_due,
)

RECURRING = [cycle for cycle in Cycle if cycle.is_recurring]
STARTS = st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 12, 31))


def test_the_cycles_have_the_lengths_their_names_say() -> None:
    assert {cycle.value: cycle.months for cycle in Cycle} == {
        "free": 0,
        "one_time": 0,
        "monthly": 1,
        "quarterly": 3,
        "semiannually": 6,
        "annually": 12,
        "biennially": 24,
        "triennially": 36,
    }


def test_a_service_of_the_31st_comes_back_to_the_31st() -> None:
    dates = [date(2026, 1, 31)]

    for _ in range(4):
        dates.append(next_due(due=dates[-1], cycle=Cycle.MONTHLY, anchor_day=31))

    assert dates == [
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
        date(2026, 5, 31),
    ]


def test_a_service_of_29_february_comes_back_to_it_in_the_next_leap_year() -> None:
    dates = [date(2028, 2, 29)]

    for _ in range(4):
        dates.append(next_due(due=dates[-1], cycle=Cycle.ANNUALLY, anchor_day=29))

    assert dates[1:] == [
        date(2029, 2, 28),
        date(2030, 2, 28),
        date(2031, 2, 28),
        date(2032, 2, 29),
    ]


@pytest.mark.parametrize(
    ("cycle", "due"),
    [
        (Cycle.QUARTERLY, date(2028, 2, 29)),
        (Cycle.SEMIANNUALLY, date(2028, 5, 30)),
        (Cycle.ANNUALLY, date(2028, 11, 30)),
        (Cycle.BIENNIALLY, date(2029, 11, 30)),
        (Cycle.TRIENNIALLY, date(2030, 11, 30)),
    ],
)
def test_long_cycles_keep_to_the_anchor_too(cycle: Cycle, due: date) -> None:
    assert next_due(due=date(2027, 11, 30), cycle=cycle, anchor_day=30) == due


@given(start=STARTS, cycle=st.sampled_from(RECURRING), number=st.integers(1, 40))
def test_any_number_of_cycles_never_drifts_from_the_anchor(
    start: date, cycle: Cycle, number: int
) -> None:
    day = start

    for _ in range(number):
        day = next_due(due=day, cycle=cycle, anchor_day=start.day)

    assert day == due_after(start=start, cycle=cycle, number=number, anchor_day=start.day)
    assert day == on_anchor(year=day.year, month=day.month, anchor_day=start.day)
    assert (day.year - start.year) * 12 + day.month - start.month == number * cycle.months
    for _ in range(number):
        day = previous_due(due=day, cycle=cycle, anchor_day=start.day)
    assert day == start


@given(start=STARTS, cycle=st.sampled_from(RECURRING), after=st.integers(-900, 900))
def test_every_day_is_in_one_period(start: date, cycle: Cycle, after: int) -> None:
    day = start + timedelta(days=after)

    period = period_containing(day=day, due=start, cycle=cycle, anchor_day=start.day)

    before = period_ending(due=period.start, cycle=cycle, anchor_day=start.day)
    behind = period_starting(due=period.end, cycle=cycle, anchor_day=start.day)
    assert [day in each for each in (before, period, behind)] == [False, True, False]
    assert before.end == period.start
    assert period.end == behind.start


def test_the_due_date_is_no_longer_in_the_period() -> None:
    period = period_ending(due=date(2026, 3, 1), cycle=Cycle.MONTHLY, anchor_day=1)

    assert period == Period(start=date(2026, 2, 1), end=date(2026, 3, 1))
    assert period.days == 28
    assert date(2026, 2, 1) in period
    assert date(2026, 2, 28) in period
    assert date(2026, 3, 1) not in period


def test_a_due_date_that_staff_have_moved_goes_back_to_the_anchor() -> None:
    assert next_due(due=date(2026, 1, 15), cycle=Cycle.MONTHLY, anchor_day=31) == date(2026, 2, 28)


@pytest.mark.parametrize("cycle", [Cycle.FREE, Cycle.ONE_TIME])
def test_what_does_not_recur_has_no_due_date(cycle: Cycle) -> None:
    with pytest.raises(ValueError, match="no due dates"):
        next_due(due=date(2026, 1, 15), cycle=cycle, anchor_day=15)


@pytest.mark.parametrize("anchor_day", [0, 32, -1])
def test_no_month_has_such_an_anchor_day(anchor_day: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 31"):
        on_anchor(year=2026, month=1, anchor_day=anchor_day)


def test_a_period_has_a_day_at_least() -> None:
    with pytest.raises(ValueError, match="no days"):
        Period(start=date(2026, 1, 1), end=date(2026, 1, 1))
