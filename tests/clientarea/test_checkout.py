"""The end of an order: account, review and placing it, through posted forms."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from billing.models import Invoice, Order, Price, Product, Promotion, Service, TaxRule
from clients.models import Client, EmailMessage, Permission, User
from provisioning.models import MailDomain, ModuleJob
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.documents import pay
from tests.clientarea.order_steps import (
    PERSON,
    fill_cart,
    make_for_sale,
    page,
    place,
    quote_shown,
    send,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(vendor: Sandbox) -> Product:  # noqa: ARG001
    """What is for sale."""
    return make_for_sale()


def test_a_new_visitor_signs_up_within_the_order_and_places_it(
    product: Product, post: Callable[[], list[EmailMultiAlternatives]]
) -> None:
    visitor = Browser()
    fill_cart(visitor, product)
    assert "Continue" in page(visitor, "order-review").content.decode()

    signed_up = send(visitor, "order-account", PERSON)
    placed = place(visitor, quote_shown(visitor))

    order = Order.objects.get()
    client = Client.objects.get(email="grace@people.test")
    assert signed_up.url == reverse("clientarea:order-review")
    assert placed.url == reverse("clientarea:order", kwargs={"order_id": order.pk})
    assert (order.client, order.domain, order.total) == (client, "grace.test", Decimal(15))
    assert (client.country, client.city) == ("US", "Arlington")
    assert Invoice.objects.get().total == 15
    assert not ModuleJob.objects.exists()
    assert "cart" not in visitor.session
    assert any("confirm" in each.subject.lower() for each in post())
    done = page(visitor, "order", order_id=order.pk).content.decode()
    assert order.number in done
    assert "The next step is your payment" in done
    assert "Total with tax" not in done


def test_a_visitor_cannot_place_an_order(product: Product) -> None:
    visitor = Browser()
    fill_cart(visitor, product)

    answer = send(visitor, "order-place", {"quote": "made-up", "terms": "on"})

    assert answer.url == reverse("clientarea:order-account")
    assert not Order.objects.exists()


def test_an_address_with_a_login_is_asked_to_log_in_and_comes_back_to_the_cart(
    product: Product, owner: User
) -> None:
    client = makers.make_client(owner=owner)
    visitor = Browser()
    fill_cart(visitor, product)

    refused = send(visitor, "order-account", PERSON | {"email": owner.email.upper()})
    login = {"login": owner.email, "password": makers.PASSWORD}
    back: Any = visitor.post(f"{reverse('account_login')}?next=/order/review/", login)

    assert refused.status_code == 422
    assert "If you have a login with that address, log in with it" in refused.content.decode()
    assert Client.objects.get() == client
    assert back.url == "/order/review/"
    assert place(visitor, quote_shown(visitor)).status_code == 302
    assert Order.objects.get().client == client


def test_a_weak_password_makes_no_account(product: Product) -> None:
    visitor = Browser()
    fill_cart(visitor, product)

    answer = send(visitor, "order-account", PERSON | {"password": "password"})

    assert answer.status_code == 422
    assert "password" in answer.context["form"].errors
    assert not User.objects.exists()
    assert "password" not in str(dict(visitor.session))


def test_tax_is_that_of_the_country_one_signs_up_with(product: Product) -> None:
    TaxRule.objects.create(name="VAT", percent=Decimal(19), country="DE")
    visitor = Browser()
    fill_cart(visitor, product)
    before = page(visitor, "order-review").context["shown"].priced.total

    send(visitor, "order-account", PERSON | {"country": "DE"})

    quote = quote_shown(visitor)
    assert (before, quote.total) == (Decimal("15.00"), Decimal("17.85"))
    place(visitor, quote)
    assert Invoice.objects.get().total == Decimal("17.85")
    taxed = page(visitor, "order", order_id=Order.objects.get().pk).content.decode()
    assert "Total with tax" in taxed


def test_sending_an_order_twice_places_it_once(
    customer: Browser, owner: User, product: Product
) -> None:
    makers.make_client(owner=owner)
    fill_cart(customer, product)
    quote = quote_shown(customer)

    answers = [place(customer, quote) for _ in range(2)]

    order = Order.objects.get()
    assert {answer.url for answer in answers} == {
        reverse("clientarea:order", kwargs={"order_id": order.pk})
    }
    assert Invoice.objects.count() == Service.objects.count() == 1


def test_without_the_terms_nothing_is_placed(
    customer: Browser, owner: User, product: Product
) -> None:
    makers.make_client(owner=owner)
    fill_cart(customer, product)

    answer = send(customer, "order-place", {"quote": str(quote_shown(customer).pk)})

    assert answer.status_code == 422
    assert "Accept the terms" in answer.content.decode()
    assert not Order.objects.exists()


def test_the_terms_are_linked_where_there_are_any(
    customer: Browser, owner: User, product: Product, settings: Settings
) -> None:
    settings.TERMS_URL = "https://mail.test/terms"
    makers.make_client(owner=owner)
    fill_cart(customer, product)

    assert 'href="https://mail.test/terms"' in page(customer, "order-review").content.decode()


def test_a_price_that_moved_is_shown_anew_before_anything_is_placed(
    customer: Browser, owner: User, product: Product
) -> None:
    makers.make_client(owner=owner)
    fill_cart(customer, product)
    quote = quote_shown(customer)
    Price.objects.filter(product=product).update(amount=Decimal(12))

    moved: Any = customer.post(
        reverse("clientarea:order-place"), {"quote": str(quote.pk), "terms": "on"}, follow=True
    )

    assert "Something has changed in the meantime" in moved.content.decode()
    assert moved.context["shown"].priced.total == Decimal("17.00")
    assert not Order.objects.exists()


def test_a_domain_that_was_taken_meanwhile_leads_back_to_the_domain(
    customer: Browser, owner: User, product: Product
) -> None:
    makers.make_client(owner=owner)
    fill_cart(customer, product)
    quote = quote_shown(customer)
    makers.make_service(domain="grace.test")

    answer = place(customer, quote)

    ids = {"product_id": product.pk}
    assert answer.url == reverse("clientarea:order-domain", kwargs=ids)
    assert not Order.objects.exists()


def test_a_code_is_applied_and_taken_off(customer: Browser, owner: User, product: Product) -> None:
    makers.make_client(owner=owner)
    Promotion.objects.create(code="HALF", value=Decimal(50))
    fill_cart(customer, product)

    send(customer, "order-code", {"code": "half"})
    with_code = quote_shown(customer).total
    send(customer, "order-code", {"code": ""})
    without = quote_shown(customer).total

    assert (with_code, without) == (Decimal("7.50"), Decimal("15.00"))


def test_a_code_that_does_not_count_says_why(
    customer: Browser, owner: User, product: Product
) -> None:
    makers.make_client(owner=owner)
    fill_cart(customer, product)

    answer = send(customer, "order-code", {"code": "NOPE"})

    assert answer.status_code == 422
    assert "There is no promotion code “NOPE”" in answer.content.decode()


def test_one_orders_for_a_client_that_one_may_order_for(product: Product) -> None:
    mine, theirs = makers.make_client(name="Mine"), makers.make_client(name="Theirs")
    user = makers.make_member(client=mine, permissions=[Permission.PRODUCTS])
    theirs.memberships.create(user=user, permissions=[Permission.ORDERS])
    browser = Browser()
    browser.force_login(user)
    fill_cart(browser, product)

    refused = send(browser, "order-client", {"client": mine.pk})
    place(browser, quote_shown(browser))

    assert refused.status_code == 404
    assert Order.objects.get().client == theirs


def test_somebody_elses_quote_places_nothing(
    customer: Browser, owner: User, product: Product
) -> None:
    makers.make_client(owner=owner)
    stranger, other = makers.make_user(), Browser()
    makers.make_client(owner=stranger)
    other.force_login(stranger)
    fill_cart(other, product, "other.test")
    fill_cart(customer, product)

    place(customer, quote_shown(other))

    assert not Order.objects.exists()
    assert not MailDomain.objects.exists()


def test_a_client_finds_its_own_orders_and_nobody_elses(
    customer: Browser, owner: User, product: Product
) -> None:
    makers.make_client(owner=owner)
    fill_cart(customer, product, "mine.test")
    place(customer, quote_shown(customer))
    stranger, other = makers.make_user(), Browser()
    makers.make_client(owner=stranger)
    other.force_login(stranger)
    fill_cart(other, product, "other.test")
    place(other, quote_shown(other))

    listed = page(customer, "orders").content.decode()
    found = customer.get(reverse("clientarea:orders"), {"search": "nothing"}).content.decode()
    theirs = page(customer, "order", order_id=Order.objects.get(domain="other.test").pk)

    assert "mine.test" in listed
    assert "other.test" not in listed
    assert "No order matches" in found
    assert theirs.status_code == 404


def test_an_unpaid_order_cannot_be_set_up_from_the_services_page(
    customer: Browser, owner: User, product: Product
) -> None:
    makers.make_client(owner=owner)
    fill_cart(customer, product)
    place(customer, quote_shown(customer))
    service = Service.objects.get()

    shown = page(customer, "service", service_id=service.pk).content.decode()
    send(customer, "service-recheck", service_id=service.pk)

    assert "This service is not set up yet" in shown
    assert "Add again" not in shown
    assert not ModuleJob.objects.exists()


def test_the_services_page_tells_price_and_dates(
    customer: Browser, owner: User, product: Product
) -> None:
    makers.make_client(owner=owner)
    fill_cart(customer, product)
    place(customer, quote_shown(customer))

    shown = page(customer, "service", service_id=Service.objects.get().pk).content.decode()

    for words in ("Recurring amount", "15.00", "Monthly", "Next due date"):
        assert words in shown


def test_accounts_cannot_be_made_without_end(product: Product) -> None:
    visitor = Browser()
    fill_cart(visitor, product)

    answers = [send(visitor, "order-account", {"email": ""}).status_code for _ in range(21)]

    assert answers[0] == 422
    assert answers[-1] == 429
    assert not EmailMessage.objects.exists()


def test_who_has_not_confirmed_the_address_cannot_lock_it_by_a_second_factor(
    product: Product,
) -> None:
    visitor = Browser()
    fill_cart(visitor, product)
    send(visitor, "order-account", PERSON)

    answer = visitor.get(reverse("mfa_activate_totp"))

    assert answer.status_code == 302


@pytest.mark.usefixtures("service")
def test_a_client_cancels_an_order_that_is_not_paid(customer: Browser, product: Product) -> None:
    fill_cart(customer, product)
    place(customer, quote_shown(customer))
    order = Order.objects.get()

    asked = page(customer, "order-cancel", order_id=order.pk).content.decode()
    order.refresh_from_db()
    assert (order.status, "Cancel order" in asked) == ("pending", True)

    answer = send(customer, "order-cancel", order_id=order.pk)

    order.refresh_from_db()
    assert answer.url == reverse("clientarea:order", kwargs={"order_id": order.pk})
    assert (order.status, Invoice.objects.get().status) == ("cancelled", "cancelled")
    assert not MailDomain.objects.live().filter(domain="grace.test").exists()
    assert "Cancel this order" not in page(customer, "order", order_id=order.pk).content.decode()


@pytest.mark.usefixtures("service")
def test_a_paid_order_is_not_cancelled_by_the_client(customer: Browser, product: Product) -> None:
    fill_cart(customer, product)
    place(customer, quote_shown(customer))
    pay(Invoice.objects.get())
    order = Order.objects.get()

    send(customer, "order-cancel", order_id=order.pk)

    order.refresh_from_db()
    shown = page(customer, "order", order_id=order.pk).content.decode()
    assert order.status != "cancelled"
    assert "This order cannot be cancelled any more." in shown
    assert f"/orders/{order.pk}/cancel/" not in shown


@pytest.mark.usefixtures("service")
def test_terms_are_asked_for_only_where_there_are_any(
    customer: Browser, product: Product, settings: Settings
) -> None:
    fill_cart(customer, product)
    settings.TERMS_URL = ""

    without = page(customer, "order-review").content.decode()
    settings.TERMS_URL = "https://shop.test/terms"
    with_terms = page(customer, "order-review").content.decode()
    refused = send(customer, "order-place", {"quote": str(quote_shown(customer).pk)})

    assert "I accept" not in without
    assert 'href="https://shop.test/terms"' in with_terms
    assert refused.status_code == 422
    assert not Order.objects.exists()

    settings.TERMS_URL = ""
    send(customer, "order-place", {"quote": str(quote_shown(customer).pk)})
    assert Order.objects.count() == 1
