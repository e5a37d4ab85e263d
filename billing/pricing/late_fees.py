"""Late fees: what an overdue invoice costs more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from core.money import ZERO, Currency

PERCENT = 100


class LateFeeKind(StrEnum):
    """How a late fee is reckoned; the values are what is stored."""

    NONE = "none"
    PERCENT = "percent"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class LateFee:
    """
    The rule: a percentage of what is owed, or an amount, never below `minimum`.

    `days` is the number of days after the due date from which it is charged. Amounts are in the
    invoice's currency.
    """

    kind: LateFeeKind
    value: Decimal
    days: int
    minimum: Decimal = ZERO


def late_fee(
    *, rule: LateFee, owed: Decimal, due: date, today: date, currency: Currency
) -> Decimal:
    """
    Return the fee for an invoice of which `owed` is still to be paid; 0 if it is not late enough.

    Whether the client is exempt, or the invoice has its fee already, is for the caller to know.
    """
    if rule.kind == LateFeeKind.NONE or owed <= 0 or (today - due).days < rule.days:
        return currency.rounded(ZERO)
    fee = Fraction(rule.value)
    if rule.kind == LateFeeKind.PERCENT:
        fee *= Fraction(owed) / PERCENT
    return currency.rounded(max(fee, Fraction(rule.minimum)))
