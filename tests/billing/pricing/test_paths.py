"""Whatever a client does to a service, he pays for each day what it costs, and not a cent else."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.pricing.changes import Held, quote_change
from billing.pricing.cycles import Cycle
from billing.pricing.lines import Line, Selection
from billing.pricing.orders import quote_order, quote_renewal
from billing.pricing.quote import Quote
from tests.billing.pricing.shelf import USD, option, product

MONTHS = {Cycle.MONTHLY: 1, Cycle.QUARTERLY: 3, Cycle.ANNUALLY: 12}
# What a month's price is multiplied by for a longer cycle.
FACTOR = {Cycle.MONTHLY: Decimal(1), Cycle.QUARTERLY: Decimal("2.9"), Cycle.ANNUALLY: Decimal(10)}
PRODUCTS = (("mini", "4.95"), ("midi", "12.50"), ("maxi", "29.9950"))
HALF_A_CENT = Fraction(1, 200)
# Month ends, leap days and the days when clocks change.
STARTS = st.one_of(
    st.dates(min_value=date(2027, 1, 1), max_value=date(2029, 12, 31)),
    st.sampled_from(
        [
            *(date(2028, 1, 31), date(2028, 2, 29), date(2027, 12, 31), date(2027, 8, 30)),
            *(date(2028, 3, 26), date(2028, 10, 29)),
        ]
    ),
)


@dataclass(frozen=True)
class Wish:
    """What a client wants to have: product, mailboxes of both types, cycle."""

    product: int
    basic: int
    enhanced: int
    cycle: Cycle

    @property
    def selections(self) -> tuple[Selection, ...]:
        """Return what is charged for it, at its cycle's prices."""
        value, price = PRODUCTS[self.product]
        factor = FACTOR[self.cycle]
        return (
            product(str(Decimal(price) * factor), value=value),
            option("basic", self.basic, str(Decimal("1.37") * factor), included=self.product),
            option("enhanced", self.enhanced, str(Decimal("3.3333") * factor)),
        )


@dataclass
class Ledger:
    """The exact model: what was had on each day, added up in fractions that never round."""

    anchor: date
    cycle: Cycle
    due: date
    # What was had on a day, and the length of the period around it.
    days: dict[date, tuple[Wish, int]] = field(default_factory=dict)

    def charge(self, wish: Wish, start: date, end: date) -> None:
        """Enter what is had from `start` to before `end`."""
        months = MONTHS[self.cycle]
        dues = [clamped(self.anchor, number * months) for number in range(-2, 60 // months + 2)]
        for offset in range((end - start).days):
            day = start + timedelta(days=offset)
            behind = bisect_right(dues, day)
            self.days[day] = (wish, (dues[behind] - dues[behind - 1]).days)

    def from_day(self, today: date) -> dict[tuple[str, str, Decimal], Fraction]:
        """Return what each component costs from today on."""
        sums: dict[tuple[str, str, Decimal], Fraction] = {}
        counts = Counter(had for day, had in self.days.items() if day >= today)
        for (wish, length), days in counts.items():
            for each in wish.selections:
                component = (each.key, each.value, each.unit)
                cost = Fraction(each.unit) * each.billed * Fraction(days, length)
                sums[component] = sums.get(component, Fraction(0)) + cost
        return sums


def clamped(anchor: date, months: int) -> date:
    """Return the anchor so many months on, or the last day before it that exists."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    for day in range(anchor.day, 0, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    raise AssertionError("a month without a first day")


def half_up(amount: Fraction) -> Fraction:
    """Round to cents, halves away from zero, without decimals."""
    cents = Fraction(floor(abs(amount) * 100 + Fraction(1, 2)), 100)
    return cents if amount >= 0 else -cents


WISHES = st.builds(
    Wish,
    product=st.integers(0, 2),
    basic=st.integers(0, 12),
    enhanced=st.integers(0, 9),
    cycle=st.sampled_from(list(MONTHS)),
)


@settings(max_examples=60)
@given(
    start=STARTS,
    first=WISHES,
    steps=st.lists(st.tuples(st.integers(0, 45), st.integers(0, 5), WISHES), max_size=9),
)
def test_any_path_of_changes_is_charged_without_error(
    start: date, first: Wish, steps: list[tuple[int, int, Wish]]
) -> None:
    order = quote_order(selections=first.selections, cycle=first.cycle, today=start, terms=USD)
    assert order.next_due is not None
    ledger = Ledger(anchor=start, cycle=first.cycle, due=order.next_due)
    ledger.charge(first, start, order.next_due)
    exact = sum((half_up(cost) for cost in ledger.from_day(start).values()), Fraction(0))
    quotes, has, today = [order], first, start

    for wait, what, wish in steps:
        today += timedelta(days=wait)
        while ledger.due <= today:
            exact += _renew(ledger, has, quotes)
        wanted = _step(has, what, wish)
        exact += _change(ledger, has, wanted, today, quotes)
        has = wanted

    charged = sum((Fraction(quote.total) for quote in quotes), Fraction(0))
    by_day = sum(ledger.from_day(start).values(), Fraction(0))
    assert charged - exact == 0
    assert abs(charged - by_day) <= sum(len(quote.lines) for quote in quotes) * HALF_A_CENT


def _step(has: Wish, what: int, wish: Wish) -> Wish:
    """Return the next wish: one thing changed, or all at once."""
    if what == 0:
        return replace(has, product=wish.product)
    if what == 1:
        return replace(has, enhanced=wish.enhanced)
    if what == 2:
        return replace(has, basic=wish.basic)
    if what == 3:
        swapped = min(1, has.basic)
        return replace(has, basic=has.basic - swapped, enhanced=has.enhanced + swapped)
    return wish if what == 4 else replace(has, cycle=wish.cycle)


def _renew(ledger: Ledger, has: Wish, quotes: list[Quote]) -> Fraction:
    """Renew a service, and return what the model charges for it."""
    renewal = quote_renewal(
        selections=has.selections,
        cycle=has.cycle,
        due=ledger.due,
        anchor_day=ledger.anchor.day,
        terms=USD,
    )
    assert renewal.next_due is not None
    assert renewal.total == quotes[-1].next_recurring.gross
    ledger.charge(has, ledger.due, renewal.next_due)
    charged = ledger.from_day(ledger.due)
    ledger.due = renewal.next_due
    quotes.append(renewal)
    return sum((half_up(cost) for cost in charged.values()), Fraction(0))


def _change(ledger: Ledger, has: Wish, wanted: Wish, today: date, quotes: list[Quote]) -> Fraction:
    """Change a service, and return what the model charges for it, component by component."""
    held = Held(
        selections=has.selections,
        cycle=has.cycle,
        due=ledger.due,
        anchor_day=ledger.anchor.day,
    )
    preview, quote = (
        quote_change(
            held=held, selections=wanted.selections, cycle=wanted.cycle, today=today, terms=USD
        )
        for _ in ("preview", "confirmed")
    )
    assert preview == quote
    assert quote.next_due is not None
    before = ledger.from_day(today)
    ledger.days = {day: costs for day, costs in ledger.days.items() if day < today}
    if has.cycle != wanted.cycle:
        ledger.anchor, ledger.cycle = today, wanted.cycle
        assert quote.next_due == clamped(today, MONTHS[wanted.cycle])
    else:
        assert quote.next_due == ledger.due
    ledger.due = quote.next_due
    ledger.charge(wanted, today, ledger.due)
    after = ledger.from_day(today)
    quotes.append(quote)
    return sum(
        (
            half_up(after.get(component, Fraction(0)) - before.get(component, Fraction(0)))
            for component in before | after
        ),
        Fraction(0),
    )


@settings(max_examples=60)
@given(start=STARTS, wait=st.integers(0, 400), here=WISHES, there=WISHES)
def test_there_and_back_on_one_day_costs_nothing(
    start: date, wait: int, here: Wish, there: Wish
) -> None:
    there = replace(there, cycle=here.cycle)
    order = quote_order(selections=here.selections, cycle=here.cycle, today=start, terms=USD)
    today = start + timedelta(days=wait)

    def change(old: Wish, new: Wish) -> Quote:
        held = Held(
            selections=old.selections, cycle=old.cycle, due=order.next_due, anchor_day=start.day
        )
        return quote_change(held=held, selections=new.selections, today=today, terms=USD)

    out, back = change(here, there), change(there, here)

    assert out.total + back.total == 0
    assert out.credit_given == back.due_today
    assert by_line(out.lines) == {line: -amount for line, amount in by_line(back.lines).items()}
    assert back.next_recurring.gross == order.next_recurring.gross


def by_line(lines: tuple[Line, ...]) -> dict[tuple[str, Decimal], Decimal]:
    """Return the amounts by what they are for."""
    return {(line.key, line.unit): line.amount for line in lines}
