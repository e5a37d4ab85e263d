"""A late fee is charged when it is late enough, and never for nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from billing.pricing.late_fees import LateFee, LateFeeKind, late_fee
from core.money import currency

DUE = date(2026, 3, 1)


def fee(rule: LateFee, *, owed: str = "36.30", today: date = date(2026, 3, 6)) -> str:
    return str(
        late_fee(rule=rule, owed=Decimal(owed), due=DUE, today=today, currency=currency("EUR"))
    )


@pytest.mark.parametrize(
    ("kind", "value", "minimum", "charged"),
    [
        (LateFeeKind.PERCENT, "10", "0", "3.63"),
        (LateFeeKind.PERCENT, "10", "5", "5.00"),
        (LateFeeKind.PERCENT, "2.5", "0", "0.91"),
        (LateFeeKind.FIXED, "4", "0", "4.00"),
        (LateFeeKind.FIXED, "4", "5", "5.00"),
        (LateFeeKind.NONE, "4", "5", "0.00"),
    ],
)
def test_it_is_a_percentage_or_an_amount_and_no_less_than_its_minimum(
    kind: LateFeeKind, value: str, minimum: str, charged: str
) -> None:
    rule = LateFee(kind=kind, value=Decimal(value), days=5, minimum=Decimal(minimum))

    assert fee(rule) == charged


def test_it_is_charged_from_its_day_on() -> None:
    rule = LateFee(kind=LateFeeKind.FIXED, value=Decimal(4), days=5)

    assert fee(rule, today=date(2026, 3, 5)) == "0.00"
    assert fee(rule, today=date(2026, 3, 6)) == "4.00"


@pytest.mark.parametrize("owed", ["0", "-3"])
def test_a_minimum_is_not_charged_to_who_owes_nothing(owed: str) -> None:
    rule = LateFee(kind=LateFeeKind.PERCENT, value=Decimal(10), days=5, minimum=Decimal(5))

    assert fee(rule, owed=owed) == "0.00"
