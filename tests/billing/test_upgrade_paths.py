"""A long way of changes, across short months and a leap day: what was shown is what was moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from billing.models import CreditNote, Invoice, TaxRule
from billing.operations import selections
from clients.actors import Actor
from provisioning.sandbox import Sandbox
from tests.billing.automation.days import on
from tests.billing.changes import confirm, offer, read, renew, units, wanting
from tests.billing.documents import pay
from tests.billing_makers import make_billed_service, make_priced_product

pytestmark = pytest.mark.django_db

START = date(2028, 1, 31)
PRICES = {"basic_mailboxes": "1.55", "enhanced_mailboxes": "3.33"}
# The day, and how many Basic and Enhanced mailboxes are wanted from then on.
WAY = (
    (date(2028, 2, 1), 7, 3),
    (date(2028, 2, 28), 2, 3),
    (date(2028, 2, 29), 2, 9),
    (date(2028, 3, 26), 8, 1),
    (date(2028, 3, 26), 2, 9),
    (date(2028, 4, 29), 5, 5),
)


def test_every_step_moves_what_its_preview_said(
    actor: Actor, vendor: Sandbox, run_jobs: Callable[[], None]
) -> None:
    with on(START):
        TaxRule.objects.create(name="VAT", percent=19)
        service = make_billed_service(
            product=make_priced_product("4.99", options=PRICES),
            choices={"basic_mailboxes": 5, "enhanced_mailboxes": 3},
            next_due=date(2028, 2, 29),
            anchor_day=31,
            vendor=vendor,
        )

    shown = moved = Decimal(0)
    for day, basic, enhanced in WAY:
        with on(day):
            while (due := read(service).next_due_date) and due <= day:
                pay(renew(read(service), actor, day))
            before = _booked()
            wanted = wanting(service, basic_mailboxes=basic, enhanced_mailboxes=enhanced)
            quote = offer(service, wanted, day)
            confirm(quote, actor, day)
            for invoice in Invoice.objects.open():
                pay(invoice)
            run_jobs()
            shown += quote.total
            moved += _booked() - before
            fresh = read(service)
            held = selections.held_by(service=fresh, on=day)
            assert _booked() - before == quote.total
            assert units(service) == {"basic_mailboxes": basic, "enhanced_mailboxes": enhanced}
            assert fresh.recurring_amount == selections.amount_of(held, quote.currency)

    assert shown == moved
    assert read(service).next_due_date == date(2028, 4, 30)


def _booked() -> Decimal:
    """Return what all documents come to: invoices, less credit notes."""
    invoices = Invoice.objects.exclude(status="cancelled").values_list("total", flat=True)
    return sum(invoices, Decimal(0)) - sum(
        CreditNote.objects.values_list("total", flat=True), Decimal(0)
    )
