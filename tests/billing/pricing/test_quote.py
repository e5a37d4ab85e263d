"""A quote holds as long as nothing moves that it was computed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.pricing.changes import Held, quote_change
from billing.pricing.cycles import Cycle
from billing.pricing.lines import Selection
from billing.pricing.orders import quote_order, quote_renewal
from billing.pricing.quote import Quote, Terms, fingerprint
from billing.pricing.tax import TaxRate, TaxRounding, TaxRules
from core.money import currency
from tests.billing.pricing.shelf import USD, held, option, product

BEFORE = held(
    product("10"), option("enhanced_mailboxes", 3, "3"), due=date(2026, 2, 10), anchor_day=10
)
AFTER = (product("10"), option("enhanced_mailboxes", 7, "3"))
TODAY = date(2026, 1, 20)
VAT = TaxRules(rates=(TaxRate(name="VAT", percent=Decimal(21)),))


def change(
    *,
    before: Held = BEFORE,
    after: tuple[Selection, ...] = AFTER,
    today: date = TODAY,
    terms: Terms = USD,
    cycle: Cycle | None = None,
    restarts: bool = False,
    charges_setup: bool = False,
    gives_credit: bool = True,
) -> Quote:
    return quote_change(
        held=before,
        selections=after,
        today=today,
        terms=terms,
        cycle=cycle,
        restarts=restarts,
        charges_setup=charges_setup,
        gives_credit=gives_credit,
    )


def test_the_same_inputs_give_the_same_quote() -> None:
    dearer_on_paper = (product("10.0000"), option("enhanced_mailboxes", 7, "3.0000"))

    again = change(after=dearer_on_paper, terms=replace(USD, credit=Decimal("0.0000")))

    assert again == change()
    assert len(again.fingerprint) == 64


MOVED: Mapping[str, Callable[[], Quote]] = {
    "price": lambda: change(after=(product("10"), option("enhanced_mailboxes", 7, "3.01"))),
    "quantity": lambda: change(after=(product("10"), option("enhanced_mailboxes", 8, "3"))),
    "product": lambda: change(after=(product("10", value="other"), AFTER[1])),
    "included units": lambda: change(after=(product("10"), replace(AFTER[1], included=1))),
    "day": lambda: change(today=date(2026, 1, 21)),
    "due date": lambda: change(before=replace(BEFORE, due=date(2026, 3, 10))),
    "anchor day": lambda: change(before=replace(BEFORE, anchor_day=11)),
    "held quantity": lambda: change(before=replace(BEFORE, selections=AFTER)),
    "tax rate": lambda: change(terms=replace(USD, tax=VAT)),
    "tax rounding": lambda: change(terms=replace(USD, tax=TaxRules(rounding=TaxRounding.ON_TOTAL))),
    "credit": lambda: change(terms=replace(USD, credit=Decimal(1))),
    "currency": lambda: change(terms=Terms(currency=currency("EUR"))),
    "cycle": lambda: change(cycle=Cycle.QUARTERLY),
    "whole cycle": lambda: change(restarts=True),
    "set-up": lambda: change(charges_setup=True),
    "policy": lambda: change(gives_credit=False),
}


@pytest.mark.parametrize("moved", list(MOVED))
def test_an_input_that_moves_makes_it_another_quote(moved: str) -> None:
    quote = MOVED[moved]()

    assert quote.fingerprint != change().fingerprint


def test_words_are_no_input() -> None:
    described = tuple(replace(each, details={"label": "Enhanced"}) for each in AFTER)

    quote = change(after=described)

    assert quote.fingerprint == change().fingerprint
    assert quote.lines[0].details == {"label": "Enhanced"}


def test_an_order_and_a_renewal_of_the_same_are_two_quotes() -> None:
    order = quote_order(selections=AFTER, cycle=Cycle.MONTHLY, today=TODAY, terms=USD)
    renewal = quote_renewal(
        selections=AFTER, cycle=Cycle.MONTHLY, due=TODAY, anchor_day=20, terms=USD
    )

    assert order.total == renewal.total
    assert order.fingerprint != renewal.fingerprint


def test_text_that_looks_like_a_number_is_not_the_number() -> None:
    prints = {fingerprint(inputs={"input": value}) for value in ("1", 1, Decimal(1), None, ["1"])}

    assert len(prints) == 5


def test_the_order_of_names_does_not_matter_and_that_of_lines_does() -> None:
    assert fingerprint(inputs={"a": 1, "b": 2}) == fingerprint(inputs={"b": 2, "a": 1})
    assert fingerprint(inputs={"a": [1, 2]}) != fingerprint(inputs={"a": [2, 1]})


def test_what_is_not_exact_is_no_input() -> None:
    with pytest.raises(TypeError, match="float has no canonical form"):
        fingerprint(inputs={"price": 1.5})
