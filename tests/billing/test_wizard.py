"""The wizard makes what it showed, in each of the three ways of selling mailboxes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.models import ConfigurableOption, Price, Product
from billing.operations import selections, wizard
from billing.operations.selections import UnableToChoose
from billing.operations.wizard import Part, Recipe, UnableToPlanProduct
from billing.pricing.cycles import Cycle
from billing.pricing.orders import quote_order
from billing.pricing.quote import Terms
from clients.actors import Actor
from clients.models import Activity
from core.money import currency as unit
from tests.billing_makers import make_currency
from tests.makers import make_server

pytestmark = pytest.mark.django_db

Strategy = Product.Strategy
BASIC, ENHANCED, EXTRA = "basic_mailboxes", "enhanced_mailboxes", "extra_quota"
TODAY = date(2026, 1, 20)
BASIC_PRICES = {Cycle.MONTHLY: Decimal("1.50"), Cycle.ANNUALLY: Decimal("15.00")}
ENHANCED_PRICES = {Cycle.MONTHLY: Decimal("3.00"), Cycle.ANNUALLY: Decimal("30.00")}
EXTRA_PRICES = {Cycle.MONTHLY: Decimal("2.00"), Cycle.ANNUALLY: Decimal("20.00")}


def recipe(strategy: Product.Strategy, **answers: Any) -> Recipe:
    """Return answers that make a product of this strategy."""
    values: dict[str, Any] = {
        "strategy": strategy,
        "name": f"{strategy.label} mail",
        "server": make_server(),
        "currency": make_currency(),
        "prices": {Cycle.MONTHLY: Decimal("10.00"), Cycle.ANNUALLY: Decimal("100.00")},
        "is_on_sale": True,
    }
    return Recipe(**(values | answers))


def bundle(**answers: Any) -> Recipe:
    """Return five Basic and two Enhanced mailboxes and 20 GB more, for one price."""
    parts = {
        "basic": Part(included=5, quota_gb=Decimal(5)),
        "enhanced": Part(included=2, quota_gb=Decimal(25)),
        "extra_quota": Part(included=2, quota_gb=Decimal(10)),
    }
    return recipe(Strategy.BUNDLE, **(parts | answers))


def variable(**answers: Any) -> Recipe:
    """Return mailboxes by the piece."""
    parts = {
        "prices": {Cycle.MONTHLY: Decimal(0), Cycle.ANNUALLY: Decimal(0)},
        "basic": Part(prices=BASIC_PRICES, least=1, most=500, quota_gb=Decimal(5)),
        "enhanced": Part(prices=ENHANCED_PRICES, quota_gb=Decimal(25)),
        "extra_quota": Part(prices=EXTRA_PRICES, quota_gb=Decimal(10)),
    }
    return recipe(Strategy.VARIABLE, **(parts | answers))


def hybrid(**answers: Any) -> Recipe:
    """Return ten Basic mailboxes, and more by the piece."""
    parts = {
        "basic": Part(included=10, prices=BASIC_PRICES, quota_gb=Decimal(5)),
        "enhanced": Part(prices=ENHANCED_PRICES, quota_gb=Decimal(25)),
        "extra_quota": Part(prices=EXTRA_PRICES, quota_gb=Decimal(10)),
    }
    return recipe(Strategy.HYBRID, **(parts | answers))


def test_a_bundle_shows_no_options_and_holds_what_it_pins(actor: Actor) -> None:
    plan = wizard.plan(recipe=bundle(), today=TODAY)

    product = wizard.create(plan=plan, actor=actor, today=TODAY)

    (monthly, annually) = plan.samples
    assert plan.offers[0].visible == ()
    assert [line.key for line in monthly.quote.lines] == ["product"]
    assert (monthly.quote.total, annually.quote.total) == (Decimal("10.00"), Decimal("100.00"))
    assert monthly.entitlement.basic_mailboxes == 5
    assert monthly.entitlement.enhanced_mailboxes == 2
    assert monthly.entitlement.quota_pool_gb == Decimal(95)
    options = product.options.values_list("key", "is_hidden", "minimum", "maximum")
    assert list(options) == [(BASIC, True, 5, 5), (ENHANCED, True, 2, 2), (EXTRA, True, 2, 2)]
    assert not product.has_option_changes


def test_a_variable_product_charges_for_each_piece(actor: Actor) -> None:
    plan = wizard.plan(recipe=variable(), today=TODAY)

    product = wizard.create(plan=plan, actor=actor, today=TODAY)

    monthly = plan.samples[0]
    lines = {line.key: (line.quantity, str(line.amount)) for line in monthly.quote.lines}
    assert lines == {
        "product": (1, "0.00"),
        BASIC: (5, "7.50"),
        ENHANCED: (2, "6.00"),
        EXTRA: (1, "2.00"),
    }
    assert monthly.quote.total == Decimal("15.50")
    assert monthly.entitlement.quota_pool_gb == Decimal(85)
    assert (product.basic_mailboxes, product.enhanced_mailboxes) == (0, 0)
    with pytest.raises(UnableToChoose) as refusal:
        selections.choose(
            product=product,
            cycle=Cycle.MONTHLY,
            currency=make_currency(),
            choices={BASIC: 0},
        )
    assert list(refusal.value.reasons) == [BASIC]


def test_a_hybrid_charges_only_for_what_is_beyond_the_included(actor: Actor) -> None:
    plan = wizard.plan(recipe=hybrid(), today=TODAY)

    product = wizard.create(plan=plan, actor=actor, today=TODAY)

    monthly = plan.samples[0]
    assert monthly.quote.total == Decimal("25.50")
    assert monthly.entitlement.basic_mailboxes == 15
    assert monthly.entitlement.quota_pool_gb == Decimal(135)
    assert product.basic_mailboxes == 10
    assert product.options.get(key=BASIC).name == "Additional Basic mailboxes"


@pytest.mark.parametrize("answers", [bundle, variable, hybrid])
def test_what_is_made_is_what_was_shown(actor: Actor, answers: Any) -> None:
    plan = wizard.plan(recipe=answers(setup_fee=Decimal("5.00")), today=TODAY)
    product = Product.objects.get(pk=wizard.create(plan=plan, actor=actor, today=TODAY).pk)

    for sample in plan.samples:
        chosen = selections.choose(
            product=product,
            cycle=sample.cycle,
            currency=make_currency(),
            choices={each.key: each.quantity for each in sample.chosen if not each.is_product},
        )
        quote = quote_order(
            selections=tuple(each.priced for each in chosen),
            cycle=sample.cycle,
            today=TODAY,
            terms=Terms(currency=unit("USD")),
        )
        assert [(line.key, line.quantity, line.amount) for line in quote.lines] == [
            (line.key, line.quantity, line.amount) for line in sample.quote.lines
        ]
        assert selections.entitlement_of(product, chosen) == sample.entitlement


def test_a_plan_alone_leaves_nothing_behind() -> None:
    wizard.plan(recipe=hybrid(), today=TODAY)

    assert not Product.objects.exists()
    assert not ConfigurableOption.objects.exists()
    assert not Price.objects.exists()


def test_every_product_has_options_of_its_own(actor: Actor) -> None:
    for answers in (hybrid(name="One"), hybrid(name="Two")):
        plan = wizard.plan(recipe=answers, today=TODAY)
        wizard.create(plan=plan, actor=actor, today=TODAY)

    options = [set(product.options.all()) for product in Product.objects.all()]
    assert [len(each) for each in options] == [3, 3]
    assert not options[0] & options[1]


def test_whatever_is_made_is_in_the_activity_log(actor: Actor) -> None:
    wizard.create(plan=wizard.plan(recipe=variable(), today=TODAY), actor=actor, today=TODAY)

    actions = list(Activity.objects.order_by("pk").values_list("action", flat=True))
    assert actions.count("product.added") == 1
    assert actions.count("option.added") == 3
    assert actions.count("price.changed") == 8


@pytest.mark.parametrize(
    ("answers", "changes", "words"),
    [
        (bundle, {"prices": {}}, "at least one billing cycle"),
        (bundle, {"basic": Part(included=5, prices=BASIC_PRICES)}, "choose a hybrid"),
        (variable, {"basic": Part(included=1, prices=BASIC_PRICES)}, "includes nothing"),
        (hybrid, {"basic": Part(prices=BASIC_PRICES)}, "includes something"),
        (hybrid, {"extra_quota": Part(included=1, prices=EXTRA_PRICES)}, "Include quota with"),
        (variable, {"basic": Part(prices={Cycle.MONTHLY: Decimal(1)})}, "same billing cycles"),
        (variable, {"enhanced": Part(prices=ENHANCED_PRICES)}, "would add nothing"),
        (bundle, {"basic": Part(), "enhanced": Part()}, "needs mailboxes"),
        (bundle, {"extra_quota": Part(included=1)}, "how many gigabytes"),
    ],
)
def test_answers_that_do_not_fit_are_refused(
    answers: Any, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(UnableToPlanProduct, match=words):
        wizard.plan(recipe=replace(answers(), **changes), today=TODAY)


def test_a_sample_stays_within_the_limits() -> None:
    answers = variable(
        basic=Part(prices=BASIC_PRICES, least=10, most=100, step=10, quota_gb=Decimal(1))
    )

    plan = wizard.plan(recipe=replace(answers, sample={BASIC: 37, ENHANCED: 0}), today=TODAY)

    assert {each.key: each.quantity for each in plan.samples[0].chosen} == {
        "product": 1,
        BASIC: 30,
        ENHANCED: 0,
        EXTRA: 1,
    }


def test_a_quota_of_the_product_s_own_does_not_depend_on_mailboxes() -> None:
    answers = bundle(
        basic=Part(included=5),
        enhanced=Part(),
        extra_quota=Part(),
        quota_pool_gb=Decimal(200),
    )

    plan = wizard.plan(recipe=answers, today=TODAY)

    assert plan.samples[0].entitlement.quota_pool_gb == Decimal(200)
    assert plan.samples[0].entitlement.enhanced_mailboxes == 0
