"""Amounts have their currency's digits, and halves go away from zero."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import CURRENCIES, UnknownCurrency, currency

USD = currency("USD")


@pytest.mark.parametrize(
    ("code", "amount", "rounded"),
    [
        ("USD", "8.125", "8.13"),
        ("USD", "8.1249999", "8.12"),
        ("USD", "0.105", "0.11"),
        ("USD", "-1.005", "-1.01"),
        ("USD", "7", "7.00"),
        ("JPY", "203.5", "204"),
        ("JPY", "203.4999", "203"),
        ("BHD", "0.8125", "0.813"),
        ("BHD", "-0.8125", "-0.813"),
    ],
)
def test_an_amount_is_rounded_half_up_to_the_digits_of_its_currency(
    code: str, amount: str, rounded: str
) -> None:
    assert str(currency(code).rounded(Decimal(amount))) == rounded
    assert str(currency(code).rounded(Fraction(amount))) == rounded


@pytest.mark.parametrize("nothing", [Decimal("-0.001"), Decimal("-0"), Fraction(-1, 1000)])
def test_nothing_has_no_sign(nothing: Decimal | Fraction) -> None:
    assert str(USD.rounded(nothing)) == "0.00"


@pytest.mark.parametrize(("code", "smallest"), [("JPY", "1"), ("EUR", "0.01"), ("KWD", "0.001")])
def test_the_smallest_amount_follows_the_digits(code: str, smallest: str) -> None:
    assert str(currency(code).smallest) == smallest


@pytest.mark.parametrize("code", ["", "usd", "XXX", "EURO"])
def test_a_code_that_is_not_sold_in_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        currency(code)


def test_every_currency_has_its_own_code_and_a_number_of_digits_we_know() -> None:
    assert {code: each.code for code, each in CURRENCIES.items()} == {
        code: code for code in CURRENCIES
    }
    assert {each.digits for each in CURRENCIES.values()} == {0, 2, 3}
    assert str(currency("CHF")) == "CHF"


@given(
    code=st.sampled_from(["JPY", "EUR", "BHD"]),
    amount=st.fractions(min_value=-100_000, max_value=100_000, max_denominator=1500),
)
def test_rounding_errs_by_half_a_unit_at_most_and_a_credit_mirrors_its_charge(
    code: str, amount: Fraction
) -> None:
    unit = currency(code)

    rounded = unit.rounded(amount)

    assert abs(Fraction(rounded) - amount) <= Fraction(unit.smallest) / 2
    assert unit.rounded(-amount) == -rounded
    assert unit.rounded(rounded) == rounded
