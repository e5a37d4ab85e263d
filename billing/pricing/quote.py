"""Quotes: lines with tax and credit, due today and next time, void as soon as an input moves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal

from billing.pricing.lines import (
    Line,
    Selection,
    Span,
    selection_lines,
)
from billing.pricing.promotions import Promotion, discount_lines
from billing.pricing.tax import NO_TAX, Taxed, TaxRules, taxed_total
from core.money import ZERO, Currency


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a client pays: currency, tax, and the credit balance he has to spend."""

    currency: Currency
    tax: TaxRules = NO_TAX
    credit: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class TaxAmount:
    """One level of tax on a quote."""

    name: str
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """
    What something costs now and from the next due date on. All amounts are rounded.

    `subtotal` (net) plus `taxes` is `total`, negative when more is credited than charged. Then
    `credit_given`, tax and all, goes to the client's balance and nothing is due; else
    `credit_applied` is taken from the balance and `due_today` is left to pay. `next_recurring` is
    the whole next bill; `next_due` is None when nothing recurs. Quotes with the same fingerprint
    have the same inputs and are equal.
    """

    currency: Currency
    lines: tuple[Line, ...]
    subtotal: Decimal
    taxes: tuple[TaxAmount, ...]
    total: Decimal
    credit_applied: Decimal
    credit_given: Decimal
    due_today: Decimal
    next_recurring: Taxed
    next_due: date | None
    anchor_day: int | None
    fingerprint: str


def assemble(
    *,
    lines: Iterable[Line],
    terms: Terms,
    next_lines: Iterable[Line],
    next_due: date | None,
    anchor_day: int | None,
    inputs: Mapping[str, object],
    gives_credit: bool = True,
) -> Quote:
    """
    Add rounded lines up to a quote.

    `inputs` is everything the lines were computed from; the terms are added to the fingerprint
    here. `gives_credit` is False for products whose downgrades are not credited.
    """
    lines = tuple(lines)
    totals = totals_of(lines=lines, terms=terms)
    payable = max(totals.gross, ZERO)
    applied = min(payable, max(terms.currency.rounded(terms.credit), ZERO))
    nothing = terms.currency.rounded(ZERO)
    return Quote(
        currency=terms.currency,
        lines=lines,
        subtotal=totals.net,
        taxes=tuple(
            TaxAmount(name=rate.name, percent=rate.percent, amount=amount)
            for rate, amount in zip(terms.tax.rates, totals.taxes, strict=True)
        ),
        total=totals.gross,
        credit_applied=nothing + applied,
        credit_given=nothing + (max(-totals.gross, ZERO) if gives_credit else ZERO),
        due_today=nothing + payable - applied,
        next_recurring=totals_of(lines=next_lines, terms=terms),
        next_due=next_due,
        anchor_day=anchor_day,
        fingerprint=fingerprint(inputs={**inputs, "terms": terms, "gives_credit": gives_credit}),
    )


def totals_of(*, lines: Iterable[Line], terms: Terms) -> Taxed:
    """Return net, taxes and gross of rounded lines: what an invoice of them comes to."""
    return taxed_total(
        amounts=((line.amount, line.is_taxed) for line in lines),
        rules=terms.tax,
        currency=terms.currency,
    )


def term_lines(
    *, selections: tuple[Selection, ...], span: Span, offer: Promotion | None, currency: Currency
) -> tuple[Line, ...]:
    """
    Return the lines of all selections for a span, and what the offer takes off them.

    For `ONCE` that is one whole cycle without dates: the recurring amount.
    """
    return (
        *selection_lines(selections=selections, span=span, currency=currency),
        *discount_lines(selections=selections, promotion=offer, span=span, currency=currency),
    )


def fingerprint(*, inputs: Mapping[str, object]) -> str:
    """
    Return the SHA-256 of the inputs as 64 hexadecimal digits.

    Equal inputs give equal prints: 1.5 and 1.5000 are the same price, the order of a mapping does
    not matter, that of a sequence does, and words that no amount depends on do not count.

    :raises TypeError: for a value that has no exact form, such as a float
    """
    text = json.dumps(_canonical(inputs), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: object) -> object:
    """Return the value in JSON's types, with a tag where two types would look the same."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        numerator, denominator = value.as_integer_ratio()
        return {"decimal": f"{numerator}/{denominator}"}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if is_dataclass(value) and not isinstance(value, type):
        content = {
            each.name: _canonical(getattr(value, each.name))
            for each in fields(value)
            if each.compare
        }
        return {type(value).__name__: content}
    if isinstance(value, Mapping):
        return {"mapping": {str(key): _canonical(each) for key, each in value.items()}}
    if not isinstance(value, tuple | list):
        raise TypeError(f"{type(value).__name__} has no canonical form")
    return [_canonical(each) for each in value]
