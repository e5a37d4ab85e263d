"""What is confirmed is what was shown; an order is set up when its product says so, and once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from billing import events
from billing.models import (
    BillingSettings,
    Invoice,
    InvoiceItem,
    Order,
    Price,
    Product,
    Promotion,
    Quote,
    Service,
    TaxRule,
)
from billing.operations import credit, ordering, orders, quotes, setting_up, wishes
from billing.operations.wishes import Wish
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from clients.models import Activity, Client
from provisioning.models import MailDomain, ModuleJob
from tests import makers
from tests.billing.documents import pay
from tests.billing.heard import Heard
from tests.billing_makers import make_priced_product

pytestmark = pytest.mark.django_db

TODAY = date(2026, 1, 10)


def wish_for(product: Product, *, domain: str = "acme.test", **fields: Any) -> Wish:
    values: dict[str, Any] = {"cycle": Cycle.MONTHLY, "choices": {}, "code": ""}
    return Wish(product=product, domain=domain, **(values | fields))


def offer(wish: Wish, client: Client, *, on: date = TODAY) -> Quote:
    shown = wishes.preview(wish=wish, payer=wishes.payer_of(client), on=on)
    return wishes.offer(shown=shown, client=client, user=None, now=timezone.now())


def place(quote: Quote, actor: Actor, *, on: date = TODAY) -> Order:
    assert quote.client is not None
    return ordering.place_order(
        quote_id=quote.pk, client=quote.client, actor=actor, on=on, now=timezone.now()
    )


def order(product: Product, actor: Actor, **fields: Any) -> Order:
    return place(offer(wish_for(product, **fields), makers.make_client()), actor)


def invoice_of(placed: Order) -> Invoice:
    return Invoice.objects.filter(items__service=placed.service).distinct().get()


def test_an_order_comes_with_service_selections_and_invoice(actor: Actor, heard: Heard) -> None:
    product = make_priced_product(
        "10.00", setup_fee="5.00", options={"enhanced_mailboxes": "2.50"}, basic_mailboxes=3
    )

    placed = order(product, actor, choices={"enhanced_mailboxes": 4})

    service, invoice = placed.service, invoice_of(placed)
    assert (placed.status, service.status) == ("pending", "pending")
    assert len(placed.number) == 10
    assert service.selections.get(key="enhanced_mailboxes").quantity == 4
    assert service.mail_domain.enhanced_mailboxes == 4
    assert (service.recurring_amount, service.first_payment_amount) == (Decimal(20), Decimal(25))
    assert (service.anchor_day, service.next_invoice_date) == (10, date(2026, 2, 10))
    assert service.next_due_date == TODAY
    assert (invoice.total, invoice.status, invoice.due_date) == (Decimal(25), "unpaid", TODAY)
    assert placed.total == invoice.total
    assert Activity.objects.filter(action="order.placed", actor_name=actor.name).count() == 1
    assert heard.of(events.OrderPlaced) == [events.OrderPlaced(order_id=placed.pk)]
    assert not ModuleJob.objects.exists()


def test_the_preview_is_the_invoice_with_tax_promotion_and_credit(actor: Actor) -> None:
    TaxRule.objects.create(name="VAT", percent=Decimal(21))
    Promotion.objects.create(code="WELCOME", value=Decimal(10))
    client = makers.make_client()
    credit.add_credit(client=client, amount=Decimal("4.00"), description="Gift", actor=actor)
    product = make_priced_product("9.99")

    quote = offer(wish_for(product, code="welcome"), client)
    placed = place(quote, actor)

    invoice = invoice_of(placed)
    assert (invoice.total, invoice.balance) == (quote.total, quote.due_today)
    assert quote.total == Decimal("10.88")
    assert quote.due_today == Decimal("6.88")
    assert quote.next_recurring_amount == Decimal("12.09")
    assert placed.service.promotion_periods_left == 0
    assert Promotion.objects.get().uses == 1


def test_a_first_period_up_to_a_day_of_the_month_is_prorated(actor: Actor) -> None:
    product = make_priced_product("10.00", prorata_day=1, prorata_next_month_day=20)
    client = makers.make_client()

    early = offer(wish_for(product), client, on=date(2026, 4, 10))
    late = offer(wish_for(product, domain="late.test"), client, on=date(2026, 4, 25))
    placed = place(late, actor, on=date(2026, 4, 25))

    assert (early.total, late.total) == (Decimal("7.00"), Decimal("12.00"))
    assert placed.service.next_invoice_date == date(2026, 6, 1)
    assert placed.service.anchor_day == 1


def test_a_quote_makes_one_order(actor: Actor) -> None:
    quote = offer(wish_for(make_priced_product()), makers.make_client())
    placed = place(quote, actor)

    with pytest.raises(quotes.QuoteVoid) as refusal:
        place(quote, actor)

    assert refusal.value.code == quotes.CONFIRMED
    assert Order.objects.get() == placed
    assert Quote.objects.get(pk=quote.pk).order == placed
    assert Invoice.objects.count() == 1


def test_a_price_that_has_moved_voids_the_quote(actor: Actor) -> None:
    product = make_priced_product("10.00")
    quote = offer(wish_for(product), makers.make_client())
    Price.objects.update(amount=Decimal("11.00"))

    with pytest.raises(quotes.QuoteVoid) as refusal:
        place(quote, actor)

    assert refusal.value.code == quotes.MOVED
    assert not Order.objects.exists()
    assert not Service.objects.exists()
    assert not MailDomain.objects.exists()


def test_a_domain_that_was_taken_meanwhile_leaves_the_quote_unconfirmed(actor: Actor) -> None:
    quote = offer(wish_for(make_priced_product()), makers.make_client())
    makers.make_service(domain="acme.test")

    with pytest.raises(ordering.UnableToPlaceService, match="already has"):
        place(quote, actor)

    quote.refresh_from_db()
    assert quote.confirmed_at is None
    assert not Order.objects.exists()
    assert not Invoice.objects.exists()


def test_a_product_that_is_sold_no_more_cannot_be_ordered(actor: Actor) -> None:
    quote = offer(wish_for(make_priced_product()), makers.make_client())
    Product.objects.update(status=Product.Status.RETIRED)

    with pytest.raises(quotes.QuoteVoid, match="not sold any more"):
        place(quote, actor)

    assert not Order.objects.exists()


def test_a_code_that_was_used_up_meanwhile_is_refused(actor: Actor) -> None:
    promotion = Promotion.objects.create(code="ONE", value=Decimal(50), most_uses=1)
    quote = offer(wish_for(make_priced_product(), code="ONE"), makers.make_client())
    Promotion.objects.filter(pk=promotion.pk).update(uses=1)

    with pytest.raises(Exception, match="used up"):
        place(quote, actor)

    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("auto_setup", "at_once", "when_paid", "when_accepted"),
    [
        ("order", 1, 1, 1),
        ("payment", 0, 1, 1),
        ("accept", 0, 0, 1),
        ("off", 0, 0, 0),
    ],
)
def test_the_product_says_when_an_order_is_set_up(
    actor: Actor, auto_setup: str, at_once: int, when_paid: int, when_accepted: int
) -> None:
    placed = order(make_priced_product(auto_setup=auto_setup), actor)
    assert ModuleJob.objects.count() == at_once

    pay(invoice_of(placed))
    assert ModuleJob.objects.count() == when_paid

    orders.accept_order(order=placed, actor=actor)
    assert ModuleJob.objects.count() == when_accepted


def test_a_payment_moves_the_due_date_to_the_end_of_the_period(actor: Actor) -> None:
    placed = order(make_priced_product(), actor)

    pay(invoice_of(placed))

    placed.refresh_from_db()
    placed.service.refresh_from_db()
    assert placed.paid_at is not None
    assert placed.service.next_due_date == date(2026, 2, 10)
    assert placed.service.next_invoice_date == date(2026, 2, 10)


def test_what_is_free_is_set_up_at_once_without_an_invoice(actor: Actor) -> None:
    product = make_priced_product("0", cycle=Cycle.FREE)

    placed = order(product, actor, cycle=Cycle.FREE)

    assert placed.paid_at is not None
    assert ModuleJob.objects.get().mail_domain == placed.service.mail_domain
    assert not Invoice.objects.exists()


def test_what_a_promotion_makes_free_is_paid_and_set_up_at_once(actor: Actor) -> None:
    Promotion.objects.create(code="ALL", value=Decimal(100))

    placed = order(make_priced_product(), actor, code="ALL")

    assert invoice_of(placed).status == "paid"
    assert placed.paid_at is not None
    assert ModuleJob.objects.count() == 1


@pytest.mark.usefixtures("vendor")
def test_an_order_is_active_when_its_account_is_there(
    actor: Actor, heard: Heard, run_jobs: Callable[[], None]
) -> None:
    placed = order(make_priced_product(), actor)
    pay(invoice_of(placed))

    run_jobs()

    placed.refresh_from_db()
    assert (placed.status, placed.service.status) == ("active", "active")
    told = events.ServiceActivated(service_id=placed.service_id)
    assert heard.of(events.ServiceActivated) == [told]


def test_a_cancelled_order_frees_the_domain_and_the_invoice(actor: Actor) -> None:
    placed = order(make_priced_product(), actor)

    orders.cancel_order(order=placed, on=TODAY, actor=actor, reason="Changed my mind")

    placed.refresh_from_db()
    assert (placed.status, placed.service.status) == ("cancelled", "cancelled")
    assert invoice_of(placed).status == "cancelled"
    assert not MailDomain.objects.live().exists()
    assert order(make_priced_product(), actor).domain == "acme.test"


def test_what_was_paid_for_a_cancelled_order_becomes_credit(actor: Actor) -> None:
    TaxRule.objects.create(name="VAT", percent=Decimal(21))
    placed = order(make_priced_product("10.00", auto_setup="accept"), actor)
    pay(invoice_of(placed))

    orders.cancel_order(order=placed, on=TODAY, actor=actor)

    assert placed.client.billing.credit == Decimal("12.10")
    assert placed.client.credit_notes.get().total == Decimal("12.10")


@pytest.mark.usefixtures("vendor")
def test_an_order_that_is_set_up_is_not_cancelled(
    actor: Actor, run_jobs: Callable[[], None]
) -> None:
    placed = order(make_priced_product(auto_setup="order"), actor)
    run_jobs()

    with pytest.raises(orders.UnableToChangeOrder):
        orders.cancel_order(order=placed, on=TODAY, actor=actor)

    assert invoice_of(placed).status == "unpaid"
    assert MailDomain.objects.live().count() == 1


@pytest.mark.usefixtures("vendor")
def test_an_order_held_for_fraud_is_not_set_up_until_it_is_opened_again(
    actor: Actor, run_jobs: Callable[[], None]
) -> None:
    placed = order(make_priced_product(auto_setup="order"), actor)
    orders.mark_as_fraud(order=placed, actor=actor)
    run_jobs()
    placed.service.refresh_from_db()
    assert placed.service.status == "fraud"
    assert placed.service.mail_domain.status == "pending"

    orders.reopen_order(order=placed, actor=actor)
    run_jobs()

    placed.refresh_from_db()
    placed.service.refresh_from_db()
    assert (placed.status, placed.service.status) == ("active", "active")


def test_an_order_that_is_being_set_up_is_not_cancelled(actor: Actor) -> None:
    placed = order(make_priced_product(auto_setup="order"), actor)
    job, now = ModuleJob.objects.get(), timezone.now()
    job.start(claim=makers.make_claim(), at=now, lease_until=now + timedelta(minutes=5))
    job.save()

    with pytest.raises(orders.UnableToChangeOrder, match="on its way there"):
        orders.cancel_order(order=placed, on=TODAY, actor=actor)

    placed.refresh_from_db()
    assert placed.status == "pending"
    assert invoice_of(placed).status == "unpaid"


def test_what_nobody_pays_frees_its_domain_after_a_while(actor: Actor) -> None:
    unpaid = order(make_priced_product(), actor)
    paid = order(make_priced_product(auto_setup="accept"), actor, domain="paid.test")
    pay(invoice_of(paid))
    settings = BillingSettings.current()
    last = TODAY + timedelta(days=settings.unpaid_order_days)

    early = orders.unpaid_orders(today=last - timedelta(days=1), settings=settings)
    late = orders.unpaid_orders(today=last, settings=settings)

    assert not early.exists()
    assert list(late) == [unpaid]
    expire = partial(orders.cancel_unpaid_order, today=last, settings=settings, actor=actor)
    assert expire(order_id=paid.pk) is None
    assert expire(order_id=unpaid.pk) == unpaid
    assert list(MailDomain.objects.live()) == [paid.service.mail_domain]
    assert invoice_of(unpaid).status == "cancelled"


def test_staff_are_told_once_of_what_is_paid_and_not_set_up(actor: Actor, heard: Heard) -> None:
    placed = order(make_priced_product(), actor)
    pay(invoice_of(placed))
    paid_at = Order.objects.get().paid_at
    assert paid_at is not None

    early = setting_up.retry_stuck(paid_at + timedelta(minutes=4))
    late = [setting_up.retry_stuck(paid_at + timedelta(minutes=6 + more)) for more in range(3)]

    assert (early, late) == (0, [1, 1, 1])
    assert heard.of(events.OrderStuck) == [events.OrderStuck(order_id=placed.pk)]
    assert ModuleJob.objects.count() == 1


def test_a_lost_request_is_made_again(actor: Actor) -> None:
    placed = order(make_priced_product(), actor)
    pay(invoice_of(placed))
    ModuleJob.objects.all().delete()

    setting_up.retry_stuck(timezone.now() + timedelta(minutes=6))

    assert ModuleJob.objects.get().mail_domain == placed.service.mail_domain


def failed_job(at: datetime, cause: str) -> ModuleJob:
    job = ModuleJob.objects.get()
    job.fail(at=at, cause=cause, message="It did not work.")
    job.save()
    return job


@pytest.mark.parametrize(
    ("cause", "status"), [("unreachable", "queued"), ("exists_at_vendor", "failed")]
)
def test_only_what_may_work_is_tried_again_by_itself(actor: Actor, cause: str, status: str) -> None:
    placed = order(make_priced_product(), actor)
    pay(invoice_of(placed))
    job = failed_job(timezone.now(), cause)

    setting_up.retry_stuck(timezone.now() + timedelta(minutes=30))
    job.refresh_from_db()
    assert job.status == "failed"

    setting_up.retry_stuck(timezone.now() + timedelta(minutes=90))
    job.refresh_from_db()
    assert job.status == status


def test_lines_are_on_the_invoice_as_they_were_confirmed(actor: Actor) -> None:
    placed = order(make_priced_product("10.00", setup_fee="5.00"), actor)

    rows = InvoiceItem.objects.order_by("pk").values_list("kind", "amount")
    assert list(rows) == [("hosting", Decimal(10)), ("setup", Decimal(5))]
    assert [line["amount"] for line in placed.items] == ["10.00", "5.00"]
