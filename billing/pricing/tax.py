"""Sales tax: two levels, on top of prices or within them, rounded per line or on the total."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from core.money import ZERO, Currency

PERCENT = 100


class TaxRounding(StrEnum):
    """Where tax is rounded; the values are what is stored."""

    PER_LINE = "line"
    ON_TOTAL = "total"


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax as a document names it, and its percentage: `TaxRate(name="VAT", percent=21)`."""

    name: str
    percent: Decimal

    def __post_init__(self) -> None:
        if self.percent < 0:
            raise ValueError(f"a negative tax rate: {self.percent}")


@dataclass(frozen=True, slots=True)
class TaxRules:
    """
    How one client is taxed.

    `rates` holds the levels that match the client: none, one or two. Compound: the second level is
    also charged on the first. Inclusive: prices hold the tax already. Exempt: nothing is charged,
    and inclusive prices lose the tax in them.
    """

    rates: tuple[TaxRate, ...] = ()
    is_compound: bool = False
    is_inclusive: bool = False
    is_exempt: bool = False
    rounding: TaxRounding = TaxRounding.PER_LINE

    def __post_init__(self) -> None:
        if len(self.rates) > len(("first", "second")):
            raise ValueError("there are two levels of tax")


NO_TAX = TaxRules()


@dataclass(frozen=True, slots=True)
class Taxed:
    """
    An amount with its tax, all rounded: `net` + the sum of `taxes` is `gross`, always.

    `taxes` has one amount for each of the rules' rates, in their order.
    """

    net: Decimal
    taxes: tuple[Decimal, ...]
    gross: Decimal

    @property
    def tax(self) -> Decimal:
        """Return the tax of all levels."""
        return sum(self.taxes, ZERO)


def taxed(*, amount: Decimal, rules: TaxRules, currency: Currency) -> Taxed:
    """
    Return one amount with its tax. Rounded halves go up, so a credit mirrors its charge.

    `amount` is a rounded line, or the sum of them: gross when the rules are inclusive, else net.
    """
    if not rules.rates:
        return Taxed(net=currency.rounded(amount), taxes=(), gross=currency.rounded(amount))
    fractions = _fractions(rules)
    whole = 1 + sum(fractions, Fraction(0))
    if rules.is_inclusive:
        net = currency.rounded(Fraction(amount) / whole)
        if rules.is_exempt:
            return Taxed(net=net, taxes=_zeros(rules, currency), gross=net)
        exact = Fraction(amount) / whole
        return _within(
            gross=currency.rounded(amount),
            net=net,
            exact=exact,
            fractions=fractions,
            currency=currency,
        )
    net = currency.rounded(amount)
    if rules.is_exempt:
        return Taxed(net=net, taxes=_zeros(rules, currency), gross=net)
    taxes = tuple(currency.rounded(Fraction(net) * each) for each in fractions)
    return Taxed(net=net, taxes=taxes, gross=net + sum(taxes, ZERO))


def taxed_total(
    *, amounts: Iterable[tuple[Decimal, bool]], rules: TaxRules, currency: Currency
) -> Taxed:
    """
    Return the totals of a document from its lines: `(rounded amount, is it taxed)` each.

    Per line, the totals are sums of taxed lines; on the total, the taxed lines are added up first.
    """
    lines = list(amounts)
    total = sum((amount for amount, is_taxed in lines if not is_taxed), currency.rounded(ZERO))
    liable = [amount for amount, is_taxed in lines if is_taxed]
    if rules.rounding == TaxRounding.ON_TOTAL:
        liable = [sum(liable, ZERO)]
    parts = [taxed(amount=amount, rules=rules, currency=currency) for amount in liable]
    levels = zip(_zeros(rules, currency), *(part.taxes for part in parts), strict=True)
    return Taxed(
        net=total + sum((part.net for part in parts), ZERO),
        taxes=tuple(sum(level, ZERO) for level in levels),
        gross=total + sum((part.gross for part in parts), ZERO),
    )


def _fractions(rules: TaxRules) -> tuple[Fraction, ...]:
    """Return what each level takes of a net amount of 1."""
    rates = [Fraction(rate.percent) / PERCENT for rate in rules.rates]
    if rules.is_compound and len(rates) > 1:
        return (rates[0], rates[1] * (1 + rates[0]))
    return tuple(rates)


def _zeros(rules: TaxRules, currency: Currency) -> tuple[Decimal, ...]:
    return tuple(currency.rounded(ZERO) for _ in rules.rates)


def _within(
    *,
    gross: Decimal,
    net: Decimal,
    exact: Fraction,
    fractions: tuple[Fraction, ...],
    currency: Currency,
) -> Taxed:
    """Split a gross amount: each tax is rounded, and the first level takes what is left over."""
    taxes = [currency.rounded(exact * each) for each in fractions]
    charged = [index for index, each in enumerate(fractions) if each]
    if charged:
        taxes[charged[0]] += gross - net - sum(taxes, ZERO)
    return Taxed(net=net, taxes=tuple(taxes), gross=gross)
