"""The demo's first service has an invoice that is paid and one to pay."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.models import BillingSettings, Invoice
from billing.operations import profiles
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from polarismail.demo import books
from tests.billing_makers import make_billed_service

pytestmark = pytest.mark.django_db


def test_the_books_are_opened_and_kept_once(actor: Actor) -> None:
    today = timezone.localdate()
    due = today + timedelta(days=9)
    service = make_billed_service(price="250.00", cycle=Cycle.ANNUALLY, next_due=due)

    for _ in range(2):
        books.open_books(actor=actor)
        books.keep_books(service, actor=actor, today=today)

    assert BillingSettings.current().company_name
    open_invoice, paid = Invoice.objects.order_by("-due_date")
    assert (open_invoice.status, open_invoice.due_date) == (Invoice.Status.UNPAID, due)
    assert (paid.status, paid.total) == (Invoice.Status.PAID, Decimal(250))
    assert profiles.profile_of(service.client).credit == Decimal(25)
    service.refresh_from_db()
    assert service.next_due_date == due
