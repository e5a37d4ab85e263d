"""A promotion code counts for what and whom it was made for, and no more often than it may."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.models import Order, Promotion
from billing.operations import promotions
from billing.operations.promotions import UnableToUsePromotion
from billing.pricing.cycles import Cycle
from clients.models import Client
from tests.billing_makers import make_billed_service, make_currency, make_priced_product
from tests.makers import make_client, make_product

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)


def make_promotion(**fields: Any) -> Promotion:
    """Return ten percent off the first period."""
    return Promotion.objects.create(**({"code": "SPRING", "value": Decimal(10)} | fields))


def ask(code: str = "SPRING", **fields: Any) -> Promotion:
    """Ask for a code for a monthly order of a visitor."""
    asked: dict[str, Any] = {
        "code": code,
        "cycle": Cycle.MONTHLY,
        "currency": make_currency(),
        "client": None,
        "on": TODAY,
    }
    asked.setdefault("product", fields.pop("product", None) or make_priced_product())
    return promotions.valid_promotion(**(asked | fields))


def make_order(client: Client, code: str = "", **fields: Any) -> Order:
    """Return an order with this code."""
    service = make_billed_service(client=client)
    return Order.objects.create(
        number=f"{service.pk:010}",
        client=client,
        service=service,
        product_name="Mail",
        domain=service.domain,
        cycle="monthly",
        total=Decimal(10),
        recurring_amount=Decimal(10),
        promotion_code=code,
        **fields,
    )


def test_a_code_is_found_however_it_is_typed() -> None:
    promotion = make_promotion()

    assert ask(" spring ") == promotion


@pytest.mark.parametrize("code", ["", "  ", "WINTER"])
def test_an_unknown_code_lowers_nothing(code: str) -> None:
    make_promotion()

    with pytest.raises(UnableToUsePromotion, match="There is no promotion code") as refusal:
        ask(code)

    assert refusal.value.field == "code"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"starts_on": date(2026, 6, 16)}, "not valid yet"),
        ({"ends_on": date(2026, 6, 14)}, "has expired"),
        ({"most_uses": 3, "uses": 3}, "used up"),
        ({"cycles": ["annually"]}, "this billing cycle"),
    ],
)
def test_a_code_is_refused_outside_its_limits(fields: dict[str, Any], words: str) -> None:
    make_promotion(**fields)

    with pytest.raises(UnableToUsePromotion, match=words):
        ask()


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_on": TODAY},
        {"ends_on": TODAY},
        {"most_uses": 3, "uses": 2},
        {"cycles": ["monthly", "annually"]},
    ],
)
def test_a_code_counts_up_to_its_limits(fields: dict[str, Any]) -> None:
    promotion = make_promotion(**fields)

    assert ask() == promotion


def test_a_code_for_one_product_does_not_count_for_another() -> None:
    product = make_priced_product()
    promotion = make_promotion()
    promotion.products.add(product)

    assert ask(product=product) == promotion
    with pytest.raises(UnableToUsePromotion, match="this product"):
        ask(product=make_product())


def test_an_amount_counts_in_its_own_currency_only() -> None:
    promotion = make_promotion(kind="fixed", value=Decimal(5), currency=make_currency("EUR"))

    assert ask(currency=make_currency("EUR")) == promotion
    with pytest.raises(UnableToUsePromotion, match="another currency"):
        ask(currency=make_currency())


def test_a_code_for_new_customers_is_refused_to_others() -> None:
    promotion = make_promotion(is_for_new_clients=True)
    client = make_client()

    assert ask(client=client) == promotion
    make_order(client, status=Order.Status.ACTIVE)
    with pytest.raises(UnableToUsePromotion, match="new customers"):
        ask(client=client)


def test_a_code_for_once_is_not_lost_with_a_cancelled_order() -> None:
    promotion = make_promotion(is_once_per_client=True)
    client = make_client()
    make_order(client, "Spring", status=Order.Status.CANCELLED)
    make_order(make_client(), "SPRING")

    assert ask(client=client) == promotion
    make_order(client, "spring")
    with pytest.raises(UnableToUsePromotion, match="before"):
        ask(client=client)


def test_the_last_use_is_had_once() -> None:
    promotion = make_promotion(most_uses=1)

    promotions.redeem(promotion=promotion, client=make_client())
    with pytest.raises(UnableToUsePromotion, match="used up"):
        promotions.redeem(promotion=promotion, client=make_client())

    promotion.refresh_from_db()
    assert promotion.uses == 1


@pytest.mark.parametrize(
    ("fields", "periods"),
    [({}, 1), ({"lasting": "periods", "periods": 4}, 4), ({"lasting": "lifetime"}, None)],
)
def test_a_code_lasts_as_long_as_it_says(fields: dict[str, Any], periods: int | None) -> None:
    promotion = make_promotion(**fields)

    assert promotions.offered(promotion).periods_left == periods


def test_a_service_keeps_what_is_left_of_its_promotion() -> None:
    service = make_billed_service()
    service.promotion, service.promotion_periods_left = make_promotion(), 2

    held = promotions.held_by(service)

    assert held is not None
    assert (held.code, held.value, held.periods_left) == ("SPRING", Decimal(10), 2)
