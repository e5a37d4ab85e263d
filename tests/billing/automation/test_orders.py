"""What the automation does with orders: tries again what is stuck, frees what nobody pays."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.models import Invoice, Order, Product, Promotion
from billing.operations import ordering, wishes
from billing.operations.wishes import Wish
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from clients.models import Client
from provisioning.models import MailDomain, ModuleJob
from tests import makers
from tests.billing.automation.days import configure, cron, on
from tests.billing_makers import make_priced_product

pytestmark = pytest.mark.django_db
START = date(2026, 3, 2)


def order(
    actor: Actor,
    *,
    auto_setup: str = Product.AutoSetup.PAYMENT,
    code: str = "",
    client: Client | None = None,
) -> Order:
    client, product = client or makers.make_client(), make_priced_product(auto_setup=auto_setup)
    wish = Wish(product=product, cycle=Cycle.MONTHLY, domain="acme.test", choices={}, code=code)
    with on(START):
        shown = wishes.preview(wish=wish, payer=wishes.payer_of(client), on=START)
        quote = wishes.offer(shown=shown, client=client, user=None, now=timezone.now())
        return ordering.place_order(
            quote_id=quote.pk, client=client, actor=actor, on=START, now=timezone.now()
        )


def test_an_order_that_nobody_pays_is_cancelled_after_the_days_that_are_set(actor: Actor) -> None:
    configure(unpaid_order_days=10)
    placed = order(actor)

    cron(START + timedelta(days=9), "--job", "cancel_unpaid_orders")
    kept = MailDomain.objects.live().count()
    cron(START + timedelta(days=10), "--job", "cancel_unpaid_orders")

    placed.refresh_from_db()
    assert kept == 1
    assert placed.status == "cancelled"
    assert not MailDomain.objects.live().exists()


def test_the_code_of_an_order_that_nobody_pays_is_free_for_others(actor: Actor) -> None:
    configure(unpaid_order_days=10)
    Promotion.objects.create(code="FIRST", value=Decimal(10), most_uses=1, is_once_per_client=True)
    placed = order(actor, code="first")
    uses_before = Promotion.objects.get().uses

    cron(START + timedelta(days=10), "--job", "cancel_unpaid_orders")
    again = order(actor, code="FIRST", client=placed.client)

    assert uses_before == 1
    assert again.promotion_code == "FIRST"
    assert Promotion.objects.get().uses == 1


def test_the_invoice_of_an_order_goes_with_it_and_not_alone(actor: Actor) -> None:
    configure(unpaid_order_days=100, old_invoice_days=20)
    placed = order(actor)

    cron(START + timedelta(days=99), "--job", "cancel_old_invoices")
    kept = Invoice.objects.get().status
    cron(START + timedelta(days=100), "--job", "cancel_unpaid_orders")

    placed.refresh_from_db()
    assert kept == "unpaid"
    assert Invoice.objects.get().status == "cancelled"
    assert (placed.status, placed.service.status) == ("cancelled", "cancelled")


def test_orders_are_kept_for_good_where_that_is_wanted(actor: Actor) -> None:
    configure(unpaid_order_days=0)
    placed = order(actor)

    cron(START + timedelta(days=1000), "--job", "cancel_unpaid_orders")

    placed.refresh_from_db()
    assert placed.status == "pending"


def test_a_lost_set_up_is_asked_for_again_by_the_next_run(actor: Actor) -> None:
    placed = order(actor, auto_setup=Product.AutoSetup.ORDER)
    ModuleJob.objects.all().delete()

    cron(START + timedelta(days=1), "--job", "retry_stuck_orders")

    placed.refresh_from_db()
    assert placed.alarmed_at is not None
    assert ModuleJob.objects.get().mail_domain == placed.service.mail_domain
