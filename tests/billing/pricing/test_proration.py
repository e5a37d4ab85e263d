"""A part of a period costs its real days, and the parts of a whole cost the whole."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.cycles import Cycle, period_ending
from billing.pricing.proration import (
    Part,
    Prorata,
    days_of,
    first_term,
    parts_left,
    prorated,
    share_of,
)
from core.money import currency

USD = currency("USD")
MONTH = Cycle.MONTHLY


@pytest.mark.parametrize(
    ("today", "days"),
    [
        (date(2026, 1, 10), 31),
        (date(2026, 1, 20), 21),
        (date(2026, 2, 9), 1),
        (date(2026, 2, 10), 0),
        (date(2026, 3, 1), 0),
    ],
)
def test_today_is_left_and_the_due_date_is_not(today: date, days: int) -> None:
    parts = parts_left(today=today, due=date(2026, 2, 10), cycle=MONTH, anchor_day=10)

    assert days_of(parts) == days
    assert share_of(parts) == Fraction(days, 31)


def test_each_period_paid_ahead_is_measured_by_its_own_days() -> None:
    parts = parts_left(today=date(2026, 1, 20), due=date(2026, 3, 10), cycle=MONTH, anchor_day=10)

    assert [(part.days, part.period.days) for part in parts] == [(21, 31), (28, 28)]
    assert prorated(amount=Decimal(3), parts=parts, currency=USD) == Decimal("5.03")


def test_a_leap_year_has_366_days() -> None:
    parts = parts_left(
        today=date(2027, 12, 1), due=date(2028, 3, 1), cycle=Cycle.ANNUALLY, anchor_day=1
    )

    assert [(part.days, part.period.days) for part in parts] == [(91, 366)]
    assert prorated(amount=Decimal(120), parts=parts, currency=USD) == Decimal("29.84")


def test_the_nights_when_clocks_change_are_days_like_any_other() -> None:
    spring = parts_left(today=date(2026, 3, 28), due=date(2026, 4, 1), cycle=MONTH, anchor_day=1)
    autumn = parts_left(today=date(2026, 10, 24), due=date(2026, 11, 1), cycle=MONTH, anchor_day=1)

    assert [(part.days, part.period.days) for part in (*spring, *autumn)] == [(4, 31), (8, 31)]


@pytest.mark.parametrize(
    ("code", "unit", "amount"), [("JPY", "300", "203"), ("BHD", "1.200", "0.813")]
)
def test_a_part_has_the_digits_of_its_currency(code: str, unit: str, amount: str) -> None:
    parts = parts_left(today=date(2026, 1, 20), due=date(2026, 2, 10), cycle=MONTH, anchor_day=10)

    assert str(prorated(amount=Decimal(unit), parts=parts, currency=currency(code))) == amount


@given(
    due=st.dates(min_value=date(2024, 1, 1), max_value=date(2032, 12, 31)),
    cycle=st.sampled_from([cycle for cycle in Cycle if cycle.is_recurring]),
    cuts=st.lists(st.integers(0, 1100), max_size=6),
    price=st.decimals(min_value=0, max_value=999, places=4),
)
def test_the_parts_of_a_split_period_are_worth_exactly_the_whole(
    due: date, cycle: Cycle, cuts: list[int], price: Decimal
) -> None:
    period = period_ending(due=due, cycle=cycle, anchor_day=due.day)
    days = sorted({0, period.days, *(cut % period.days for cut in cuts)})
    parts = [Part(period=period, days=end - start) for start, end in pairwise(days)]

    charged = [prorated(amount=price, parts=[part], currency=USD) for part in parts]

    assert share_of(parts) == 1
    assert prorated(amount=price, parts=parts, currency=USD) == USD.rounded(price)
    # Each line is rounded by itself, so that lines may differ by half a cent each.
    assert abs(sum(charged) - price) <= len(charged) * USD.smallest / 2


@given(
    today=st.dates(min_value=date(2024, 1, 1), max_value=date(2032, 12, 31)),
    ahead=st.integers(1, 800),
    cycle=st.sampled_from([cycle for cycle in Cycle if cycle.is_recurring]),
)
def test_what_is_left_ends_on_the_due_date_and_misses_no_day(
    today: date, ahead: int, cycle: Cycle
) -> None:
    due = today + timedelta(days=ahead)

    parts = parts_left(today=today, due=due, cycle=cycle, anchor_day=due.day)

    assert days_of(parts) == ahead
    assert parts[-1].period.end == due
    assert today in parts[0].period
    assert all(part.days == part.period.days for part in parts[1:])


@pytest.mark.parametrize(
    ("start", "charged", "due"),
    [
        (date(2026, 4, 10), "7.00", date(2026, 5, 1)),
        (date(2026, 4, 19), "4.00", date(2026, 5, 1)),
        (date(2026, 4, 20), "13.67", date(2026, 6, 1)),
        (date(2026, 4, 25), "12.00", date(2026, 6, 1)),
        (date(2026, 5, 1), "10.00", date(2026, 6, 1)),
        (date(2026, 12, 31), "10.32", date(2027, 2, 1)),
    ],
)
def test_a_first_term_runs_to_the_day_of_the_month_and_late_orders_pay_the_next_too(
    start: date, charged: str, due: date
) -> None:
    term = first_term(start=start, cycle=MONTH, prorata=Prorata(day=1, charge_next_from=20))

    assert prorated(amount=Decimal(10), parts=term.parts, currency=USD) == Decimal(charged)
    assert (term.due, term.anchor_day) == (due, 1)


def test_the_first_term_of_a_month_with_31_days_is_measured_by_31() -> None:
    term = first_term(
        start=date(2026, 1, 22), cycle=MONTH, prorata=Prorata(day=1, charge_next_from=15)
    )

    assert prorated(amount=Decimal(14), parts=term.parts, currency=USD) == Decimal("18.52")


def test_a_day_that_a_month_lacks_is_its_last() -> None:
    term = first_term(start=date(2026, 2, 10), cycle=MONTH, prorata=Prorata(day=31))

    assert [(part.days, part.period.days) for part in term.parts] == [(18, 28)]
    assert (term.due, term.anchor_day) == (date(2026, 2, 28), 31)


def test_a_long_cycle_is_brought_to_the_day_at_its_own_price() -> None:
    term = first_term(start=date(2026, 4, 10), cycle=Cycle.ANNUALLY, prorata=Prorata(day=1))

    assert [(part.days, part.period.days) for part in term.parts] == [(21, 365)]
    assert term.due == date(2026, 5, 1)


def test_without_a_day_of_the_month_a_whole_period_begins_at_once() -> None:
    term = first_term(start=date(2026, 1, 31), cycle=MONTH)

    assert share_of(term.parts) == 1
    assert (term.due, term.anchor_day) == (date(2026, 2, 28), 31)


@pytest.mark.parametrize("cycle", [Cycle.FREE, Cycle.ONE_TIME])
def test_what_does_not_recur_is_never_due_again(cycle: Cycle) -> None:
    term = first_term(start=date(2026, 1, 31), cycle=cycle, prorata=Prorata(day=1))

    assert (term.parts, term.due, term.anchor_day) == ((), None, None)


@pytest.mark.parametrize("day", [0, 32])
def test_a_product_is_due_on_a_day_that_months_have(day: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 31"):
        Prorata(day=day)
