"""Staff's door to orders, through posted actions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from billing.models import Order, Product
from billing.operations import ordering, wishes
from billing.operations.wishes import Wish
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from provisioning.models import ModuleJob
from tests import makers
from tests.billing_makers import make_priced_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Browser:
    browser = Browser()
    browser.force_login(makers.make_user(is_staff=True, is_superuser=True))
    return browser


def order(actor: Actor, *, auto_setup: str = Product.AutoSetup.ACCEPT) -> Order:
    client, today = makers.make_client(), timezone.localdate()
    product = make_priced_product(auto_setup=auto_setup)
    wish = Wish(product=product, cycle=Cycle.MONTHLY, domain="acme.test", choices={})
    shown = wishes.preview(wish=wish, payer=wishes.payer_of(client), on=today)
    quote = wishes.offer(shown=shown, client=client, user=None, now=timezone.now())
    return ordering.place_order(
        quote_id=quote.pk, client=client, actor=actor, on=today, now=timezone.now()
    )


def act(browser: Browser, name: str, placed: Order) -> str:
    data: dict[str, Any] = {"action": name, "_selected_action": [placed.pk]}
    answer = browser.post(reverse("admin:billing_order_changelist"), data, follow=True)
    return answer.content.decode()


def test_accepting_sets_up_what_waited_for_it(staff: Browser, actor: Actor) -> None:
    placed = order(actor)

    html = act(staff, "accept", placed)

    assert f"{placed.number}: accepted." in html
    assert ModuleJob.objects.get().action == "create"


def test_what_is_set_up_by_hand_waits_for_staff(staff: Browser, actor: Actor) -> None:
    placed = order(actor, auto_setup=Product.AutoSetup.OFF)
    act(staff, "accept", placed)
    assert not ModuleJob.objects.exists()

    act(staff, "set_up", placed)
    again = act(staff, "set_up", placed)

    assert ModuleJob.objects.count() == 1
    assert "is set up already" in again


def test_a_cancelled_order_is_not_opened_again(staff: Browser, actor: Actor) -> None:
    placed = order(actor)
    act(staff, "cancel", placed)

    html = act(staff, "reopen", placed)

    assert "is free again" in html
    assert Order.objects.get().status == "cancelled"


def test_staff_find_what_is_paid_and_not_set_up(staff: Browser, actor: Actor) -> None:
    waiting = order(actor, auto_setup=Product.AutoSetup.PAYMENT)
    page = f"{reverse('admin:billing_order_changelist')}?setup=stuck"
    before = staff.get(page).content.decode()

    Order.objects.update(paid_at=timezone.now() - timedelta(minutes=6))

    assert waiting.number not in before
    assert waiting.number in staff.get(page).content.decode()
