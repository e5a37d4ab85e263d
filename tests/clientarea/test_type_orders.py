"""Orders of other types that wait: for their payment, for each other, for another write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from billing.models import Invoice, Service, Upgrade
from clients.models import Client, User
from provisioning import tasks
from provisioning.models import Mailbox
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.automation.days import cron
from tests.billing.documents import pay
from tests.clientarea.type_steps import (
    ENHANCED,
    TODAY,
    agree,
    box,
    logged_in,
    make_full_plan,
    newest_quote,
    save,
    set_product,
    text,
    type_of,
    units,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 1, 20, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def client(owner: User) -> Client:
    return makers.make_client(owner=owner)


@pytest.fixture
def service(client: Client, vendor: Sandbox) -> Service:
    return make_full_plan(client, vendor)


@pytest.fixture
def anna(service: Service, vendor: Sandbox) -> Mailbox:
    return makers.make_mailbox(service, "anna", vendor=vendor)


@pytest.fixture
def ben(service: Service) -> Mailbox:
    return service.mail_domain.mailboxes.get(local_part="ben")


@pytest.fixture
def visitor(owner: User, service: Service) -> Browser:  # noqa: ARG001
    return logged_in(owner)


def one_of_two_is_included(service: Service) -> None:
    """Let the product include one of the two Basic mailboxes in use: one is bought."""
    set_product(service, basic_mailboxes=1)
    service.selections.filter(key="basic_mailboxes").update(quantity=1)


def test_a_bought_unit_is_given_back_once_however_many_orders_wait(
    visitor: Browser, service: Service, anna: Mailbox, ben: Mailbox
) -> None:
    one_of_two_is_included(service)
    set_product(service, type_change_policy="pay")

    agree(visitor, service, anna)
    page = text(box(visitor, service, ben))
    save(visitor, service, ben, quote=newest_quote())

    first, second = Invoice.objects.order_by("pk")
    assert (first.total, second.total) == (Decimal("1.01"), Decimal("2.03"))
    assert "1.02 USD" not in page
    assert "Next, on 10 February 2026 9.00 USD" in page

    pay(first)
    pay(second)
    cron(TODAY, "--job", "settle_mailbox_types", hour=13)

    assert (type_of(anna), type_of(ben)) == (ENHANCED, ENHANCED)
    assert units(service) == {"enhanced_mailboxes": 3}
    assert set(Upgrade.objects.values_list("status", flat=True)) == {"applied"}
    assert Service.objects.get(pk=service.pk).recurring_amount == Decimal("9.00")


def test_a_unit_of_a_change_with_an_unclear_outcome_is_not_given_back_again(
    visitor: Browser, service: Service, anna: Mailbox, ben: Mailbox, vendor: Sandbox
) -> None:
    one_of_two_is_included(service)
    vendor.faults.add(action="updateUser", kind="drop_after")
    agree(visitor, service, anna)

    agree(visitor, service, ben)
    Mailbox.objects.filter(pk=anna.pk).update(unsettled_since=timezone.now() - timedelta(minutes=5))
    tasks.settle_mailbox(mailbox_id=anna.pk)

    totals = sorted(Invoice.objects.values_list("total", flat=True))
    assert totals == [Decimal("1.01"), Decimal("2.03")]
    assert units(service) == {"enhanced_mailboxes": 3}


def test_a_unit_that_is_ordered_and_not_paid_is_not_given_back(
    visitor: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    set_product(service, enhanced_mailboxes=1, type_change_policy="pay")
    service.selections.filter(key="enhanced_mailboxes").delete()
    makers.make_mailbox(service, "carl", vendor=vendor)
    eve = service.mail_domain.mailboxes.get(local_part="eve")
    agree(visitor, service, anna)

    page = text(box(visitor, service, eve, Mailbox.Type.BASIC))

    assert "2.03 USD" not in page
    assert "Due today 1.02 USD" in page
