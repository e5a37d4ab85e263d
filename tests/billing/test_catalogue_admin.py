"""Staff keep the catalogue in the Django admin, which goes through the operations."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.forms import BaseForm
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from billing.models import (
    ConfigurableOption,
    Currency,
    OptionValue,
    Price,
    PriceChange,
    Product,
    ProductGroup,
    Promotion,
)
from clients.models import Activity
from tests import makers
from tests.billing_makers import make_billed_service, make_currency, make_priced_product

pytestmark = pytest.mark.django_db

ENHANCED = "enhanced_mailboxes"


@pytest.fixture
def staff(client: Browser) -> Browser:
    client.force_login(makers.make_user(is_staff=True, is_superuser=True, email="ines@people.test"))
    return client


def filled(browser: Browser, address: str, **changes: Any) -> dict[str, Any]:
    """Return what the form at this address would post untouched, and these changes."""
    page = browser.get(address)
    admin_form = page.context["adminform"]
    forms: list[BaseForm] = [admin_form.form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data = {
        bound.html_name: bound.value()
        for form in forms
        for bound in form
        if bound.value() is not None and bound.value() is not False
    }
    return data | changes


def said(answer: Any) -> str:
    """Return what the next page tells."""
    return " ".join(str(each) for each in get_messages(answer.wsgi_request))


def test_a_group_is_added_in_the_name_of_who_did_it(staff: Browser) -> None:
    address = reverse("admin:billing_productgroup_add")

    staff.post(address, filled(staff, address, name="Email", slug="email"))

    line = Activity.objects.get(action="product_group.added")
    assert ProductGroup.objects.get().name == "Email"
    assert (line.actor_kind, line.object_name) == ("staff", "Email")


def test_a_product_is_changed_with_its_paths_and_its_features(staff: Browser) -> None:
    product, larger = makers.make_product(), makers.make_product()
    address = reverse("admin:billing_product_change", args=[product.pk])

    staff.post(
        address,
        filled(staff, address, tagline="New", upgrades_to=[larger.pk], features=["accounts"]),
    )

    product.refresh_from_db()
    assert (product.tagline, product.features) == ("New", ["accounts"])
    assert list(product.upgrades_to.all()) == [larger]
    changes = {
        name for each in Activity.objects.filter(action="product.changed") for name in each.after
    }
    assert changes == {"tagline", "features", "upgrades_to"}


def test_a_refusal_is_told_and_nothing_is_saved(staff: Browser) -> None:
    product = makers.make_product(tagline="Old")
    address = reverse("admin:billing_product_change", args=[product.pk])

    answer = staff.post(address, filled(staff, address, tagline="New", upgrades_to=[product.pk]))

    product.refresh_from_db()
    assert "itself" in said(answer)
    assert product.tagline == "Old"
    assert not Activity.objects.filter(action__startswith="product").exists()


def test_a_copy_is_a_draft_of_its_own(staff: Browser) -> None:
    product = make_priced_product(options={ENHANCED: "3.00"})

    staff.post(
        reverse("admin:billing_product_changelist"),
        {"action": "copy", "_selected_action": [product.pk]},
    )

    copy = Product.objects.exclude(pk=product.pk).get()
    assert copy.status == Product.Status.DRAFT
    assert copy.options.count() == 1


def test_an_option_is_added_with_its_value(staff: Browser) -> None:
    product = makers.make_product()
    address = reverse("admin:billing_configurableoption_add")
    fields = {"product": product.pk, "key": ENHANCED, "name": "Enhanced mailboxes"}

    staff.post(
        address, filled(staff, address, **fields, **{"values-0-name": "One", "values-0-value": "1"})
    )

    option = ConfigurableOption.objects.get()
    assert (option.product, option.values.get().name) == (product, "One")
    assert Activity.objects.filter(action="option_value.added").count() == 1


def test_a_value_that_cannot_be_counted_leaves_no_option(staff: Browser) -> None:
    product = makers.make_product()
    address = reverse("admin:billing_configurableoption_add")
    fields = {"product": product.pk, "key": ENHANCED, "name": "Enhanced mailboxes"}

    answer = staff.post(
        address,
        filled(staff, address, **fields, **{"values-0-name": "?", "values-0-value": "many"}),
    )

    assert "a number" in said(answer)
    assert not ConfigurableOption.objects.exists()


def test_an_option_in_use_is_retired_by_an_action_and_not_deleted(staff: Browser) -> None:
    product = make_priced_product(options={ENHANCED: "3.00"})
    make_billed_service(product=product, choices={ENHANCED: 1})
    option = product.options.get()
    page = reverse("admin:billing_configurableoption_changelist")

    refused = staff.post(page, {"action": "delete_unused", "_selected_action": [option.pk]})
    staff.post(page, {"action": "retire", "_selected_action": [option.pk]})

    option.refresh_from_db()
    assert "1 service has it" in said(refused)
    assert option.retired_at is not None


def test_a_promotion_is_added_for_some_products_and_cycles(staff: Browser) -> None:
    product = makers.make_product()
    address = reverse("admin:billing_promotion_add")

    staff.post(
        address,
        filled(
            staff, address, code="SPRING", value="10", products=[product.pk], cycles=["annually"]
        ),
    )

    promotion = Promotion.objects.get()
    assert (promotion.code, promotion.cycles) == ("SPRING", ["annually"])
    assert list(promotion.products.all()) == [product]


def test_a_currency_is_added_with_the_digits_it_has(staff: Browser) -> None:
    address = reverse("admin:billing_currency_add")

    staff.post(address, filled(staff, address, code="JPY", prefix="¥", rate="150"))

    assert Currency.objects.get(code="JPY").digits == 0
    assert Activity.objects.get(action="currency.added").object_name == "JPY"


def price_change(sold: Product, **changes: Any) -> dict[str, Any]:
    """Return a filled form for twelve dollars a month."""
    return {
        "product": sold.pk,
        "option_value": "",
        "currency": make_currency().pk,
        "cycle": "monthly",
        "amount": "12.00",
        "setup_fee": "0",
        "scope": "all",
        "effective_date": (timezone.localdate() + timedelta(days=30)).isoformat(),
        "domains": "",
        "confirmation": "",
    } | changes


def test_a_price_change_is_shown_before_it_is_made(staff: Browser) -> None:
    product = make_priced_product("10.00")
    for _ in range(3):
        make_billed_service(product=product)
    address = reverse("admin:billing_pricechange_add")

    shown = staff.post(address, price_change(product))
    before = PriceChange.objects.count()
    staff.post(address, price_change(product, confirmation="3"))

    assert "3 services are affected: +6.00 USD each cycle in all" in shown.content.decode()
    assert before == 0
    made = PriceChange.objects.get()
    assert (made.services_affected, made.recurring_difference) == (3, Decimal(6))
    assert made.made_by_name == "ines@people.test"
    assert Price.objects.current().get(product=product).amount == Decimal(12)


def test_a_price_change_for_named_domains_leaves_others_alone(staff: Browser) -> None:
    product = make_priced_product("10.00")
    named = make_billed_service(product=product, domain="acme.test")
    other = make_billed_service(product=product)
    address = reverse("admin:billing_pricechange_add")
    fields = {"scope": "selected", "domains": "acme.test", "confirmation": "1"}

    wrong = staff.post(address, price_change(product, **(fields | {"domains": "nowhere.test"})))
    staff.post(address, price_change(product, **fields))

    assert "No service is live for nowhere.test" in wrong.content.decode()
    assert named.selections.get().next_unit_price == Decimal(12)
    assert other.selections.get().next_unit_price is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"product": ""}, "Choose a product or a value"),
        ({"effective_date": "2020-01-01"}, "past periods keep their price"),
        ({"amount": "1.005"}, "2 decimals"),
    ],
)
def test_a_price_change_that_cannot_be_keeps_what_was_typed(
    staff: Browser, changes: dict[str, str], words: str
) -> None:
    product = make_priced_product("10.00")

    page = staff.post(
        reverse("admin:billing_pricechange_add"), price_change(product, **changes)
    ).content.decode()

    assert words in page
    assert not PriceChange.objects.exists()


@pytest.mark.parametrize(
    "model",
    [
        "currency",
        "productgroup",
        "product",
        "configurableoption",
        "promotion",
        "price",
        "pricechange",
    ],
)
def test_every_list_of_the_catalogue_opens(staff: Browser, model: str) -> None:
    product = make_priced_product(options={ENHANCED: "3.00"})
    OptionValue.objects.update(value="2")
    make_billed_service(product=product)

    answer = staff.get(reverse(f"admin:billing_{model}_changelist"))

    assert answer.status_code == 200
