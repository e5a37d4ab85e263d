"""Net and tax are the gross amount, whatever the levels, the rounding and the prices."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.tax import TaxRate, TaxRounding, TaxRules, taxed, taxed_total
from core.money import currency

EUR = currency("EUR")
VAT = TaxRate(name="VAT", percent=Decimal(21))
GST = TaxRate(name="GST", percent=Decimal(5))
QST = TaxRate(name="QST", percent=Decimal("9.975"))
THREE_LINES = [(Decimal(text), True) for text in ("3.99", "4.99", "5.99")]


@pytest.mark.parametrize(
    ("rounding", "tax", "gross"),
    [(TaxRounding.PER_LINE, "3.15", "18.12"), (TaxRounding.ON_TOTAL, "3.14", "18.11")],
)
def test_tax_is_rounded_on_each_line_or_on_the_total(
    rounding: TaxRounding, tax: str, gross: str
) -> None:
    rules = TaxRules(rates=(VAT,), rounding=rounding)

    totals = taxed_total(amounts=THREE_LINES, rules=rules, currency=EUR)

    assert (str(totals.net), str(totals.tax), str(totals.gross)) == ("14.97", tax, gross)


def test_tax_within_a_price_is_what_is_not_net() -> None:
    rules = TaxRules(rates=(TaxRate(name="VAT", percent=Decimal(22)),), is_inclusive=True)

    parts = taxed(amount=Decimal(14), rules=rules, currency=EUR)

    assert (str(parts.net), str(parts.tax), str(parts.gross)) == ("11.48", "2.52", "14.00")


@pytest.mark.parametrize(
    ("is_compound", "taxes", "gross"),
    [(False, ["5.00", "9.98"], "114.98"), (True, ["5.00", "10.47"], "115.47")],
)
def test_the_second_level_is_charged_on_the_first_only_when_compound(
    *, is_compound: bool, taxes: list[str], gross: str
) -> None:
    rules = TaxRules(rates=(GST, QST), is_compound=is_compound)

    parts = taxed(amount=Decimal(100), rules=rules, currency=EUR)

    assert [str(tax) for tax in parts.taxes] == taxes
    assert str(parts.gross) == gross


@pytest.mark.parametrize("is_compound", [False, True])
def test_two_levels_are_found_again_within_the_price_they_make(*, is_compound: bool) -> None:
    rules = TaxRules(rates=(GST, QST), is_compound=is_compound)
    added = taxed(amount=Decimal(100), rules=rules, currency=EUR)

    within = taxed(
        amount=added.gross,
        rules=TaxRules(rates=(GST, QST), is_compound=is_compound, is_inclusive=True),
        currency=EUR,
    )

    assert within == added


@pytest.mark.parametrize(("is_inclusive", "paid"), [(False, "14.00"), (True, "11.57")])
def test_an_exempt_client_pays_no_tax_not_even_the_one_within_prices(
    *, is_inclusive: bool, paid: str
) -> None:
    rules = TaxRules(rates=(VAT,), is_inclusive=is_inclusive, is_exempt=True)

    parts = taxed(amount=Decimal(14), rules=rules, currency=EUR)

    assert (str(parts.net), str(parts.gross)) == (paid, paid)
    assert [str(tax) for tax in parts.taxes] == ["0.00"]


@pytest.mark.parametrize("rounding", list(TaxRounding))
def test_a_line_that_is_not_taxed_adds_no_tax(rounding: TaxRounding) -> None:
    lines = [(Decimal("10.00"), True), (Decimal("3.63"), False)]

    totals = taxed_total(
        amounts=lines, rules=TaxRules(rates=(VAT,), rounding=rounding), currency=EUR
    )

    assert (str(totals.net), str(totals.tax), str(totals.gross)) == ("13.63", "2.10", "15.73")


@pytest.mark.parametrize("rounding", list(TaxRounding))
def test_nothing_comes_to_nothing(rounding: TaxRounding) -> None:
    rules = TaxRules(rates=(GST, QST), rounding=rounding)

    totals = taxed_total(amounts=[], rules=rules, currency=EUR)

    assert (str(totals.net), str(totals.gross)) == ("0.00", "0.00")
    assert [str(tax) for tax in totals.taxes] == ["0.00", "0.00"]


def test_a_downgrade_gives_its_tax_back() -> None:
    rules = TaxRules(rates=(TaxRate(name="VAT", percent=Decimal(20)),))

    parts = taxed(amount=Decimal("-7.50"), rules=rules, currency=EUR)

    assert (str(parts.net), str(parts.tax), str(parts.gross)) == ("-7.50", "-1.50", "-9.00")


def test_there_is_no_third_level_and_no_negative_rate() -> None:
    with pytest.raises(ValueError, match="two levels"):
        TaxRules(rates=(GST, QST, VAT))
    with pytest.raises(ValueError, match="negative"):
        TaxRate(name="VAT", percent=Decimal(-1))


@st.composite
def rules(draw: st.DrawFn) -> TaxRules:
    """Any rules a client can be taxed by."""
    percents = draw(
        st.lists(st.decimals(min_value=0, max_value=30, places=4), min_size=0, max_size=2)
    )
    return TaxRules(
        rates=tuple(TaxRate(name="Tax", percent=percent) for percent in percents),
        is_compound=draw(st.booleans()),
        is_inclusive=draw(st.booleans()),
        is_exempt=draw(st.booleans()),
        rounding=draw(st.sampled_from(TaxRounding)),
    )


@given(
    by=rules(),
    code=st.sampled_from(["JPY", "EUR", "BHD"]),
    cents=st.lists(st.tuples(st.integers(-99_999, 99_999), st.booleans()), max_size=6),
)
def test_net_and_tax_are_always_the_gross_amount(
    by: TaxRules, code: str, cents: list[tuple[int, bool]]
) -> None:
    unit = currency(code)
    lines = [(amount * unit.smallest, is_taxed) for amount, is_taxed in cents]

    totals = taxed_total(amounts=lines, rules=by, currency=unit)

    given_back = taxed_total(
        amounts=[(-amount, is_taxed) for amount, is_taxed in lines], rules=by, currency=unit
    )
    assert totals.net + sum(totals.taxes) == totals.gross
    assert totals.gross + given_back.gross == 0
    if by.is_inclusive and not by.is_exempt:
        assert totals.gross == sum(amount for amount, _ in lines)
    if not by.is_inclusive:
        assert totals.net == sum(amount for amount, _ in lines)
    if by.is_exempt:
        assert totals.tax == 0


def test_cents_left_over_go_to_a_level_that_is_charged() -> None:
    none = TaxRate(name="None", percent=Decimal(0))
    # At 20 % in 3 cents both net and tax end in half a cent, and both would be rounded up.
    vat = TaxRate(name="VAT", percent=Decimal(20))
    within = TaxRules(rates=(none, vat), is_inclusive=True)

    parts = [
        taxed(amount=cents * EUR.smallest, rules=within, currency=EUR) for cents in range(1, 130)
    ]

    assert {part.taxes[0] for part in parts} == {0}
    assert [part.net + part.taxes[1] for part in parts] == [part.gross for part in parts]


@given(by=rules(), cents=st.integers(0, 99_999))
def test_no_level_takes_back_what_another_charges(by: TaxRules, cents: int) -> None:
    parts = taxed(amount=cents * EUR.smallest, rules=by, currency=EUR)

    assert parts.net >= 0
    assert all(tax >= 0 for tax in parts.taxes)
    for rate, tax in zip(by.rates, parts.taxes, strict=True):
        assert rate.percent or not tax
