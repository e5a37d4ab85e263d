"""The catalogue is changed through its operations, and what is sold stays what it was."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.models import ConfigurableOption, OptionValue, Price, Product, ProductGroup, Promotion
from billing.operations import catalogue
from billing.operations.catalogue import UnableToRemoveOption, UnableToSaveCatalogue
from clients.actors import Actor
from clients.models import Activity
from tests.billing_makers import make_billed_service, make_option, make_priced_product
from tests.makers import make_product

pytestmark = pytest.mark.django_db

ENHANCED = "enhanced_mailboxes"


def test_a_new_group_and_its_change_are_in_the_activity_log(actor: Actor) -> None:
    group = ProductGroup(name="Email", slug="email")

    catalogue.save_group(group=group, actor=actor)
    group.tagline = "Mail for everybody"
    catalogue.save_group(group=group, actor=actor)
    catalogue.save_group(group=group, actor=actor)

    added, changed = Activity.objects.order_by("pk")
    assert (added.action, added.object_name, added.actor_name) == (
        "product_group.added",
        "Email",
        "test",
    )
    assert (changed.before, changed.after) == (
        {"tagline": ""},
        {"tagline": "Mail for everybody"},
    )


def test_a_field_that_cannot_be_is_named(actor: Actor) -> None:
    product = make_product()
    product.prorata_day = 30

    with pytest.raises(UnableToSaveCatalogue) as refusal:
        catalogue.save_product(product=product, actor=actor)

    assert refusal.value.field == "prorata_day"
    assert Product.objects.get().prorata_day is None
    assert not Activity.objects.exists()


def test_a_product_leads_to_others_and_never_to_itself(actor: Actor) -> None:
    small, large = make_product(), make_product()

    catalogue.save_product(product=small, actor=actor, upgrades_to=[large])

    assert list(small.upgrades_to.all()) == [large]
    assert Activity.objects.get().after == {"upgrades_to": [large.name]}
    with pytest.raises(UnableToSaveCatalogue, match="itself"):
        catalogue.save_product(product=small, actor=actor, upgrades_to=[small])


def test_an_option_that_services_have_is_retired_and_not_deleted(actor: Actor) -> None:
    product = make_priced_product(options={ENHANCED: "3.00"})
    service = make_billed_service(product=product, choices={ENHANCED: 2})
    option = product.options.get()

    with pytest.raises(UnableToRemoveOption, match="1 service has it"):
        catalogue.delete_option(option=option, actor=actor)
    with pytest.raises(UnableToRemoveOption):
        catalogue.delete_value(value=option.values.get(), actor=actor)
    catalogue.retire_option(option=option, actor=actor)

    option.refresh_from_db()
    assert option.retired_at is not None
    assert service.selections.filter(option=option).exists()


def test_an_option_that_nobody_has_is_deleted_with_its_prices(actor: Actor) -> None:
    product = make_priced_product(options={ENHANCED: "3.00"})

    catalogue.delete_option(option=product.options.get(), actor=actor)

    assert not product.options.exists()
    assert list(Price.objects.values_list("product", flat=True)) == [product.pk]
    assert Activity.objects.get().before["key"] == ENHANCED


def test_what_services_have_keeps_its_key_and_kind(actor: Actor) -> None:
    product = make_priced_product(options={ENHANCED: "3.00"})
    make_billed_service(product=product, choices={ENHANCED: 2})
    option = product.options.get()
    option.key = "basic_mailboxes"

    with pytest.raises(UnableToSaveCatalogue) as refusal:
        catalogue.save_option(option=option, actor=actor)
    option.refresh_from_db()
    option.maximum = 9
    catalogue.save_option(option=option, actor=actor)

    assert refusal.value.field == "key"
    assert product.options.get().maximum == 9


@pytest.mark.parametrize("text", ["many", "-1", "2.5", "NaN", "Infinity"])
def test_a_value_that_the_module_cannot_count_is_refused(actor: Actor, text: str) -> None:
    option = make_option(make_product(), ENHANCED)

    with pytest.raises(UnableToSaveCatalogue) as refusal:
        catalogue.save_value(value=OptionValue(option=option, name="?", value=text), actor=actor)

    assert refusal.value.field == "value"
    assert option.values.count() == 1


@pytest.mark.parametrize(
    ("key", "text"),
    [(ENHANCED, "unlimited"), (ENHANCED, "5"), ("total_mailbox_quota_gb", "2.5"), ("color", "red")],
)
def test_a_value_that_means_something_is_saved(actor: Actor, key: str, text: str) -> None:
    option = make_option(make_product(), key)

    catalogue.save_value(value=OptionValue(option=option, name="New", value=text), actor=actor)

    assert option.values.get(name="New").value == text


def test_a_copy_shares_nothing_with_its_original(actor: Actor) -> None:
    product = make_priced_product("10.00", options={ENHANCED: "3.00"}, setup_fee="5.00")
    product.upgrades_to.add(make_product())

    copy = catalogue.copy_product(product=product, name="Twin", actor=actor)

    assert copy.status == Product.Status.DRAFT
    assert list(copy.upgrades_to.all()) == list(product.upgrades_to.all())
    assert copy.prices.get().setup_fee == Decimal(5)
    option = copy.options.get()
    assert option.values.get().prices.get().amount == Decimal(3)
    assert ConfigurableOption.objects.filter(product=product).get().pk != option.pk
    assert Price.objects.count() == 4


def test_a_copy_needs_a_name_of_its_own(actor: Actor) -> None:
    product = make_priced_product("10.00")

    with pytest.raises(UnableToSaveCatalogue) as refusal:
        catalogue.copy_product(product=product, name=product.name, actor=actor)

    assert refusal.value.field == "name"
    assert Product.objects.count() == 1


def test_the_terms_of_a_used_code_stay_and_its_end_can_be_set(actor: Actor) -> None:
    promotion = Promotion(code=" SPRING ", value=Decimal(10))
    catalogue.save_promotion(promotion=promotion, actor=actor, products=[make_product()])
    Promotion.objects.update(uses=1)
    promotion.refresh_from_db()
    promotion.value = Decimal(90)

    with pytest.raises(UnableToSaveCatalogue) as refusal:
        catalogue.save_promotion(promotion=promotion, actor=actor)
    promotion.value, promotion.most_uses = Decimal(10), 5
    catalogue.save_promotion(promotion=promotion, actor=actor)

    promotion.refresh_from_db()
    assert refusal.value.field == "value"
    assert (promotion.code, promotion.value, promotion.most_uses) == ("SPRING", Decimal(10), 5)
    assert promotion.products.count() == 1
