"""Clients are told of a coming price once, with its day, and only where it is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from billing.models import OptionValue, Service
from clients.models import Activity, EmailMessage
from tests.billing.price_list import Scope, change
from tests.billing_makers import make_billed_service, make_priced_product

pytestmark = pytest.mark.django_db

ENHANCED = "enhanced_mailboxes"
# The day that prices are changed on in these tests.
MORNING = "2026-01-20T08:00:00Z"
DUE = date(2026, 2, 28)


@pytest.fixture(autouse=True)
def _at_that_time() -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


def cron() -> None:
    call_command("cron", "--job", "announce_prices", stdout=StringIO())


def told() -> list[EmailMessage]:
    return list(EmailMessage.objects.filter(template="price_change").order_by("pk"))


def test_a_client_is_told_once_what_a_service_will_cost() -> None:
    product = make_priced_product("10.00", options={ENHANCED: "3.00"})
    service = make_billed_service(
        product=product, choices={ENHANCED: 2}, next_due=DUE, domain="acme.test"
    )
    change(product, "12.00")

    cron()
    cron()

    (message,) = told()
    assert message.to == service.client.email
    assert "acme.test" in message.subject
    assert "16.00" in message.text
    assert "18.00" in message.text
    assert "Price from 28 February 2026:" in message.text
    assert Activity.objects.filter(action="service.price_told").count() == 1


def test_what_begins_on_one_day_is_told_in_one_email() -> None:
    product = make_priced_product("10.00", options={ENHANCED: "3.00"})
    make_billed_service(product=product, choices={ENHANCED: 2}, next_due=DUE)
    change(product, "12.00")
    change(OptionValue.objects.get(), "4.00")

    cron()

    (message,) = told()
    assert "16.00" in message.text
    assert "20.00" in message.text


def test_nobody_is_told_of_what_is_not_theirs() -> None:
    product = make_priced_product("10.00")
    named = make_billed_service(product=product, next_due=DUE)
    make_billed_service(product=product, next_due=DUE)
    make_billed_service(product=product, next_due=DUE, status=Service.Status.TERMINATED)
    change(product, "12.00", Scope.SELECTED, services=[named.pk])
    change(product, "15.00", Scope.NEW_SALES)

    cron()

    assert [message.client for message in told()] == [named.client]


def test_nobody_is_told_of_a_price_that_was_taken_back() -> None:
    product = make_priced_product("10.00")
    make_billed_service(product=product, next_due=DUE)
    change(product, "12.00")
    change(product, "10.00")

    cron()

    assert told() == []


def test_a_price_that_changes_again_is_told_again() -> None:
    product = make_priced_product("10.00")
    make_billed_service(product=product, next_due=DUE)
    change(product, "12.00")
    cron()
    change(product, "11.00")

    cron()

    first, second = told()
    assert "12.00" in first.text
    assert "11.00" in second.text
    assert "12.00" not in second.text


def test_a_client_reads_it_in_german() -> None:
    product = make_priced_product("10.00")
    service = make_billed_service(product=product, next_due=DUE)
    service.client.language = "de"
    service.client.save()
    change(product, "12.00")

    cron()

    (message,) = told()
    assert "ab dem 28. Februar 2026" in message.text
    assert "12,00" in message.text
