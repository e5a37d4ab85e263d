"""What the demo sells can be bought, and what its services have is billed."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing import queries
from billing.models import CancellationRequest, Invoice, Product
from billing.operations import selections
from billing.operations.currencies import base_currency
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from polarismail.demo import cast, shop
from polarismail.demo.cast import Stage
from provisioning.models import ModuleJob
from tests.makers import make_server, make_service

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


def test_two_products_of_each_strategy_are_sold_by_the_month_and_year(actor: Actor) -> None:
    shop.stock(make_server(), actor=actor, today=TODAY)

    on_sale = list(queries.products_on_sale())
    strategies = Counter(product.strategy for product in on_sale)
    assert min(strategies[each] for each in Product.Strategy) == 2
    for prices in queries.prices_of(on_sale, base_currency()).values():
        assert [price.cycle for price in prices] == [Cycle.MONTHLY, Cycle.ANNUALLY]
    for product in on_sale:
        for cycle in (Cycle.MONTHLY, Cycle.ANNUALLY):
            assert selections.choose(product=product, cycle=cycle, currency=base_currency())


def test_a_second_start_makes_nothing_twice(actor: Actor) -> None:
    server = make_server()
    first = shop.stock(server, actor=actor, today=TODAY)

    second = shop.stock(server, actor=actor, today=TODAY)

    assert first == second
    assert Product.objects.count() == 7


@pytest.mark.parametrize("plan", cast.PLANS, ids=lambda plan: plan.name)
def test_a_bundle_allows_what_its_plan_says(actor: Actor, plan: cast.Plan) -> None:
    product = shop.stock(make_server(), actor=actor, today=TODAY)[plan.name]

    entitlement = selections.entitlement_of(product)

    assert (entitlement.basic_mailboxes, entitlement.enhanced_mailboxes) == (
        plan.basic,
        plan.enhanced,
    )
    assert entitlement.quota_pool_gb == plan.pool_gb
    assert (entitlement.aliases, entitlement.distribution_lists) == (plan.aliases, plan.lists)


def test_a_service_of_the_demo_is_billed_once(actor: Actor) -> None:
    today = timezone.localdate()
    product = shop.stock(make_server(), actor=actor, today=today)["Business"]
    service = make_service(product=product, entitlement=selections.entitlement_of(product))
    domain = cast.Domain("x.test", "Business", Stage.VERIFIED, is_yearly=True, due_in_days=9)

    for _ in range(2):
        shop.bill(domain, service, actor=actor, today=today)

    assert service.recurring_amount == Decimal(250)
    assert service.next_due_date == today + timedelta(days=9)
    assert not ModuleJob.objects.exists()


def test_a_service_that_is_late_has_an_overdue_invoice_and_is_suspended(actor: Actor) -> None:
    today = timezone.localdate()
    product = shop.stock(make_server(), actor=actor, today=today)["Business"]
    service = make_service(product=product, entitlement=selections.entitlement_of(product))
    domain = cast.Domain("x.test", "Business", Stage.SUSPENDED, due_in_days=-21)
    shop.bill(domain, service, actor=actor, today=today)

    shop.suspend_for_debt(service, actor=actor, today=today)

    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.due_date) == (
        Invoice.Status.UNPAID,
        today - timedelta(days=21),
    )
    assert ModuleJob.objects.get().payload["code"] == "overdue"


@pytest.mark.parametrize(
    ("stage", "request_status", "asked_of_the_module"),
    [(Stage.LEAVING, "open", []), (Stage.CLOSED, "processed", ["close"])],
)
def test_what_ends_in_the_demo_is_asked_to_end_once(
    actor: Actor, stage: Stage, request_status: str, asked_of_the_module: list[str]
) -> None:
    today = timezone.localdate()
    product = shop.stock(make_server(), actor=actor, today=today)["Business"]
    service = make_service(product=product, entitlement=selections.entitlement_of(product))
    domain = cast.Domain("x.test", "Business", stage, due_in_days=12)
    shop.bill(domain, service, actor=actor, today=today)

    for _ in range(2):
        shop.cancel(domain, service, actor=actor, today=today)

    request = CancellationRequest.objects.get()
    wanted = ModuleJob.objects.values_list("action", flat=True)
    assert request.status == request_status
    assert list(wanted) == asked_of_the_module
