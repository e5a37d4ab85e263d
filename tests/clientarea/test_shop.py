"""Order New up to the review: shelves, domain and options, through posted forms."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from billing.models import Product, Service
from billing.pricing.cycles import Cycle
from clients.models import User
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing_makers import make_price, make_priced_product
from tests.clientarea.order_steps import (
    fill_cart,
    make_for_sale,
    page,
    send,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(vendor: Sandbox) -> Product:  # noqa: ARG001
    """What is for sale."""
    return make_for_sale()


def test_the_shelves_show_what_is_sold_at_its_price(product: Product) -> None:
    make_priced_product("99.00", name="Secret Mail", status=Product.Status.HIDDEN)
    make_price(product, "100.00", cycle=Cycle.ANNUALLY)

    monthly = page(Browser(), "order-new").content.decode()
    yearly = Browser().get(reverse("clientarea:order-new"), {"cycle": "annually"}).content.decode()

    assert "Business Mail" in monthly
    assert "10.00" in monthly
    assert "Secret Mail" not in monthly
    assert "100.00" in yearly
    assert "8.33" in yearly


def test_an_empty_shop_says_so() -> None:
    assert "Nothing is for sale" in page(Browser(), "order-new").content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "required"),
        ("not a domain", "is not a domain name"),
        ("co.uk", "many domains share"),
        ("acme.test", "acme.test cannot be ordered here. If it is yours, log in"),
        ("elsewhere.test", "elsewhere.test cannot be ordered here. If it is yours, log in"),
    ],
)
def test_a_domain_that_cannot_be_had_is_refused_with_the_reason(
    product: Product, vendor: Sandbox, typed: str, words: str
) -> None:
    makers.make_service(domain="acme.test")
    vendor.add_reseller("rival", "secret")
    vendor.add_domain("elsewhere.test", reseller="rival")
    visitor = Browser()

    answer = send(visitor, "order-domain", {"domain": typed}, product_id=product.pk)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "cart" not in visitor.session


def test_an_owner_is_told_that_the_domain_is_theirs(
    customer: Browser, service: Service, product: Product
) -> None:
    answer = send(customer, "order-domain", {"domain": service.domain}, product_id=product.pk)

    assert "You have an email service for acme.test already" in answer.content.decode()


@pytest.mark.usefixtures("service")
def test_an_owner_learns_of_a_stranger_s_domain_no_more_than_a_visitor(
    customer: Browser, product: Product
) -> None:
    makers.make_service(domain="stranger.test")

    answer = send(customer, "order-domain", {"domain": "stranger.test"}, product_id=product.pk)

    assert answer.status_code == 422
    assert "stranger.test cannot be ordered here" in answer.content.decode()
    assert "already" not in answer.content.decode()


@pytest.mark.parametrize(
    "typed", ["https://grace.test/", "http://grace.test:80/mail?x=1", "grace.test.", " Grace.TEST"]
)
def test_a_pasted_address_is_taken_for_its_domain(product: Product, typed: str) -> None:
    visitor = Browser()

    send(visitor, "order-domain", {"domain": typed}, product_id=product.pk)

    assert visitor.session["cart"]["domain"] == "grace.test"


def test_a_name_with_www_is_asked_about_and_can_be_kept(product: Product) -> None:
    visitor = Browser()
    typed = {"domain": "https://www.grace.test/contact"}

    asked = send(visitor, "order-domain", typed, product_id=product.pk)

    assert asked.status_code == 422
    assert "Did you mean grace.test?" in asked.content.decode()
    assert "cart" not in visitor.session

    kept = {"domain": "www.grace.test", "as_typed": "on"}
    assert send(visitor, "order-domain", kept, product_id=product.pk).status_code == 302
    assert visitor.session["cart"]["domain"] == "www.grace.test"


def test_a_vendor_that_does_not_answer_stops_nobody(product: Product, vendor: Sandbox) -> None:
    vendor.faults.add(kind="drop_before", count=0)

    answer = send(Browser(), "order-domain", {"domain": "grace.test"}, product_id=product.pk)

    assert answer.url == reverse("clientarea:order-options")


def test_an_international_domain_is_kept_as_the_wire_spells_it(product: Product) -> None:
    visitor = Browser()

    send(visitor, "order-domain", {"domain": "Bücher.example"}, product_id=product.pk)

    assert visitor.session["cart"]["domain"] == "xn--bcher-kva.example"


def test_the_summary_follows_what_is_typed_and_keeps_nothing(product: Product) -> None:
    visitor = Browser()
    send(visitor, "order-domain", {"domain": "grace.test"}, product_id=product.pk)

    typed = {"cycle": "monthly", "option-enhanced_mailboxes": "4"}
    answer: Any = visitor.get(reverse("clientarea:order-options"), typed)

    assert answer.context["shown"].priced.due_today == Decimal("20.00")
    assert visitor.session["cart"]["choices"] == {}


def test_each_billing_cycle_is_offered_with_its_price(product: Product) -> None:
    yearly = {"amount": Decimal(100), "currency": product.prices.get().currency}
    product.prices.create(cycle="annually", **yearly)
    visitor = Browser()
    send(visitor, "order-domain", {"domain": "grace.test"}, product_id=product.pk)

    html = " ".join(page(visitor, "order-options").content.decode().split())

    assert "Monthly: 10.00 USD" in html
    assert "Annually: 100.00 USD" in html


def test_a_number_that_an_option_does_not_allow_is_refused_at_its_field(product: Product) -> None:
    product.options.update(minimum=1, maximum=5)
    visitor = Browser()
    send(visitor, "order-domain", {"domain": "grace.test"}, product_id=product.pk)

    typed = {"cycle": "monthly", "option-enhanced_mailboxes": "6"}
    answer = send(visitor, "order-options", typed)

    assert answer.status_code == 422
    assert "Choose at most 5." in answer.content.decode()
    assert visitor.session["cart"]["choices"] == {}


@pytest.mark.parametrize("name", ["order-options", "order-review", "order-account"])
def test_without_a_cart_one_begins_at_the_shelves(name: str) -> None:
    answer = page(Browser(), name)

    assert (answer.status_code, answer.url) == (302, reverse("clientarea:order-new"))


# The last two compute a price: what is sold, at what price, and on whose terms.
VISITORS_PAGES = {"order-new": 8, "order-account": 8, "order-review": 8, "order-options": 9}
CLIENTS_PAGES = {"order-new": 8, "order-review": 10, "order-options": 10}


@pytest.mark.parametrize("name", VISITORS_PAGES)
def test_no_page_of_an_order_asks_the_database_often(
    product: Product, name: str, django_assert_max_num_queries: Any
) -> None:
    visitor = Browser()
    fill_cart(visitor, product)
    page(visitor, name)

    with django_assert_max_num_queries(VISITORS_PAGES[name]):
        page(visitor, name)


@pytest.mark.parametrize("name", CLIENTS_PAGES)
def test_no_page_of_a_clients_order_asks_the_database_often(
    customer: Browser, owner: User, product: Product, name: str, django_assert_max_num_queries: Any
) -> None:
    makers.make_client(owner=owner)
    fill_cart(customer, product)
    page(customer, name)

    with django_assert_max_num_queries(CLIENTS_PAGES[name]):
        page(customer, name)


def test_plans_go_from_the_cheapest_up_unless_staff_say_otherwise() -> None:
    for name, price, position in (("Alpha", "90.00", 0), ("Beta", "4.00", 0), ("Gamma", "1.00", 1)):
        make_priced_product(price, name=name, position=position)

    shown = page(Browser(), "order-new").content.decode()

    assert shown.index("Beta") < shown.index("Alpha") < shown.index("Gamma")


def test_what_costs_nothing_by_itself_shows_the_price_of_a_mailbox() -> None:
    make_priced_product(
        "0.00", options={"basic_mailboxes": "1.50", "enhanced_mailboxes": "3.00"}, name="Flex"
    )

    shown = page(Browser(), "order-new").content.decode()

    assert "1.50" in shown
    assert "per mailbox" in shown
    assert "0.00" not in shown


def test_a_sentence_that_is_tagline_and_description_stands_there_once() -> None:
    make_priced_product("1.00", name="Solo", tagline="All you need.", description="All you need.")

    assert page(Browser(), "order-new").content.decode().count("All you need.") == 1
