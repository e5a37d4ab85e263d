"""A service's page says what it costs, and what it will cost once a decided price counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests import makers
from tests.billing.price_list import change
from tests.billing_makers import make_billed_service, make_priced_product
from tests.clientarea.addresses import at

pytestmark = pytest.mark.django_db


def facts(browser: Browser, address: str) -> str:
    return " ".join(browser.get(address).content.decode().split())


def test_a_coming_price_is_shown_with_its_day(
    client: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    today = timezone.localdate()
    product = make_priced_product("10.00", options={"enhanced_mailboxes": "3.00"})
    owned = makers.make_client(owner=(owner := makers.make_user()))
    due = today + timedelta(days=20)
    service = make_billed_service(
        client=owned, product=product, next_due=due, choices={"enhanced_mailboxes": 2}
    )
    client.force_login(owner)
    address = at("service", service)
    before = facts(client, address)

    change(product, "12.00", day=today, today=today)

    with django_assert_max_num_queries(8):
        after = facts(client, address)
    assert "Recurring amount from" not in before
    assert "16.00" in after
    assert "Recurring amount from" in after
    assert "18.00" in after
