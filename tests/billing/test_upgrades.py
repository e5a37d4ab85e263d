"""A change of product or options: what it costs, and what the service has after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest

from billing.models import CreditNote, Invoice, Price, Service, TaxRule, Upgrade
from billing.operations import (
    credit,
    selections,
)
from billing.operations.upgrades import Change
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from clients.models import Activity
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.automation.days import on
from tests.billing.changes import (
    DUE,
    HELD,
    TODAY,
    change,
    confirm,
    invoice_of,
    make_plan,
    offer,
    policy,
    read,
    renew,
    units,
    wanting,
)
from tests.billing.documents import credit_of, pay
from tests.billing_makers import make_currency, make_priced_product

pytestmark = pytest.mark.django_db

Run = Callable[[], None]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with on(TODAY):
        yield


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    return make_plan(vendor)


def test_more_is_charged_for_the_days_left_and_made_when_it_is_paid(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=7)
    run_jobs()

    invoice = invoice_of(upgrade)
    assert (upgrade.status, invoice.total) == ("unpaid", Decimal("8.13"))
    assert invoice.items.get().description.endswith(", 21 of 31 days)")
    assert units(service) == HELD
    assert read(service).mail_domain.enhanced_mailboxes == 3

    pay(invoice)
    run_jobs()

    fresh = read(service)
    assert Upgrade.objects.get().status == "applied"
    assert units(service) == HELD | {"enhanced_mailboxes": 7}
    assert fresh.mail_domain.enhanced_mailboxes == 7
    assert fresh.recurring_amount == Decimal("28.50")
    assert (fresh.next_due_date, fresh.next_invoice_date) == (DUE, DUE)
    assert upgrade.recurring_difference == 12
    assert Activity.objects.filter(action="service.changed").count() == 1


def test_what_was_shown_is_what_is_invoiced_with_tax_and_credit(
    service: Service, actor: Actor
) -> None:
    TaxRule.objects.create(name="VAT", percent=20)
    credit.add_credit(client=service.client, amount=Decimal(5), description="Sorry", actor=actor)

    quote = offer(service, wanting(service, enhanced_mailboxes=7))
    invoice = invoice_of(confirm(quote, actor))

    assert (quote.total, quote.due_today) == (Decimal("9.76"), Decimal("4.76"))
    assert (invoice.total, invoice.balance) == (quote.total, quote.due_today)
    assert quote.next_recurring_amount == Decimal("34.20")


def test_credit_that_covers_all_of_it_makes_the_change_at_once(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    credit.add_credit(client=service.client, amount=Decimal(20), description="Sorry", actor=actor)

    upgrade = change(service, actor, enhanced_mailboxes=7)
    run_jobs()

    assert invoice_of(upgrade).status == "paid"
    assert Upgrade.objects.get().status == "applied"
    assert credit_of(service.client) == Decimal("11.87")


def test_less_is_made_at_once_and_credited_with_its_tax_when_it_is_in_effect(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    TaxRule.objects.create(name="VAT", percent=20)

    upgrade = change(service, actor, enhanced_mailboxes=1)

    assert upgrade.status == "applying"
    assert not CreditNote.objects.exists()

    run_jobs()

    note = CreditNote.objects.get()
    assert (note.subtotal, note.total) == (Decimal("4.06"), Decimal("4.87"))
    assert (note.upgrade, credit_of(service.client)) == (upgrade, Decimal("4.87"))
    assert units(service)["enhanced_mailboxes"] == 1
    assert read(service).mail_domain.enhanced_mailboxes == 1
    assert not Invoice.objects.exists()


def test_without_credit_less_is_made_at_once_and_nothing_comes_back(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    policy(service, "none")

    change(service, actor, enhanced_mailboxes=1)
    run_jobs()

    assert units(service)["enhanced_mailboxes"] == 1
    assert not CreditNote.objects.exists()
    assert credit_of(service.client) == 0


def test_a_mixed_change_is_one_order_that_waits_for_its_payment(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=5, basic_mailboxes=4)
    run_jobs()

    invoice = invoice_of(upgrade)
    assert [item.amount for item in invoice.items.all()] == [Decimal("-1.02"), Decimal("4.06")]
    assert units(service) == HELD

    pay(invoice)
    run_jobs()

    assert units(service) == {"basic_mailboxes": 4, "enhanced_mailboxes": 5}


def test_up_and_down_on_one_day_comes_to_nothing(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    pay(invoice_of(change(service, actor, enhanced_mailboxes=7)))
    run_jobs()

    change(service, actor, enhanced_mailboxes=3)
    run_jobs()

    assert CreditNote.objects.get().total == Decimal("8.13")
    assert units(service) == HELD
    assert read(service).recurring_amount == Decimal("16.50")


def test_another_cycle_begins_a_period_today(service: Service, actor: Actor, run_jobs: Run) -> None:
    yearly = make_priced_product("120.00", cycle=Cycle.ANNUALLY, server=service.product.server)
    service.product.upgrades_to.add(yearly)

    upgrade = confirm(offer(service, Change(yearly, Cycle.ANNUALLY, {})), actor)
    renewal_before = renew(service, actor)
    pay(invoice_of(upgrade))
    run_jobs()

    fresh = read(service)
    assert invoice_of(upgrade).total == Decimal("108.82")  # 120.00 - 21/31 of 7.50 and of 9.00
    assert (fresh.product, fresh.cycle) == (yearly, "annually")
    assert (fresh.next_due_date, fresh.anchor_day) == (date(2027, 1, 20), 20)
    assert fresh.next_invoice_date == date(2027, 1, 20)
    assert fresh.recurring_amount == 120
    assert fresh.mail_domain.basic_mailboxes == 10
    assert Invoice.objects.get(pk=renewal_before.pk).status == "cancelled"
    assert not Invoice.objects.open().exists()


def test_what_is_free_becomes_paid_from_today_on(
    actor: Actor, vendor: Sandbox, run_jobs: Run
) -> None:
    paid = make_priced_product("10.00")
    service = makers.make_service(vendor=vendor, product=makers.make_product(server=paid.server))
    service.product.upgrades_to.add(paid)

    pay(invoice_of(confirm(offer(service, Change(paid, Cycle.MONTHLY, {})), actor)))
    run_jobs()

    fresh = read(service)
    assert (fresh.cycle, fresh.recurring_amount) == ("monthly", Decimal(10))
    assert (fresh.next_due_date, fresh.next_invoice_date) == (date(2026, 2, 20),) * 2


def test_an_open_renewal_is_replaced_by_one_with_what_is_had_then(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    renewal = renew(service, actor)
    pay(renewal, "4.00")

    pay(invoice_of(change(service, actor, enhanced_mailboxes=7)))
    run_jobs()

    again = Invoice.objects.open().get()
    assert Invoice.objects.get(pk=renewal.pk).status == "cancelled"
    assert again.replaces == renewal
    assert (again.total, again.balance) == (Decimal("28.50"), Decimal("24.50"))
    assert again.due_date == DUE
    assert read(service).next_invoice_date == date(2026, 3, 10)


def test_a_period_that_is_paid_ahead_is_charged_whole(service: Service, actor: Actor) -> None:
    pay(renew(service, actor))

    quote = offer(service, wanting(service, enhanced_mailboxes=4))

    assert quote.total == Decimal("5.03")


def test_a_period_paid_between_order_and_payment_is_charged_too(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=4)
    pay(renew(service, actor))

    pay(invoice_of(upgrade))
    run_jobs()

    more = Invoice.objects.open().get()
    assert more.total == Decimal("3.00")
    assert Upgrade.objects.get().status == "applied"


def test_a_price_decided_between_order_and_payment_is_not_forgotten(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=7)
    service.selections.filter(option__isnull=False).update(
        next_unit_price=Decimal("4.00"), next_price_date=DUE
    )

    pay(invoice_of(upgrade))
    run_jobs()

    rows = service.selections.filter(option__isnull=False)
    assert {row.next_unit_price for row in rows} == {Decimal("4.00")}
    assert rows.get(key="enhanced_mailboxes").quantity == 7


def test_prices_that_were_confirmed_are_kept_when_the_list_changes(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=7)
    Price.objects.update(amount=Decimal(50))

    pay(invoice_of(upgrade))
    run_jobs()

    chosen = selections.held_by(service=read(service), on=TODAY)
    assert {each.key: each.unit_price for each in chosen}["enhanced_mailboxes"] == 3
    assert read(service).currency == make_currency()
