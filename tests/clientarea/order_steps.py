"""The steps of an order, as tests take them."""

from __future__ import annotations

from typing import Any

from django.test import Client as Browser
from django.urls import reverse

from billing.models import Product, Quote
from tests import makers
from tests.billing_makers import make_priced_product

PERSON = {
    "first_name": "Grace",
    "last_name": "Hopper",
    "email": "grace@people.test",
    "password": makers.PASSWORD,
    "address_1": "Main Street 1",
    "city": "Arlington",
    "country": "US",
}


def make_for_sale() -> Product:
    """Return a product with one option, at ten a month."""
    return make_priced_product(
        "10.00", options={"enhanced_mailboxes": "2.50"}, basic_mailboxes=3, name="Business Mail"
    )


def page(browser: Browser, name: str, **ids: int) -> Any:
    return browser.get(reverse(f"clientarea:{name}", kwargs=ids or None))


def send(browser: Browser, name: str, data: dict[str, Any] | None = None, **ids: int) -> Any:
    return browser.post(reverse(f"clientarea:{name}", kwargs=ids or None), data or {})


def fill_cart(browser: Browser, product: Product, domain: str = "grace.test") -> None:
    assert (
        send(browser, "order-domain", {"domain": domain}, product_id=product.pk).status_code == 302
    )
    chosen = {"cycle": "monthly", "option-enhanced_mailboxes": "2"}
    answer = send(browser, "order-options", chosen)
    assert answer.url == reverse("clientarea:order-review")


def quote_shown(browser: Browser) -> Quote:
    quote: Quote = page(browser, "order-review").context["quote"]
    return quote


def place(browser: Browser, quote: Quote) -> Any:
    return send(browser, "order-place", {"quote": str(quote.pk), "terms": "on"})
