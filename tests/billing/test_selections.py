"""What a service has of its options: chosen within limits, priced, kept, and what it allows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.models import PRODUCT_KEY, ConfigurableOption, OptionValue, Price, Product
from billing.operations import selections
from billing.operations.selections import Chosen, UnableToChoose
from billing.pricing.cycles import Cycle
from billing.pricing.orders import quote_order
from billing.pricing.quote import Terms
from core.money import currency as unit
from provisioning.models import Entitlement
from tests.billing_makers import (
    make_billed_service,
    make_currency,
    make_option,
    make_price,
    make_priced_product,
)
from tests.makers import make_product

pytestmark = pytest.mark.django_db

Kind = ConfigurableOption.Kind
BASIC, ENHANCED, EXTRA = "basic_mailboxes", "enhanced_mailboxes", "extra_quota"
TODAY = date(2026, 1, 20)


def choose(
    product: Product, choices: Mapping[str, int] | None = None, *, cycle: Cycle = Cycle.MONTHLY
) -> tuple[Chosen, ...]:
    """Choose in the base currency."""
    return selections.choose(
        product=product, cycle=cycle, currency=make_currency(), choices=choices
    )


def reasons(product: Product, choices: Mapping[str, int]) -> Mapping[str, str]:
    """Return why it cannot be chosen so."""
    with pytest.raises(UnableToChoose) as refusal:
        choose(product, choices)
    return refusal.value.reasons


def test_what_is_chosen_has_the_prices_of_the_list() -> None:
    product = make_priced_product("10.00", options={BASIC: "1.50", ENHANCED: "3.00"}, setup_fee="5")

    chosen = choose(product, {BASIC: 4})

    assert [(each.key, each.quantity, each.unit_price) for each in chosen] == [
        (PRODUCT_KEY, 1, Decimal("10.00")),
        (BASIC, 4, Decimal("1.50")),
        (ENHANCED, 0, Decimal("3.00")),
    ]
    assert chosen[0].setup_fee == Decimal(5)
    assert selections.amount_of(chosen, make_currency()) == Decimal("16.00")


def test_a_product_is_not_sold_where_it_has_no_price() -> None:
    product = make_priced_product("10.00")
    make_currency("EUR")

    with pytest.raises(UnableToChoose, match="cannot be bought"):
        choose(product, cycle=Cycle.ANNUALLY)
    with pytest.raises(UnableToChoose):
        selections.choose(product=product, cycle=Cycle.MONTHLY, currency=make_currency("EUR"))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (4, "Choose at least 5."),
        (21, "Choose at most 20."),
        (12, "Choose 5, or more in steps of 5."),
        (-5, "Choose at least 5."),
    ],
)
def test_a_number_outside_the_limits_is_refused(number: int, words: str) -> None:
    product = make_priced_product()
    make_option(product, BASIC, "1.00", minimum=5, maximum=20, step=5)

    assert reasons(product, {BASIC: number}) == {BASIC: words}


@pytest.mark.parametrize("number", [0, 5, 20])
def test_none_at_all_and_both_ends_of_the_limits_are_allowed(number: int) -> None:
    product = make_priced_product()
    make_option(product, BASIC, "1.00", minimum=5, maximum=20, step=5)

    chosen = choose(product, {BASIC: number})

    assert chosen[1].quantity == number


def test_every_option_that_does_not_fit_is_named() -> None:
    product = make_priced_product()
    make_option(product, BASIC, "1.00", minimum=1, is_required=True)
    make_option(product, ENHANCED, "1.00", maximum=2)

    found = reasons(product, {BASIC: 0, ENHANCED: 3, "invented": 1})

    assert list(found) == [BASIC, ENHANCED, "invented"]


def test_a_required_option_begins_with_its_least() -> None:
    product = make_priced_product()
    make_option(product, BASIC, "1.00", minimum=3, is_required=True)
    make_option(product, ENHANCED, "1.00", minimum=3)

    assert [each.quantity for each in choose(product)] == [1, 3, 0]


def test_a_hidden_option_is_pinned_whatever_is_posted() -> None:
    product = make_priced_product("10.00", basic_mailboxes=0, enhanced_mailboxes=0)
    make_option(product, BASIC, minimum=5, maximum=5, is_hidden=True)

    chosen = choose(product, {BASIC: 50})

    assert [(each.key, each.quantity) for each in chosen] == [(PRODUCT_KEY, 1), (BASIC, 5)]
    assert selections.amount_of(chosen, make_currency()) == Decimal("10.00")
    assert selections.entitlement_of(product, chosen).basic_mailboxes == 5


def test_what_is_pinned_and_free_has_no_line_of_its_own() -> None:
    product = make_priced_product("10.00", basic_mailboxes=0)
    make_option(product, BASIC, minimum=5, maximum=5, is_hidden=True)

    quote = quote_order(
        selections=tuple(each.priced for each in choose(product)),
        cycle=Cycle.MONTHLY,
        today=TODAY,
        terms=Terms(currency=unit("USD")),
    )

    assert [line.key for line in quote.lines] == [PRODUCT_KEY]
    assert quote.total == Decimal("10.00")


def test_units_that_the_product_includes_are_not_charged() -> None:
    product = make_priced_product("10.00", basic_mailboxes=10, enhanced_mailboxes=2)
    make_option(product, ENHANCED, "3.00")

    (_, enhanced) = choose(product, {ENHANCED: 4})

    assert (enhanced.priced.quantity, enhanced.priced.included, enhanced.priced.billed) == (6, 2, 4)


def test_a_value_of_a_drop_down_has_its_own_price() -> None:
    product = make_priced_product("10.00")
    option = make_option(
        product, "backup", kind=Kind.DROPDOWN, values={"Weekly": "1.00", "Daily": "4.00"}
    )
    weekly, daily = option.values.all()
    hidden = OptionValue.objects.create(option=option, name="Old", is_hidden=True, position=9)
    make_price(hidden, "9.00")

    assert choose(product, {"backup": daily.pk})[1].unit_price == Decimal(4)
    assert [each.key for each in choose(product, {"backup": 0})] == [PRODUCT_KEY]
    assert "backup" in reasons(product, {"backup": hidden.pk})
    assert choose(product, {"backup": weekly.pk})[1].priced.details["value"] == "Weekly"


def test_one_of_the_values_has_to_be_chosen_where_that_is_required() -> None:
    product = make_priced_product("10.00")
    option = make_option(
        product, "backup", kind=Kind.RADIO, values={"Weekly": "1.00"}, is_required=True
    )

    assert reasons(product, {"backup": 0}) == {"backup": "Choose one of these."}
    assert choose(product)[1].value == option.values.get()


def test_an_option_without_a_price_in_the_currency_is_not_for_sale() -> None:
    product = make_priced_product("10.00")
    make_option(product, ENHANCED, "3.00", currency=make_currency("EUR"))

    assert [each.key for each in choose(product)] == [PRODUCT_KEY]
    assert reasons(product, {ENHANCED: 1}) == {ENHANCED: "This cannot be bought at the moment."}


def test_what_is_kept_keeps_its_price_and_what_is_new_has_the_list_s() -> None:
    product = make_priced_product("10.00", options={BASIC: "1.50", ENHANCED: "3.00"})
    service = make_billed_service(product=product, choices={BASIC: 2})
    Price.objects.update(amount=Decimal(7))

    chosen = selections.choose(
        product=product,
        cycle=Cycle.MONTHLY,
        currency=make_currency(),
        choices={BASIC: 6, ENHANCED: 1},
        keeping=selections.held_by(service=service, on=TODAY),
    )

    assert [(each.quantity, each.unit_price) for each in chosen] == [
        (1, Decimal("10.00")),
        (6, Decimal("1.50")),
        (1, Decimal(7)),
    ]


def test_what_is_not_sold_any_more_can_be_kept_but_not_added_to() -> None:
    product = make_priced_product("10.00", options={BASIC: "1.50"})
    service = make_billed_service(product=product, choices={BASIC: 4})
    ConfigurableOption.objects.update(retired_at="2026-01-01T00:00Z")
    keeping = selections.held_by(service=service, on=TODAY)
    asked: dict[str, Any] = {
        "product": product,
        "cycle": Cycle.MONTHLY,
        "currency": make_currency(),
        "keeping": keeping,
    }

    kept = selections.choose(**asked)
    fewer = selections.choose(**asked, choices={BASIC: 3})

    assert [kept[1].quantity, fewer[1].quantity] == [4, 3]
    with pytest.raises(UnableToChoose, match="at most 4"):
        selections.choose(**asked, choices={BASIC: 5})
    assert reasons(product, {BASIC: 1}) == {BASIC: "This product has no such option."}


def test_saving_leaves_just_what_is_chosen_and_the_amount_it_comes_to() -> None:
    product = make_priced_product("10.00", options={BASIC: "1.50", ENHANCED: "3.00"})
    service = make_billed_service(product=product, choices={BASIC: 2})
    row = service.selections.get(key=PRODUCT_KEY)

    selections.save_selections(service=service, chosen=choose(product, {ENHANCED: 3}))

    service.refresh_from_db()
    assert {each.key: each.quantity for each in service.selections.all()} == {
        PRODUCT_KEY: 1,
        ENHANCED: 3,
    }
    assert service.selections.get(key=PRODUCT_KEY).pk == row.pk
    assert service.recurring_amount == Decimal(19)
    assert selections.recurring_amount(service=service, on=TODAY) == Decimal(19)


def entitled(product: Product, choices: Mapping[str, int] | None = None) -> Entitlement:
    """Return what a service with these choices may use."""
    return selections.entitlement_of(product, choose(product, choices))


def test_the_pool_is_what_mailboxes_bring_and_the_extra_quota() -> None:
    product = make_priced_product(
        options={BASIC: "1.00", ENHANCED: "3.00", EXTRA: "2.00"},
        quota_pool_gb=None,
        basic_quota_gb=Decimal(5),
        enhanced_quota_gb=Decimal(25),
        extra_quota_increment_gb=Decimal(10),
    )

    entitlement = entitled(product, {BASIC: 10, ENHANCED: 3, EXTRA: 2})

    assert (entitlement.basic_mailboxes, entitlement.enhanced_mailboxes) == (10, 3)
    assert entitlement.quota_pool_gb == Decimal(145)


def test_included_mailboxes_bring_their_quota_too() -> None:
    product = make_priced_product(
        basic_mailboxes=4,
        enhanced_mailboxes=0,
        quota_pool_gb=None,
        basic_quota_gb=Decimal(5),
        enhanced_quota_gb=None,
    )
    make_option(product, BASIC, "1.00")

    assert entitled(product, {BASIC: 2}).quota_pool_gb == Decimal(30)


def test_extra_quota_is_added_to_a_pool_that_the_product_has() -> None:
    product = make_priced_product(options={EXTRA: "2.00"}, quota_pool_gb=Decimal(100))

    assert entitled(product, {EXTRA: 3}).quota_pool_gb == Decimal(130)


def test_a_pool_that_is_bought_whole_is_that_pool() -> None:
    product = make_priced_product("10.00", quota_pool_gb=Decimal(100))
    make_option(product, EXTRA, "2.00")
    make_option(product, "total_mailbox_quota_gb", "0.10", position=1)

    entitlement = entitled(product, {EXTRA: 3, "total_mailbox_quota_gb": 500})

    assert entitlement.quota_pool_gb == Decimal(500)


def test_unlimited_stays_unlimited_and_none_stays_none() -> None:
    product = make_priced_product(
        basic_mailboxes=None,
        enhanced_mailboxes=0,
        quota_pool_gb=None,
        aliases=None,
        distribution_lists=0,
    )
    make_option(product, BASIC, "1.00")

    entitlement = entitled(product, {BASIC: 2})

    assert entitlement.basic_mailboxes is None
    assert entitlement.enhanced_mailboxes == 0
    assert entitlement.quota_pool_gb is None
    assert (entitlement.aliases, entitlement.distribution_lists) == (None, 0)


def test_a_value_s_own_number_counts_for_each_unit() -> None:
    product = make_priced_product(aliases=10, distribution_lists=1)
    aliases = make_option(
        product, "total_aliases", kind=Kind.DROPDOWN, values={"50": "1.00", "Unlimited": "5.00"}
    )
    fifty, unlimited = aliases.values.all()
    OptionValue.objects.filter(pk=fifty.pk).update(value="50")
    OptionValue.objects.filter(pk=unlimited.pk).update(value="unlimited")

    assert entitled(product, {"total_aliases": fifty.pk}).aliases == 60
    assert entitled(product, {"total_aliases": unlimited.pk}).aliases is None
    assert entitled(product).aliases == 10


def test_a_service_that_was_given_away_has_what_its_product_pins() -> None:
    product = make_product(basic_mailboxes=0)
    make_option(product, BASIC, minimum=7, maximum=7, is_hidden=True)

    assert selections.entitlement_of(product).basic_mailboxes == 7
