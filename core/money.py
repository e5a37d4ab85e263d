"""Currencies: how many digits an amount has and how it is rounded. Amounts are plain `Decimal`s."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor

ZERO = Decimal(0)


class UnknownCurrency(ValueError):
    """A currency code that is not sold in."""


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 code (three capitals) and its number of minor digits: 0, 2 or 3."""

    code: str
    digits: int

    def __str__(self) -> str:
        return self.code

    @property
    def smallest(self) -> Decimal:
        """Return the smallest amount there is: 1, 0.01 or 0.001."""
        return Decimal(1).scaleb(-self.digits)

    def rounded(self, amount: Decimal | Fraction) -> Decimal:
        """
        Return the amount with this currency's digits, halves rounded away from zero.

        A charge and the credit that takes it back round to the same figure; zero has no sign.
        """
        if isinstance(amount, Decimal):
            return amount.quantize(self.smallest, ROUND_HALF_UP) + ZERO
        # Thirds have no exact decimal: rounding a decimal of them could round twice.
        units = floor(abs(amount) * 10**self.digits + Fraction(1, 2))
        return Decimal(units if amount > 0 else -units).scaleb(-self.digits)


_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: (
        "AED ALL AMD ARS AUD AZN BAM BDT BGN BND BOB BRL BSD BWP BYN BZD CAD CHF CNY COP CRC CZK "
        "DKK DOP DZD EGP ETB EUR FJD GBP GEL GHS GTQ HKD HNL HUF IDR ILS INR JMD KES KGS KHR KZT "
        "LAK LKR MAD MDL MKD MNT MOP MUR MVR MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
        "PKR PLN QAR RON RSD SAR SCR SEK SGD THB TRY TTD TWD TZS UAH USD UYU UZS XCD ZAR ZMW"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
}
CURRENCIES = {
    code: Currency(code=code, digits=digits)
    for digits, codes in _CODES.items()
    for code in codes.split()
}


def currency(code: str) -> Currency:
    """
    Return the currency with this ISO code.

    :raises UnknownCurrency: for a code that is not in `CURRENCIES`
    """
    try:
        return CURRENCIES[code]
    except KeyError:
        raise UnknownCurrency(code) from None
