"""What a new service and its renewals cost, with set-up fees, promotions, tax and credit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.pricing.cycles import Cycle, Period
from billing.pricing.lines import LineKind
from billing.pricing.orders import quote_order, quote_renewal
from billing.pricing.promotions import Promotion, PromotionKind
from billing.pricing.proration import Prorata
from billing.pricing.quote import Terms
from billing.pricing.tax import TaxRate, TaxRules
from core.money import currency
from tests.billing.pricing.shelf import USD, amounts, option, product

TODAY = date(2026, 4, 10)
BUNDLE = product("10", setup="15")
EXTRA = option("extra_quota", 3, "2.50", setup="1")
LATE_IN_THE_MONTH = Prorata(day=1, charge_next_from=20)


def percent(value: str, *, periods_left: int | None = 1, covers_setup: bool = False) -> Promotion:
    return Promotion(
        code="OFF",
        kind=PromotionKind.PERCENT,
        value=Decimal(value),
        periods_left=periods_left,
        covers_setup=covers_setup,
    )


def fixed(value: str, *, periods_left: int | None = 1) -> Promotion:
    return Promotion(
        code="OFF", kind=PromotionKind.FIXED, value=Decimal(value), periods_left=periods_left
    )


def test_a_new_service_pays_its_first_period_and_its_set_up() -> None:
    quote = quote_order(
        selections=(BUNDLE, EXTRA), cycle=Cycle.MONTHLY, today=date(2026, 1, 31), terms=USD
    )

    assert [(line.kind, line.key, str(line.amount)) for line in quote.lines] == [
        (LineKind.PRODUCT, "product", "10.00"),
        (LineKind.OPTION, "extra_quota", "7.50"),
        (LineKind.SETUP, "product", "15.00"),
        (LineKind.SETUP, "extra_quota", "3.00"),
    ]
    assert quote.lines[0].period == Period(start=date(2026, 1, 31), end=date(2026, 2, 28))
    assert quote.lines[2].period is None
    assert str(quote.due_today) == "35.50"
    assert str(quote.next_recurring.gross) == "17.50"
    assert (quote.next_due, quote.anchor_day) == (date(2026, 2, 28), 31)


@pytest.mark.parametrize(
    ("today", "lines", "due"),
    [
        (date(2026, 4, 10), ["7.00", "15.00"], date(2026, 5, 1)),
        (date(2026, 4, 25), ["12.00", "15.00"], date(2026, 6, 1)),
    ],
)
def test_a_first_period_to_the_day_of_the_month_is_prorated_and_the_set_up_is_not(
    today: date, lines: list[str], due: date
) -> None:
    quote = quote_order(
        selections=(BUNDLE,),
        cycle=Cycle.MONTHLY,
        today=today,
        terms=USD,
        prorata=LATE_IN_THE_MONTH,
    )

    assert amounts(quote.lines) == lines
    assert quote.lines[0].period == Period(start=today, end=due)
    assert (quote.next_due, quote.anchor_day) == (due, 1)
    assert str(quote.next_recurring.gross) == "10.00"


def test_a_free_service_costs_nothing_and_is_never_due() -> None:
    quote = quote_order(
        selections=(BUNDLE, EXTRA),
        cycle=Cycle.FREE,
        today=TODAY,
        terms=USD,
        promotion=percent("50", covers_setup=True),
    )

    assert amounts(quote.lines) == ["0.00", "0.00"]
    assert (str(quote.due_today), str(quote.next_recurring.gross)) == ("0.00", "0.00")
    assert quote.next_due is None


def test_a_one_time_service_is_paid_once() -> None:
    quote = quote_order(selections=(BUNDLE,), cycle=Cycle.ONE_TIME, today=TODAY, terms=USD)

    assert amounts(quote.lines) == ["10.00", "15.00"]
    assert str(quote.next_recurring.gross) == "0.00"
    assert quote.next_due is None


def test_what_nobody_chose_has_no_line_and_a_product_for_nothing_has_one() -> None:
    quote = quote_order(
        selections=(product("0"), replace(EXTRA, quantity=0), option("basic", 5, "2", included=5)),
        cycle=Cycle.MONTHLY,
        today=TODAY,
        terms=USD,
    )

    assert amounts(quote.lines) == ["0.00"]


def test_a_renewal_is_for_the_period_that_is_due() -> None:
    quote = quote_renewal(
        selections=(BUNDLE, EXTRA),
        cycle=Cycle.MONTHLY,
        due=date(2026, 2, 28),
        anchor_day=31,
        terms=USD,
    )

    assert amounts(quote.lines) == ["10.00", "7.50"]
    assert {line.period for line in quote.lines} == {
        Period(start=date(2026, 2, 28), end=date(2026, 3, 31))
    }
    assert quote.next_due == date(2026, 3, 31)


def test_each_renewal_line_is_rounded_by_itself() -> None:
    lines = tuple(option(key, 1, "0.3350") for key in ("one", "two", "three"))

    quote = quote_renewal(
        selections=lines, cycle=Cycle.MONTHLY, due=TODAY, anchor_day=10, terms=USD
    )

    assert amounts(quote.lines) == ["0.34", "0.34", "0.34"]
    assert str(quote.total) == "1.02"


def test_credit_is_used_before_anything_is_due() -> None:
    terms = Terms(
        currency=currency("EUR"),
        tax=TaxRules(rates=(TaxRate(name="VAT", percent=Decimal(21)),)),
        credit=Decimal("5.00"),
    )

    quote = quote_renewal(
        selections=(BUNDLE,), cycle=Cycle.MONTHLY, due=TODAY, anchor_day=10, terms=terms
    )

    assert (str(quote.subtotal), str(quote.taxes[0].amount)) == ("10.00", "2.10")
    assert (quote.taxes[0].name, quote.taxes[0].percent) == ("VAT", Decimal(21))
    assert (str(quote.credit_applied), str(quote.due_today)) == ("5.00", "7.10")
    assert str(quote.next_recurring.gross) == "12.10"


def test_no_more_credit_is_used_than_is_due() -> None:
    quote = quote_renewal(
        selections=(BUNDLE,),
        cycle=Cycle.MONTHLY,
        due=TODAY,
        anchor_day=10,
        terms=replace(USD, credit=Decimal(400)),
    )

    assert (str(quote.credit_applied), str(quote.due_today)) == ("10.00", "0.00")
    assert str(quote.credit_given) == "0.00"


@pytest.mark.parametrize(
    ("periods_left", "first", "second", "next_time"),
    [
        (1, "13.12", "17.50", "17.50"),
        (2, "13.12", "13.12", "17.50"),
        (None, "13.12", "13.12", "13.12"),
    ],
)
def test_a_promotion_is_taken_off_as_many_bills_as_it_says(
    periods_left: int | None, first: str, second: str, next_time: str
) -> None:
    offer = percent("25", periods_left=periods_left)
    after_one = replace(offer, periods_left=None if periods_left is None else periods_left - 1)

    order = quote_order(
        selections=(
            product("10"),
            EXTRA,
        ),
        cycle=Cycle.MONTHLY,
        today=TODAY,
        terms=USD,
        promotion=offer,
    )
    renewal = quote_renewal(
        selections=(product("10"), EXTRA),
        cycle=Cycle.MONTHLY,
        due=date(2026, 5, 10),
        anchor_day=10,
        terms=USD,
        promotion=after_one,
    )

    assert str(order.total - Decimal(3)) == first
    assert str(order.next_recurring.gross) == str(renewal.total) == second
    assert str(renewal.next_recurring.gross) == next_time


def test_a_percentage_is_taken_off_each_line_and_leaves_the_set_up_alone() -> None:
    quote = quote_order(
        selections=(BUNDLE, EXTRA),
        cycle=Cycle.MONTHLY,
        today=TODAY,
        terms=USD,
        promotion=percent("25"),
    )

    discounts = [line for line in quote.lines if line.kind == LineKind.DISCOUNT]
    assert [(line.key, str(line.amount)) for line in discounts] == [
        ("product", "-2.50"),
        ("extra_quota", "-1.88"),
    ]
    assert {line.details["promotion"] for line in discounts} == {"OFF"}
    assert str(quote.total) == "31.12"


def test_a_percentage_that_covers_set_up_is_taken_off_it_too() -> None:
    quote = quote_order(
        selections=(BUNDLE,),
        cycle=Cycle.MONTHLY,
        today=TODAY,
        terms=USD,
        promotion=percent("100", covers_setup=True),
    )

    assert amounts(quote.lines) == ["10.00", "-10.00", "15.00", "-15.00"]
    assert str(quote.due_today) == "0.00"


@pytest.mark.parametrize(
    ("value", "discounts"),
    [("4", ["-4.00"]), ("12", ["-10.00", "-2.00"]), ("900", ["-10.00", "-7.50"])],
)
def test_an_amount_is_taken_off_the_first_lines_and_never_more_than_they_cost(
    value: str, discounts: list[str]
) -> None:
    quote = quote_renewal(
        selections=(BUNDLE, EXTRA),
        cycle=Cycle.MONTHLY,
        due=TODAY,
        anchor_day=10,
        terms=USD,
        promotion=fixed(value),
    )

    assert amounts(quote.lines)[2:] == discounts
    assert quote.total >= 0


def test_an_amount_off_does_not_turn_a_negative_option_into_a_gift() -> None:
    quote = quote_renewal(
        selections=(product("10"), option("no_support", 1, "-4")),
        cycle=Cycle.MONTHLY,
        due=TODAY,
        anchor_day=10,
        terms=USD,
        promotion=fixed("50"),
    )

    assert amounts(quote.lines) == ["10.00", "-4.00", "-6.00"]
    assert str(quote.total) == "0.00"


def test_an_amount_off_shrinks_with_a_short_first_period() -> None:
    quote = quote_order(
        selections=(product("10"),),
        cycle=Cycle.MONTHLY,
        today=TODAY,
        terms=USD,
        prorata=LATE_IN_THE_MONTH,
        promotion=fixed("5"),
    )

    assert amounts(quote.lines) == ["7.00", "-3.50"]


@pytest.mark.parametrize(
    ("kind", "value", "covers_setup"),
    [
        (PromotionKind.PERCENT, "101", False),
        (PromotionKind.PERCENT, "-1", False),
        (PromotionKind.FIXED, "-1", False),
        (PromotionKind.FIXED, "5", True),
    ],
)
def test_a_promotion_that_makes_no_sense_is_refused(
    *, kind: PromotionKind, value: str, covers_setup: bool
) -> None:
    with pytest.raises(ValueError, match="OFF"):
        Promotion(code="OFF", kind=kind, value=Decimal(value), covers_setup=covers_setup)


def test_nobody_has_a_negative_number_of_anything() -> None:
    with pytest.raises(ValueError, match="negative"):
        option("extra_quota", -1, "2")
