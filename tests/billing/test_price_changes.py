"""A price change counts for whom it was decided, from the period it was decided for."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from billing.models import OptionValue, Price, PriceChange, Product, Selection, Service
from billing.operations import price_changes, selections
from billing.operations.price_changes import Audience, Preview, UnableToChangePrice
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from clients.models import Activity
from tests.billing.price_list import TODAY, Scope, change, monthly
from tests.billing_makers import (
    make_billed_service,
    make_currency,
    make_option,
    make_priced_product,
)

pytestmark = pytest.mark.django_db

ENHANCED = "enhanced_mailboxes"


def price_on(service: Service, day: date) -> str:
    """Return what the service's period that the day is in costs."""
    service.refresh_from_db()
    return str(selections.recurring_amount(service=service, on=day))


def list_price(product: Product) -> Decimal:
    """Return what a new client pays."""
    return Price.objects.current().get(product=product).amount


def test_a_change_for_new_sales_leaves_every_service_alone() -> None:
    product = make_priced_product("10.00")
    service = make_billed_service(product=product, next_due=date(2026, 2, 10))

    change(product, "12.00", Scope.NEW_SALES)

    assert price_on(service, date(2027, 2, 10)) == "10.00"
    assert list_price(product) == Decimal(12)
    assert not Selection.objects.exclude(next_unit_price=None).exists()


def test_a_change_for_all_counts_from_the_first_period_after_its_day() -> None:
    product = make_priced_product("10.00")
    service = make_billed_service(product=product, next_due=date(2026, 2, 10))

    change(product, "12.00", day=date(2026, 3, 1))

    days = [date(2026, 1, 31), date(2026, 2, 10), date(2026, 3, 9), date(2026, 3, 10)]
    assert [price_on(service, day) for day in days] == ["10.00", "10.00", "10.00", "12.00"]


def test_a_period_that_has_its_invoice_keeps_its_price() -> None:
    product = make_priced_product("10.00")
    service = make_billed_service(product=product, next_due=date(2026, 2, 1))
    Service.objects.update(next_invoice_date=date(2026, 3, 1))

    change(product, "12.00", day=TODAY)

    assert price_on(service, date(2026, 2, 1)) == "10.00"
    assert price_on(service, date(2026, 3, 1)) == "12.00"


def test_services_that_are_not_selected_keep_their_price() -> None:
    product = make_priced_product("10.00")
    named, other = (
        make_billed_service(product=product, next_due=date(2026, 2, 10)) for _ in range(2)
    )

    change(product, "12.00", Scope.SELECTED, services=[named.pk])

    assert price_on(named, date(2026, 2, 10)) == "12.00"
    assert price_on(other, date(2026, 2, 10)) == "10.00"


def test_one_price_is_changed_and_not_its_neighbors() -> None:
    product = make_priced_product("10.00", options={ENHANCED: "3.00"})
    option = make_option(product, "extra_quota", "2.00", position=2)
    choices = {ENHANCED: 4, "extra_quota": 1}
    service = make_billed_service(product=product, choices=choices, next_due=date(2026, 2, 10))
    elsewhere = make_billed_service(
        product=make_priced_product("10.00", options={ENHANCED: "3.00"}),
        choices={ENHANCED: 4},
        next_due=date(2026, 2, 10),
    )

    change(OptionValue.objects.get(option__product=product, option__key=ENHANCED), "5.00")

    assert price_on(service, date(2026, 2, 10)) == "32.00"
    assert price_on(elsewhere, date(2026, 2, 10)) == "22.00"
    assert option.values.get().prices.current().get().amount == Decimal(2)


def test_a_price_agreed_by_hand_is_changed_only_by_name() -> None:
    product = make_priced_product("10.00")
    service = make_billed_service(product=product, next_due=date(2026, 2, 10))
    Selection.objects.update(price=None, unit_price=Decimal("7.50"))

    change(product, "12.00")
    after_all = price_on(service, date(2026, 2, 10))
    change(product, "11.00", Scope.SELECTED, services=[service.pk])

    assert after_all == "7.50"
    assert price_on(service, date(2026, 2, 10)) == "11.00"


def test_services_that_have_ended_are_not_counted() -> None:
    product = make_priced_product("10.00")
    make_billed_service(product=product, status=Service.Status.TERMINATED)

    made = change(product, "12.00")

    assert made.services_affected == 0


def test_a_preview_says_what_the_change_then_does_and_writes_nothing() -> None:
    product = make_priced_product("10.00", options={ENHANCED: "3.00"})
    for units in (0, 2, 5):
        make_billed_service(product=product, choices={ENHANCED: units}, next_due=date(2026, 2, 1))
    value = OptionValue.objects.get(option__product=product)
    audience = Audience(scope=Scope.ALL, effective_date=TODAY)

    shown = price_changes.preview(new=monthly(value, "4.50"), audience=audience, today=TODAY)
    untouched = Price.objects.current().get(option_value=value).amount
    made = change(value, "4.50", expected=shown)

    assert shown == Preview(
        old_amount=Decimal(3), services=2, recurring_difference=Decimal("10.50")
    )
    assert untouched == Decimal(3)
    assert (made.services_affected, made.recurring_difference) == (2, Decimal("10.50"))


def test_a_change_is_refused_when_it_would_do_more_than_was_shown() -> None:
    product = make_priced_product("10.00")
    audience = Audience(scope=Scope.ALL, effective_date=TODAY)
    shown = price_changes.preview(new=monthly(product, "12.00"), audience=audience, today=TODAY)
    make_billed_service(product=product)

    with pytest.raises(UnableToChangePrice, match="Look at the figures again"):
        change(product, "12.00", expected=shown)

    assert list_price(product) == Decimal(10)


def test_a_price_that_was_never_billed_is_not_overruled() -> None:
    product = make_priced_product("10.00")
    service = make_billed_service(product=product, next_due=date(2026, 2, 10))
    change(product, "12.00", day=date(2026, 3, 1))

    with pytest.raises(UnableToChangePrice, match="2026-03-10") as refusal:
        change(product, "14.00", day=date(2026, 6, 1))

    assert refusal.value.field == "effective_date"
    assert price_on(service, date(2026, 6, 10)) == "12.00"
    assert list_price(product) == Decimal(12)


def test_a_later_decision_for_the_same_period_takes_the_place_of_the_first() -> None:
    product = make_priced_product("10.00")
    service = make_billed_service(product=product, next_due=date(2026, 2, 10))
    change(product, "12.00", day=date(2026, 3, 1))

    change(product, "11.00", day=date(2026, 2, 20))

    assert price_on(service, date(2026, 3, 9)) == "10.00"
    assert price_on(service, date(2026, 3, 10)) == "11.00"


def test_the_amount_in_lists_follows_once_the_day_has_come() -> None:
    product = make_priced_product("10.00", options={ENHANCED: "3.00"})
    service = make_billed_service(
        product=product, choices={ENHANCED: 2}, next_due=date(2026, 2, 10)
    )
    change(product, "12.00")

    before = price_changes.take_over(today=date(2026, 2, 9))
    service.refresh_from_db()
    amount_before = service.recurring_amount
    on_the_day = price_changes.take_over(today=date(2026, 2, 10))
    service.refresh_from_db()

    assert (before, amount_before) == (0, Decimal(16))
    assert (on_the_day, service.recurring_amount) == (1, Decimal(18))
    assert price_on(service, date(2026, 2, 10)) == "18.00"


@pytest.mark.parametrize(
    ("amount", "day", "words"),
    [
        ("-1.00", TODAY, "below 0"),
        ("1.005", TODAY, "2 decimals"),
        ("12.00", TODAY - timedelta(days=1), "past periods"),
    ],
)
def test_what_cannot_be_a_price_is_refused(amount: str, day: date, words: str) -> None:
    product = make_priced_product("10.00")

    with pytest.raises(UnableToChangePrice, match=words):
        change(product, amount, day=day)

    assert list_price(product) == Decimal(10)
    assert not PriceChange.objects.exists()


def test_a_change_says_who_made_it_and_for_how_many() -> None:
    product = make_priced_product("10.00")
    make_billed_service(product=product)

    made = change(product, "12.00")

    line = Activity.objects.get(action="price.changed")
    assert (line.actor_name, made.made_by_name) == ("test", "test")
    assert line.before["amount"] == "10.0000"
    assert (line.after["amount"], line.after["services"]) == ("12.00", 1)


def test_a_withdrawn_price_is_kept_by_those_who_have_it() -> None:
    product = make_priced_product("10.00")
    service = make_billed_service(product=product, next_due=date(2026, 2, 10))

    price_changes.withdraw_price(
        price=Price.objects.get(product=product), actor=Actor.system("test")
    )

    assert price_on(service, date(2026, 2, 10)) == "10.00"
    with pytest.raises(selections.UnableToChoose, match="cannot be bought"):
        selections.choose(product=product, cycle=Cycle.MONTHLY, currency=make_currency())


def test_as_many_statements_for_many_services_as_for_one(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    product = make_priced_product("10.00")
    for _ in range(8):
        make_billed_service(product=product, next_due=date(2026, 2, 10))

    with django_assert_max_num_queries(24):
        made = change(product, "12.00", day=date(2026, 5, 1))

    assert made.services_affected == 8
