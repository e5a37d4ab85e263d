"""A price is changed while the period that it would be for is invoiced."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from billing.models import InvoiceItem, PriceChange, Selection, Service
from billing.operations import price_changes, profiles, promotions, renewals, selections
from billing.operations.price_changes import Audience, NewPrice
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from tests.billing_makers import make_billed_service, make_currency, make_priced_product
from tests.races.together import Meeting, together
from tests.races.unguarded import without_locks

pytestmark = [pytest.mark.servers, pytest.mark.enable_socket, pytest.mark.usefixtures("database")]

TODAY = date(2026, 2, 1)
DUE = TODAY + timedelta(days=7)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Both wait when they have looked what there is; the invoice is written last."""
    meeting, written = Meeting(), Meeting()
    held_by, schedule = vars(promotions)["held_by"], vars(price_changes)["_schedule"]

    def schedule_and_wait(*arguments: Any) -> None:
        meeting()
        schedule(*arguments)
        written()

    def hold_and_wait(service: Service) -> Any:
        meeting()
        written()
        return held_by(service)

    monkeypatch.setattr(price_changes, "_schedule", schedule_and_wait)
    monkeypatch.setattr(promotions, "held_by", hold_and_wait)
    return meeting


@pytest.fixture
def service(database: str) -> Service:  # noqa: ARG001
    """A service that costs ten a month and whose next period is to be invoiced."""
    made = make_billed_service(product=make_priced_product("10.00"), next_due=DUE)
    profiles.profile_of(made.client)  # nobody waits for another to make it
    return made


def change_the_price(service: Service, actor: Actor) -> PriceChange:
    return price_changes.change_price(
        new=NewPrice(
            thing=service.product,
            currency=make_currency(),
            cycle=Cycle.MONTHLY,
            amount=Decimal("12.00"),
        ),
        audience=Audience(scope=PriceChange.Scope.ALL, effective_date=TODAY),
        actor=actor,
        today=TODAY,
    )


def invoice(service: Service, actor: Actor) -> renewals.Renewed:
    return renewals.invoice_next_period(
        service_ids=[service.pk],
        due=renewals.due_for_invoice(today=TODAY, days=14),
        today=TODAY,
        actor=actor,
    )


def billed_and_agreed(service: Service) -> tuple[Decimal, Decimal]:
    """Return what the invoice says of the period, and what the service's own price of it is."""
    item = InvoiceItem.objects.get(service=service, kind=InvoiceItem.Kind.HOSTING)
    fresh = Service.objects.get(pk=service.pk)
    return item.amount, selections.recurring_amount(service=fresh, on=DUE)


def test_a_period_costs_what_its_invoice_says_whoever_was_first(
    service: Service, looked: Meeting, actor: Actor
) -> None:
    together(partial(change_the_price, service, actor), partial(invoice, service, actor))

    billed, agreed = billed_and_agreed(service)
    assert billed == agreed
    assert not looked.has_happened
    assert Selection.objects.get().next_unit_price == Decimal(12)


def test_control_without_the_locks_an_invoice_has_a_price_that_does_not_count(
    service: Service, looked: Meeting, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch, price_changes, "change_price")
    without_locks(monkeypatch, renewals, "invoice_next_period")

    together(partial(change_the_price, service, actor), partial(invoice, service, actor))

    assert looked.has_happened
    assert billed_and_agreed(service) == (Decimal(10), Decimal(12))


def test_a_price_waits_for_the_money_of_those_who_pay_it(
    service: Service, looked: Meeting, actor: Actor
) -> None:
    def hold_the_money() -> None:
        with transaction.atomic():
            profiles.lock(service.client)
            looked()

    together(hold_the_money, partial(change_the_price, service, actor))

    assert not looked.has_happened
    assert Selection.objects.get().next_unit_price == Decimal(12)


def test_control_without_the_locks_a_price_is_changed_while_the_money_is_held(
    service: Service, looked: Meeting, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch, price_changes, "change_price")

    together(looked, partial(change_the_price, service, actor))

    assert looked.has_happened
