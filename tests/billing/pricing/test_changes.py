"""A change costs the difference over the days left, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.pricing.changes import quote_change
from billing.pricing.cycles import Cycle
from billing.pricing.lines import adjusted
from billing.pricing.quote import Terms
from billing.pricing.tax import TaxRate, TaxRules
from core.money import currency
from tests.billing.pricing.shelf import USD, amounts, held, option, product

APRIL = date(2026, 4, 16)
MAY_FIRST = date(2026, 5, 1)
JANUARY = date(2026, 1, 20)
FEBRUARY_TENTH = date(2026, 2, 10)
FIVE = product("10", value="bundle-5")
FIFTEEN = product("25", value="bundle-15")
BASIC = option("basic_mailboxes", 10, "1.50")
ENHANCED = option("enhanced_mailboxes", 3, "3")
VAT = TaxRules(rates=(TaxRate(name="VAT", percent=Decimal(20)),))


def test_another_product_is_charged_and_the_old_one_credited_for_the_days_left() -> None:
    quote = quote_change(
        held=held(FIVE, due=MAY_FIRST), selections=(FIFTEEN,), today=APRIL, terms=USD
    )

    assert amounts(quote.lines) == ["12.50", "-5.00"]
    assert str(quote.due_today) == "7.50"
    assert str(quote.next_recurring.gross) == "25.00"
    assert (quote.next_due, quote.anchor_day) == (MAY_FIRST, 1)


def test_four_more_mailboxes_are_one_line_for_the_days_left() -> None:
    before = held(product("5"), ENHANCED, due=FEBRUARY_TENTH)

    quote = quote_change(
        held=before,
        selections=adjusted(selections=before.selections, units={"enhanced_mailboxes": 4}),
        today=JANUARY,
        terms=USD,
    )

    (line,) = quote.lines
    assert (line.key, line.quantity, str(line.unit)) == ("enhanced_mailboxes", 4, "3")
    assert [(part.days, part.period.days) for part in line.parts] == [(21, 31)]
    assert line.period is not None
    assert (line.period.start, line.period.end, line.days) == (JANUARY, FEBRUARY_TENTH, 21)
    assert str(quote.due_today) == "8.13"
    assert str(quote.next_recurring.gross) == "26.00"


def test_the_lines_of_a_mailboxs_new_type_are_rounded_each_by_itself() -> None:
    before = held(ENHANCED, BASIC, due=FEBRUARY_TENTH)

    quote = quote_change(
        held=before,
        selections=adjusted(
            selections=before.selections,
            units={"basic_mailboxes": -1, "enhanced_mailboxes": 1},
        ),
        today=JANUARY,
        terms=USD,
    )

    assert amounts(quote.lines) == ["2.03", "-1.02"]
    assert [line.quantity for line in quote.lines] == [1, -1]
    assert str(quote.due_today) == "1.01"
    assert str(quote.next_recurring.gross) == "25.50"


def test_ten_at_once_are_rounded_once_and_ten_one_by_one_ten_times() -> None:
    before = held(BASIC, due=FEBRUARY_TENTH)

    def credit(units: int) -> Decimal:
        fewer = adjusted(selections=before.selections, units={"basic_mailboxes": -units})
        return quote_change(held=before, selections=fewer, today=JANUARY, terms=USD).credit_given

    assert str(credit(10)) == "10.16"
    assert str(10 * credit(1)) == "10.20"


def test_a_year_with_a_leap_day_is_measured_by_366_days() -> None:
    before = held(product("120"), due=date(2028, 3, 1), cycle=Cycle.ANNUALLY)

    quote = quote_change(
        held=before, selections=(product("240"),), today=date(2027, 12, 1), terms=USD
    )

    assert amounts(quote.lines) == ["59.67", "-29.84"]
    assert str(quote.due_today) == "29.83"


def test_a_second_unit_in_that_year_is_one_line_and_rounded_once() -> None:
    before = held(option("units", 1, "120"), due=date(2028, 3, 1), cycle=Cycle.ANNUALLY)

    quote = quote_change(
        held=before,
        selections=(option("units", 2, "120"),),
        today=date(2027, 12, 1),
        terms=USD,
    )

    assert amounts(quote.lines) == ["29.84"]


def test_mailboxes_added_to_a_year_pay_for_the_days_to_its_end() -> None:
    before = held(option("enhanced_mailboxes", 0, "30"), due=date(2027, 3, 1), cycle=Cycle.ANNUALLY)

    quote = quote_change(
        held=before,
        selections=(option("enhanced_mailboxes", 2, "30"),),
        today=date(2026, 9, 15),
        terms=USD,
    )

    assert [(part.days, part.period.days) for part in quote.lines[0].parts] == [(167, 365)]
    assert str(quote.due_today) == "27.45"


@pytest.mark.parametrize(("gives_credit", "credit"), [(True, "7.50"), (False, "0.00")])
def test_a_downgrade_is_credited_where_the_product_says_so(
    *, gives_credit: bool, credit: str
) -> None:
    quote = quote_change(
        held=held(FIFTEEN, due=MAY_FIRST),
        selections=(FIVE,),
        today=APRIL,
        terms=USD,
        gives_credit=gives_credit,
    )

    assert str(quote.total) == "-7.50"
    assert str(quote.credit_given) == credit
    assert str(quote.due_today) == "0.00"
    assert str(quote.next_recurring.gross) == "10.00"


def test_a_downgrade_is_credited_with_the_tax_that_was_charged() -> None:
    quote = quote_change(
        held=held(FIFTEEN, due=MAY_FIRST),
        selections=(FIVE,),
        today=APRIL,
        terms=replace(USD, tax=VAT, credit=Decimal(3)),
    )

    assert str(quote.subtotal) == "-7.50"
    assert str(quote.credit_given) == "9.00"
    assert str(quote.credit_applied) == "0.00"


def test_paid_ahead_each_period_is_charged_by_its_own_days() -> None:
    before = held(option("enhanced_mailboxes", 3, "3"), due=date(2026, 3, 10))

    quote = quote_change(
        held=before,
        selections=(option("enhanced_mailboxes", 4, "3"),),
        today=JANUARY,
        terms=USD,
    )

    assert str(quote.due_today) == "5.03"
    assert quote.lines[0].days == 49


def test_nothing_is_charged_beyond_the_due_date() -> None:
    before = held(FIVE, ENHANCED, due=MAY_FIRST)

    quote = quote_change(
        held=before, selections=(FIFTEEN, replace(ENHANCED, quantity=5)), today=APRIL, terms=USD
    )

    assert {line.period.end for line in quote.lines if line.period} == {MAY_FIRST}
    assert {line.days for line in quote.lines} == {15}


@pytest.mark.parametrize("today", [date(2026, 5, 1), date(2026, 5, 9)])
def test_past_the_due_date_there_is_nothing_to_prorate(today: date) -> None:
    quote = quote_change(
        held=held(FIVE, due=MAY_FIRST), selections=(FIFTEEN,), today=today, terms=USD
    )

    assert str(quote.total) == "0.00"
    assert str(quote.next_recurring.gross) == "25.00"
    assert quote.next_due == MAY_FIRST


@pytest.mark.parametrize("tax", [TaxRules(), VAT])
def test_up_and_down_on_one_day_cancel_out(tax: TaxRules) -> None:
    terms = Terms(currency=currency("USD"), tax=tax)
    small, large = (FIVE, ENHANCED), (FIFTEEN, replace(ENHANCED, quantity=7))

    up = quote_change(
        held=held(*small, due=FEBRUARY_TENTH), selections=large, today=JANUARY, terms=terms
    )
    down = quote_change(
        held=held(*large, due=FEBRUARY_TENTH), selections=small, today=JANUARY, terms=terms
    )

    assert up.total > 0
    assert str(up.total + down.total) == "0.00"
    assert down.credit_given == up.due_today


def test_a_mixed_change_is_one_amount() -> None:
    quote = quote_change(
        held=held(FIVE, BASIC, ENHANCED, due=MAY_FIRST),
        selections=(FIVE, replace(BASIC, quantity=2), replace(ENHANCED, quantity=8)),
        today=APRIL,
        terms=USD,
    )

    assert amounts(quote.lines) == ["-6.00", "7.50"]
    assert str(quote.due_today) == "1.50"
    assert str(quote.credit_given) == "0.00"


def test_included_units_are_never_refunded() -> None:
    included = option("basic_mailboxes", 5, "1.50", included=5)
    before = held(FIVE, included, ENHANCED, due=FEBRUARY_TENTH)

    swapped = adjusted(
        selections=before.selections, units={"basic_mailboxes": -1, "enhanced_mailboxes": 1}
    )
    quote = quote_change(held=before, selections=swapped, today=JANUARY, terms=USD)

    assert amounts(quote.lines) == ["2.03"]
    assert swapped[1].quantity == 5


def test_a_free_slot_costs_nothing() -> None:
    before = held(FIVE, ENHANCED, due=FEBRUARY_TENTH)

    quote = quote_change(held=before, selections=before.selections, today=JANUARY, terms=USD)

    assert quote.lines == ()
    assert str(quote.due_today) == "0.00"
    assert str(quote.next_recurring.gross) == "19.00"


def test_an_option_that_is_given_up_is_credited_and_a_new_one_charged() -> None:
    quote = quote_change(
        held=held(FIVE, option("backup", 1, "6"), due=MAY_FIRST),
        selections=(FIVE, option("archive", 1, "4")),
        today=APRIL,
        terms=USD,
    )

    assert [(line.key, str(line.amount)) for line in quote.lines] == [
        ("archive", "2.00"),
        ("backup", "-3.00"),
    ]


def test_another_value_at_the_same_price_is_shown_and_costs_nothing() -> None:
    quote = quote_change(
        held=held(product("10", value="red"), due=MAY_FIRST),
        selections=(product("10", value="blue"),),
        today=APRIL,
        terms=USD,
    )

    assert amounts(quote.lines) == ["5.00", "-5.00"]
    assert str(quote.due_today) == "0.00"


@pytest.mark.parametrize(
    ("code", "unit", "due"), [("JPY", "300", "203"), ("BHD", "1.200", "0.813")]
)
def test_a_change_has_the_digits_of_its_currency(code: str, unit: str, due: str) -> None:
    quote = quote_change(
        held=held(option("basic_mailboxes", 0, unit), due=FEBRUARY_TENTH),
        selections=(option("basic_mailboxes", 1, unit),),
        today=JANUARY,
        terms=Terms(currency=currency(code)),
    )

    assert str(quote.due_today) == due


def test_what_is_not_there_cannot_be_taken_away() -> None:
    with pytest.raises(ValueError, match="3 selected, 4 taken away"):
        adjusted(selections=(ENHANCED,), units={"enhanced_mailboxes": -4})
    with pytest.raises(ValueError, match="not selected"):
        adjusted(selections=(ENHANCED,), units={"aliases": 1})


def test_a_key_is_selected_once() -> None:
    with pytest.raises(ValueError, match="selected twice"):
        quote_change(
            held=held(FIVE, due=MAY_FIRST), selections=(FIVE, FIFTEEN), today=APRIL, terms=USD
        )
