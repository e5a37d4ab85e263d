"""A change of product or options: what it costs, when it is made, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.models import CreditNote, Invoice, Price, Product, Quote, Service, TaxRule, Upgrade
from billing.operations import (
    cancellation,
    credit,
    invoicing,
    quotes,
    renewals,
    selections,
    upgrade_steps,
    upgrades,
)
from billing.operations.upgrades import Change, UnableToChange
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from clients.models import Activity
from provisioning import gateway
from provisioning.models import Mailbox
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.automation.days import configure, cron, on
from tests.billing.documents import credit_of, pay
from tests.billing_makers import (
    make_billed_service,
    make_currency,
    make_price,
    make_priced_product,
)

pytestmark = pytest.mark.django_db

Run = Callable[[], None]
TODAY, DUE = date(2026, 1, 20), date(2026, 2, 10)
PRICES = {"basic_mailboxes": "1.50", "enhanced_mailboxes": "3.00"}
HELD = {"basic_mailboxes": 5, "enhanced_mailboxes": 3}


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with on(TODAY):
        yield


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    """Five Basic and three Enhanced mailboxes at 1.50 and 3.00, paid from 10 January on."""
    product = make_priced_product("0.00", options=PRICES)
    return make_billed_service(product=product, choices=HELD, next_due=DUE, vendor=vendor)


def policy(service: Service, name: str) -> None:
    Product.objects.filter(pk=service.product_id).update(reduction_policy=name)


def read(service: Service) -> Service:
    return Service.objects.with_domain().get(pk=service.pk)


def wanting(service: Service, **choices: int) -> Change:
    held = {each.key: each.quantity for each in service.selections.all() if each.option_id}
    return Change(service.product, Cycle(service.cycle), {**held, **choices})


def offer(service: Service, change: Change, day: date = TODAY) -> Quote:
    fresh = read(service)
    shown = upgrades.preview(service=fresh, change=change, on=day)
    return upgrades.offer(shown=shown, change=change, user=None, now=timezone.now())


def confirm(quote: Quote, actor: Actor, day: date = TODAY) -> Upgrade:
    assert quote.service is not None
    return upgrades.confirm(
        quote_id=quote.pk, service=read(quote.service), actor=actor, on=day, now=timezone.now()
    )


def change(service: Service, actor: Actor, day: date = TODAY, **choices: int) -> Upgrade:
    return confirm(offer(service, wanting(service, **choices), day), actor, day)


def units(service: Service) -> Mapping[str, int]:
    return {
        each.key: each.quantity for each in service.selections.all() if each.option_id is not None
    }


def invoice_of(upgrade: Upgrade) -> Invoice:
    return Invoice.objects.filter(items__upgrade=upgrade).distinct().get()


def renew(service: Service, actor: Actor, day: date = TODAY) -> Invoice:
    """Invoice the next period of a service."""
    renewed = renewals.invoice_next_period(
        service_ids=[service.pk],
        due=renewals.due_for_invoice(today=day, days=40),
        today=day,
        actor=actor,
    )
    return renewed.invoices[0]


def test_more_is_charged_for_the_days_left_and_made_when_it_is_paid(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=7)
    run_jobs()

    invoice = invoice_of(upgrade)
    assert (upgrade.status, invoice.total) == ("unpaid", Decimal("8.13"))
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


def test_less_at_renewal_moves_nothing_before_its_day(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    policy(service, "renewal")

    quote = offer(service, wanting(service, enhanced_mailboxes=1))
    upgrade = confirm(quote, actor)
    cron(DUE - timedelta(days=14))
    run_jobs()

    renewal = Invoice.objects.get()
    assert (quote.total, quote.next_recurring_amount) == (Decimal(0), Decimal("10.50"))
    assert upgrade.status == "scheduled"
    assert (renewal.total, renewal.due_date) == (Decimal("10.50"), DUE)
    assert read(service).mail_domain.enhanced_mailboxes == 3
    assert units(service) == HELD

    pay(renewal)
    with on(DUE):
        cron(DUE)
        run_jobs()

    fresh = read(service)
    assert units(service)["enhanced_mailboxes"] == 1
    assert fresh.mail_domain.enhanced_mailboxes == 1
    assert (fresh.recurring_amount, fresh.next_due_date) == (Decimal("10.50"), date(2026, 3, 10))
    assert Invoice.objects.count() == 1
    assert not CreditNote.objects.exists()


def test_withdrawn_a_change_at_renewal_leaves_the_renewal_as_it_was(
    service: Service, actor: Actor
) -> None:
    policy(service, "renewal")
    first = renew(service, actor)

    upgrade = change(service, actor, enhanced_mailboxes=1)

    assert Invoice.objects.get(pk=first.pk).status == "cancelled"
    assert Invoice.objects.open().get().total == Decimal("10.50")

    upgrades.withdraw(upgrade=upgrade, actor=actor, on=TODAY)

    assert Invoice.objects.open().get().total == Decimal("16.50")
    assert Upgrade.objects.get().status == "cancelled"


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


def test_a_quote_is_confirmed_once(service: Service, actor: Actor) -> None:
    quote = offer(service, wanting(service, enhanced_mailboxes=7))
    confirm(quote, actor)

    with pytest.raises(quotes.QuoteVoid) as refusal:
        confirm(quote, actor)

    assert refusal.value.code == quotes.CONFIRMED
    assert Upgrade.objects.count() == Invoice.objects.count() == 1


def _new_price(service: Service) -> None:
    Price.objects.filter(option_value__option__key="basic_mailboxes").update(
        replaced_at=timezone.now()
    )
    value = service.product.options.get(key="basic_mailboxes").values.get()
    make_price(value, "2.00")
    service.selections.filter(key="basic_mailboxes").update(unit_price=Decimal("2.00"))


MOVES: dict[str, Callable[[Service], object]] = {
    "price": _new_price,
    "tax": lambda _service: TaxRule.objects.create(name="VAT", percent=20),
    "due date": lambda service: Service.objects.filter(pk=service.pk).update(
        next_due_date=date(2026, 3, 10)
    ),
    "use": lambda service: makers.make_mailbox(service, account_type=Mailbox.Type.ENHANCED),
}


@pytest.mark.parametrize("moved", MOVES)
def test_a_quote_is_void_once_anything_has_moved(
    service: Service, actor: Actor, moved: str
) -> None:
    quote = offer(service, wanting(service, enhanced_mailboxes=2, basic_mailboxes=9))

    MOVES[moved](service)

    with pytest.raises(quotes.QuoteVoid) as refusal:
        confirm(quote, actor)
    assert refusal.value.code == quotes.MOVED
    assert not Upgrade.objects.exists()


def test_a_quote_is_void_on_another_day(service: Service, actor: Actor) -> None:
    quote = offer(service, wanting(service, enhanced_mailboxes=7))

    with pytest.raises(quotes.QuoteVoid):
        confirm(quote, actor, TODAY + timedelta(days=1))

    assert not Upgrade.objects.exists()


def test_less_than_is_in_use_is_refused_with_what_must_go_first(service: Service) -> None:
    for _number in range(3):
        makers.make_mailbox(service, account_type=Mailbox.Type.ENHANCED)

    with pytest.raises(UnableToChange) as refusal:
        offer(service, wanting(service, enhanced_mailboxes=1))

    (problem,) = refusal.value.in_the_way
    assert problem.sentence == "3 Enhanced mailboxes in use, 1 wanted."
    assert problem.page == "mailboxes"


def _cancel(service: Service) -> None:
    cancellation.request_cancellation(
        service=service, timing="end", reason="Moved", actor=Actor.system("test"), on=TODAY
    )


REFUSED: dict[str, Callable[[Service], object]] = {
    "not_active": lambda service: Service.objects.filter(pk=service.pk).update(status="suspended"),
    "unverified": lambda service: (
        type(service.mail_domain)
        .objects.filter(pk=service.mail_domain_id)
        .update(status="unverified")
    ),
    "ending": _cancel,
    "change_open": lambda service: change(service, Actor.system("test"), enhanced_mailboxes=8),
    "unpaid": lambda service: Service.objects.filter(pk=service.pk).update(next_due_date=TODAY),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_service_that_cannot_be_changed_says_why(service: Service, why: str) -> None:
    REFUSED[why](service)

    with pytest.raises(UnableToChange) as refusal:
        offer(service, wanting(service, enhanced_mailboxes=7))

    assert refusal.value.code == why


def test_a_product_without_a_way_to_it_is_refused(service: Service) -> None:
    other = make_priced_product("1.00", server=service.product.server)

    with pytest.raises(UnableToChange) as refusal:
        offer(service, Change(other, Cycle.MONTHLY, {}))

    assert refusal.value.code == "not_offered"


def test_the_same_again_is_no_change(service: Service) -> None:
    with pytest.raises(UnableToChange) as refusal:
        offer(service, wanting(service))

    assert refusal.value.code == "nothing"


def test_a_change_that_is_not_paid_expires_with_its_invoice(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    configure(unpaid_upgrade_days=5, invoice_days=0)
    upgrade = change(service, actor, enhanced_mailboxes=7)

    cron(TODAY + timedelta(days=4), "--job", "expire_upgrades")

    assert Upgrade.objects.get().status == "unpaid"

    cron(TODAY + timedelta(days=5), "--job", "expire_upgrades")
    run_jobs()

    assert Upgrade.objects.get().status == "cancelled"
    assert invoice_of(upgrade).status == "cancelled"
    assert units(service) == HELD


def test_a_change_that_is_not_paid_ends_when_the_renewal_falls_due(
    service: Service, actor: Actor
) -> None:
    configure(unpaid_upgrade_days=100)
    change(service, actor, enhanced_mailboxes=7)

    cron(DUE, "--job", "expire_upgrades")

    assert Upgrade.objects.get().status == "cancelled"


def test_paid_it_does_not_expire(service: Service, actor: Actor) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=7)
    pay(invoice_of(upgrade))

    cron(DUE, "--job", "expire_upgrades")

    assert Upgrade.objects.get().status == "applying"


def test_its_invoice_cancelled_by_staff_the_change_is_cancelled(
    service: Service, actor: Actor
) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=7)

    invoicing.cancel_invoice(invoice=invoice_of(upgrade), actor=actor)

    assert Upgrade.objects.get().status == "cancelled"


def test_withdrawn_what_was_paid_on_it_is_credit(service: Service, actor: Actor) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=7)
    pay(invoice_of(upgrade), "3.00")

    upgrades.withdraw(upgrade=upgrade, actor=actor, on=TODAY)

    assert credit_of(service.client) == 3
    assert invoice_of(upgrade).status == "cancelled"
    with pytest.raises(UnableToChange):
        upgrades.withdraw(upgrade=upgrade, actor=actor, on=TODAY)


@pytest.fixture
def failed(service: Service, actor: Actor, vendor: Sandbox, run_jobs: Run) -> Upgrade:
    """A paid mixed change; the vendor knows of more mailboxes than we do."""
    for number in range(5):
        vendor.add_mailbox(service.domain, f"other{number}", account_type=1, quota_gb=1)
    upgrade = change(service, actor, enhanced_mailboxes=5, basic_mailboxes=4)
    pay(invoice_of(upgrade))
    run_jobs()
    return Upgrade.objects.get()


def test_what_the_module_refuses_has_failed_and_waits_for_staff(
    service: Service, failed: Upgrade
) -> None:
    assert failed.status == "failed"
    assert "5 Basic mailboxes, allowed 4" in failed.error
    assert units(service) == HELD
    assert credit_of(service.client) == 0
    assert Activity.objects.filter(action="service.change_failed").exists()


def test_staff_may_have_a_failed_change_made_after_all(
    service: Service, failed: Upgrade, actor: Actor, run_jobs: Run
) -> None:
    domain = read(service).mail_domain
    with gateway.vendor(domain.server, domain) as there:
        there.mailboxes.remove(domain=domain.domain, username="other0")

    upgrade_steps.try_again(upgrade=failed, actor=actor)
    run_jobs()

    assert Upgrade.objects.get().status == "applied"
    assert units(service) == {"basic_mailboxes": 4, "enhanced_mailboxes": 5}
    assert Invoice.objects.count() == 1


def test_staff_may_give_what_was_paid_for_a_failed_change_as_credit(
    service: Service, failed: Upgrade, actor: Actor
) -> None:
    upgrade_steps.credit_failed(upgrade=failed, on=TODAY, actor=actor)

    assert Upgrade.objects.get().status == "cancelled"
    assert credit_of(service.client) == Decimal("3.04")
    assert CreditNote.objects.get().invoice == invoice_of(failed)
    assert units(service) == HELD


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
