"""Set-up fees and promotions when a service changes: nobody pays or gets back too much."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.pricing.changes import Held, quote_change
from billing.pricing.cycles import Cycle
from billing.pricing.lines import LineKind, adjusted
from billing.pricing.promotions import Promotion, PromotionKind
from tests.billing.pricing.shelf import USD, amounts, held, option, product

APRIL = date(2026, 4, 16)
MAY_FIRST = date(2026, 5, 1)
FIVE = product("10", value="bundle-5")
FIFTEEN = product("25", value="bundle-15")


@pytest.mark.parametrize(("charges_setup", "lines"), [(False, ["2.00"]), (True, ["2.00", "9.00"])])
def test_setup_is_charged_for_what_is_new_where_the_product_says_so(
    *, charges_setup: bool, lines: list[str]
) -> None:
    quote = quote_change(
        held=held(product("10", setup="50"), due=MAY_FIRST),
        selections=(product("10", setup="50"), option("archive", 1, "4", setup="9")),
        today=APRIL,
        terms=USD,
        charges_setup=charges_setup,
    )

    assert amounts(quote.lines) == lines
    assert str(quote.next_recurring.gross) == "14.00"


def test_an_option_held_with_no_units_is_new_when_it_gets_some() -> None:
    quote = quote_change(
        held=held(option("archive", 0, "4", setup="9"), due=MAY_FIRST),
        selections=(option("archive", 1, "4", setup="9"),),
        today=APRIL,
        terms=USD,
        charges_setup=True,
    )

    assert amounts(quote.lines) == ["2.00", "9.00"]


def test_a_one_time_service_with_a_promotion_is_not_charged_for_less() -> None:
    half = Promotion(code="HALF", kind=PromotionKind.PERCENT, value=Decimal(50), periods_left=0)
    before = Held(
        selections=(option("extra_quota", 2, "20"),),
        cycle=Cycle.ONE_TIME,
        promotion=half,
        is_discounted=True,
    )

    more, fewer = (
        quote_change(
            held=before,
            selections=adjusted(selections=before.selections, units={"extra_quota": units}),
            today=APRIL,
            terms=USD,
        )
        for units in (1, -1)
    )

    assert str(more.due_today) == "10.00"
    assert (str(fewer.due_today), str(fewer.credit_given)) == ("0.00", "0.00")


def test_a_period_without_the_promotion_is_credited_as_it_was_paid() -> None:
    half = Promotion(code="HALF", kind=PromotionKind.PERCENT, value=Decimal(50), periods_left=1)
    before = held(FIFTEEN, due=MAY_FIRST, promotion=half, is_discounted=False)

    quote = quote_change(held=before, selections=(FIVE,), today=APRIL, terms=USD)

    assert str(quote.credit_given) == "7.50"
    assert str(quote.next_recurring.gross) == "5.00"


def test_no_more_comes_back_than_a_promotion_has_let_pay() -> None:
    half = Promotion(code="HALF", kind=PromotionKind.PERCENT, value=Decimal(50), periods_left=None)
    before = held(FIFTEEN, due=MAY_FIRST, promotion=half, is_discounted=True)

    quote = quote_change(held=before, selections=(FIVE,), today=APRIL, terms=USD)

    assert amounts(quote.lines) == ["5.00", "-12.50", "3.75"]
    assert quote.lines[-1].kind == LineKind.DISCOUNT
    assert str(quote.credit_given) == "3.75"
    assert str(quote.next_recurring.gross) == "5.00"


def test_an_amount_off_both_sides_changes_nothing() -> None:
    three_off = Promotion(code="THREE", kind=PromotionKind.FIXED, value=Decimal(3), periods_left=0)
    before = held(FIVE, due=MAY_FIRST, promotion=three_off, is_discounted=True)

    quote = quote_change(held=before, selections=(FIFTEEN,), today=APRIL, terms=USD)

    assert amounts(quote.lines) == ["12.50", "-5.00"]
    assert str(quote.next_recurring.gross) == "25.00"


def test_a_new_cycle_uses_up_a_period_of_the_promotion() -> None:
    tenth = Promotion(code="TENTH", kind=PromotionKind.PERCENT, value=Decimal(10), periods_left=1)
    before = held(FIVE, due=MAY_FIRST, promotion=tenth, is_discounted=True)

    quote = quote_change(
        held=before,
        selections=(replace(FIVE, unit=Decimal(100)),),
        cycle=Cycle.ANNUALLY,
        today=APRIL,
        terms=USD,
    )

    assert amounts(quote.lines) == ["100.00", "-10.00", "-5.00", "0.50"]
    assert str(quote.due_today) == "85.50"
    assert str(quote.next_recurring.gross) == "100.00"
