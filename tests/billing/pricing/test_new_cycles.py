"""A change of the cycle ends the old period today; what never recurred has none to end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.pricing.changes import Held, quote_change
from billing.pricing.cycles import Cycle
from billing.pricing.lines import adjusted
from tests.billing.pricing.shelf import USD, amounts, held, option, product

APRIL = date(2026, 4, 16)
MAY_FIRST = date(2026, 5, 1)
FIVE = product("10", value="bundle-5")
FIFTEEN = product("25", value="bundle-15")
ENHANCED = option("enhanced_mailboxes", 3, "3")


def test_another_cycle_ends_the_old_period_and_begins_one_today() -> None:
    yearly = product("65", value="mail")
    before = held(yearly, due=date(2027, 3, 1), cycle=Cycle.ANNUALLY)

    quote = quote_change(
        held=before,
        selections=(replace(yearly, unit=Decimal(55)),),
        cycle=Cycle.QUARTERLY,
        today=date(2026, 8, 31),
        terms=USD,
    )

    # 182 of 365 days are left; the new quarter runs from 31 August to 30 November.
    assert amounts(quote.lines) == ["55.00", "-32.41"]
    assert str(quote.due_today) == "22.59"
    assert (quote.next_due, quote.anchor_day) == (date(2026, 11, 30), 31)
    assert str(quote.next_recurring.gross) == "55.00"


def test_on_its_first_day_a_whole_old_cycle_is_credited() -> None:
    yearly = product("65", value="mail")

    quote = quote_change(
        held=held(yearly, due=date(2027, 3, 1), cycle=Cycle.ANNUALLY),
        selections=(replace(yearly, unit=Decimal(55)),),
        cycle=Cycle.QUARTERLY,
        today=date(2026, 3, 1),
        terms=USD,
    )

    assert amounts(quote.lines) == ["55.00", "-65.00"]
    assert str(quote.credit_given) == "10.00"


def test_a_product_may_charge_a_whole_cycle_on_a_change() -> None:
    quote = quote_change(
        held=held(FIVE, due=MAY_FIRST),
        selections=(FIFTEEN,),
        today=date(2026, 4, 30),
        terms=USD,
        restarts=True,
    )

    assert amounts(quote.lines) == ["25.00", "-0.33"]
    assert (quote.next_due, quote.anchor_day) == (date(2026, 5, 30), 30)


@pytest.mark.parametrize("cycle", [Cycle.FREE, Cycle.ONE_TIME])
def test_what_was_free_or_paid_once_starts_with_a_whole_cycle(cycle: Cycle) -> None:
    before = Held(selections=(product("8", value="trial"),), cycle=cycle)

    quote = quote_change(
        held=before,
        selections=(FIVE,),
        cycle=Cycle.MONTHLY,
        today=date(2026, 1, 1),
        terms=USD,
    )

    assert amounts(quote.lines) == ["10.00"]
    assert (quote.next_due, quote.anchor_day) == (date(2026, 2, 1), 1)


def test_what_becomes_free_is_credited_and_keeps_its_due_date_as_the_end() -> None:
    quote = quote_change(
        held=held(FIVE, ENHANCED, due=MAY_FIRST),
        selections=(replace(FIVE, unit=Decimal(0)),),
        cycle=Cycle.FREE,
        today=APRIL,
        terms=USD,
    )

    assert amounts(quote.lines) == ["0.00", "-5.00", "-4.50"]
    assert str(quote.credit_given) == "9.50"
    assert str(quote.next_recurring.gross) == "0.00"
    assert (quote.next_due, quote.anchor_day) == (MAY_FIRST, 1)


def test_a_one_time_service_pays_for_more_units_in_full_and_gets_nothing_back() -> None:
    before = Held(selections=(option("extra_quota", 2, "20"),), cycle=Cycle.ONE_TIME)

    more, fewer = (
        quote_change(
            held=before,
            selections=adjusted(selections=before.selections, units={"extra_quota": units}),
            today=APRIL,
            terms=USD,
        )
        for units in (1, -1)
    )

    assert (str(more.due_today), more.next_due) == ("20.00", None)
    assert (str(fewer.credit_given), str(fewer.due_today)) == ("0.00", "0.00")


def test_nothing_is_set_up_for_money_in_a_free_service() -> None:
    quote = quote_change(
        held=held(FIVE, due=MAY_FIRST),
        selections=(product("0", setup="50"), option("archive", 1, "4", setup="9")),
        cycle=Cycle.FREE,
        today=APRIL,
        terms=USD,
        charges_setup=True,
    )

    assert amounts(quote.lines) == ["0.00", "0.00", "-5.00"]


def test_a_recurring_service_has_a_due_date() -> None:
    with pytest.raises(ValueError, match="without a due date"):
        Held(selections=(FIVE,), cycle=Cycle.MONTHLY)
