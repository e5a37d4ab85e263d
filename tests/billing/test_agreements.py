"""A service that staff set up can be billed from a day on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Service
from billing.operations import agreements
from billing.operations.agreements import UnableToAgree
from billing.operations.selections import UnableToChoose
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from clients.models import Activity
from provisioning.models import ModuleJob
from tests.billing_makers import make_priced_product
from tests.makers import make_service

pytestmark = pytest.mark.django_db

ENHANCED = "enhanced_mailboxes"
DUE = date(2026, 2, 28)


def test_a_free_service_is_billed_from_a_day_on(actor: Actor) -> None:
    service = make_service(product=make_priced_product("10.00"))

    agreements.bill_service(service=service, cycle=Cycle.MONTHLY, next_due=DUE, actor=actor)

    assert (service.cycle, service.next_due_date, service.next_invoice_date) == (
        "monthly",
        DUE,
        DUE,
    )
    assert (service.anchor_day, service.recurring_amount) == (28, Decimal(10))
    assert Activity.objects.get(action="service.billed").after["recurring_amount"].endswith("USD")
    assert not ModuleJob.objects.exists()


def test_what_is_bought_with_it_is_asked_for_at_the_vendor(actor: Actor) -> None:
    service = make_service(product=make_priced_product("10.00", options={ENHANCED: "3.00"}))

    agreements.bill_service(
        service=service, cycle=Cycle.MONTHLY, next_due=DUE, actor=actor, choices={ENHANCED: 4}
    )

    job = ModuleJob.objects.get()
    assert job.action == ModuleJob.Action.CHANGE_PACKAGE
    assert job.payload["entitlement"]["enhanced_mailboxes"] == 4
    assert service.recurring_amount == Decimal(22)


def test_a_service_is_not_agreed_on_twice(actor: Actor) -> None:
    service = make_service(product=make_priced_product("10.00"))
    agreements.bill_service(service=service, cycle=Cycle.MONTHLY, next_due=DUE, actor=actor)

    with pytest.raises(UnableToAgree, match="billed already"):
        agreements.bill_service(
            service=service, cycle=Cycle.MONTHLY, next_due=date(2027, 1, 1), actor=actor
        )

    assert Service.objects.get().next_due_date == DUE


def test_a_service_that_has_ended_is_not_billed(actor: Actor) -> None:
    service = make_service(product=make_priced_product("10.00"), status=Service.Status.TERMINATED)

    with pytest.raises(UnableToAgree, match="has ended"):
        agreements.bill_service(service=service, cycle=Cycle.MONTHLY, next_due=DUE, actor=actor)

    assert not Service.objects.get().selections.exists()


def test_a_cycle_without_a_price_is_refused(actor: Actor) -> None:
    service = make_service(product=make_priced_product("10.00"))

    with pytest.raises(UnableToChoose):
        agreements.bill_service(service=service, cycle=Cycle.ANNUALLY, next_due=DUE, actor=actor)

    assert Service.objects.get().cycle == "free"
