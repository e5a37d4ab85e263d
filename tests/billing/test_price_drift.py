"""Services pay what was decided for them, and who pays another price can be seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from billing import queries
from billing.models import PriceChange, Service
from billing.operations import selections
from billing.operations.price_changes import UnableToChangePrice
from billing.pricing.cycles import Cycle, next_due
from core.money import currency as unit
from tests.billing.price_list import Scope, change
from tests.billing_makers import (
    make_billed_service,
    make_priced_product,
)

pytestmark = pytest.mark.django_db

ENHANCED = "enhanced_mailboxes"
INVOICE_DAYS = timedelta(days=14)


def test_the_drift_report_names_who_pays_another_price_than_new_clients() -> None:
    product = make_priced_product("10.00", options={ENHANCED: "3.00"})
    old, moved = (
        make_billed_service(product=product, choices={ENHANCED: 1}, next_due=date(2026, 2, 10))
        for _ in range(2)
    )
    make_billed_service(product=make_priced_product("99.00"))

    change(product, "12.00", Scope.SELECTED, services=[moved.pk])

    (found,) = queries.drifted_selections()
    assert (found.selection.service, found.selection.key) == (old, "product")
    assert (found.paid, found.listed) == (Decimal(10), Decimal(12))


def test_the_command_lists_who_pays_another_price() -> None:
    product = make_priced_product("10.00")
    make_billed_service(product=product, domain="acme.test", next_due=date(2026, 2, 10))
    change(product, "12.00", Scope.NEW_SALES)
    out = StringIO()

    call_command("price_drift", stdout=out)

    assert "acme.test" in out.getvalue()
    assert "1 at 10.0000 instead of 12.0000 USD monthly" in out.getvalue()
    assert out.getvalue().endswith("differ from the list: 1\n")


@dataclass
class Ledger:
    """What the rule says of one service: decisions as they were made, in plain Python."""

    service: Service
    price: Decimal
    decisions: list[tuple[date, date, Decimal]] = field(default_factory=list)
    billed: list[tuple[date, Decimal]] = field(default_factory=list)
    expected: list[tuple[date, Decimal]] = field(default_factory=list)

    def decide(self, day: date, amount: Decimal) -> None:
        """Note a decision that is for this service."""
        self.decisions.append((day, self.service.next_invoice_date or day, amount))

    def price_of(self, start: date) -> Decimal:
        """Return the last decision for periods from then on that were not billed yet."""
        found = self.price
        for day, unbilled, amount in self.decisions:
            if day <= start and unbilled <= start:
                found = amount
        return found

    def renew(self, today: date) -> None:
        """Bill each period two weeks before it begins; what begins is paid for."""
        row = self.service
        while (start := row.next_invoice_date) and start - INVOICE_DAYS <= today:
            amount = selections.recurring_amount(service=row, on=start)
            self.billed.append((start, amount))
            self.expected.append((start, self.price_of(start)))
            row.next_invoice_date = next_due(
                due=start, cycle=Cycle.MONTHLY, anchor_day=row.anchor_day or 1
            )
        while row.next_due_date and row.next_due_date <= today:
            row.next_due_date = next_due(
                due=row.next_due_date, cycle=Cycle.MONTHLY, anchor_day=row.anchor_day or 1
            )
        row.save()


AMOUNTS = st.integers(min_value=0, max_value=5000).map(lambda cents: Decimal(cents) / 100)
DECISIONS = st.tuples(
    st.integers(min_value=1, max_value=40),  # days since the one before
    AMOUNTS,
    st.sampled_from(list(Scope)),
    st.integers(min_value=0, max_value=70),  # days of notice
    st.sets(st.integers(min_value=0, max_value=2)),
)


@settings(
    max_examples=10,
    # A failing example is short as it is; to make it shorter takes minutes.
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(decisions=st.lists(DECISIONS, min_size=1, max_size=6))
def test_renewals_never_drift_whatever_is_decided(
    decisions: list[tuple[int, Decimal, PriceChange.Scope, int, set[int]]],
) -> None:
    today = date(2026, 1, 2)
    product = make_priced_product("10.00")
    ledgers = [
        Ledger(service=make_billed_service(product=product, next_due=due), price=Decimal(10))
        for due in (date(2026, 1, 31), date(2026, 1, 15), date(2026, 2, 1))
    ]

    for gap, amount, scope, notice, chosen in decisions:
        today += timedelta(days=gap)
        for ledger in ledgers:
            ledger.renew(today)
        day = today + timedelta(days=notice)
        named = [ledgers[each].service.pk for each in chosen]
        try:
            change(product, str(amount), scope, day=day, services=named, today=today)
        except UnableToChangePrice:
            continue
        for ledger in ledgers:
            if scope == Scope.ALL or (scope == Scope.SELECTED and ledger.service.pk in named):
                ledger.decide(day, amount)
    for ledger in ledgers:
        ledger.renew(today + timedelta(days=150))

    for ledger in ledgers:
        assert ledger.billed == [(day, unit("USD").rounded(it)) for day, it in ledger.expected]
        assert len(ledger.billed) >= 4
