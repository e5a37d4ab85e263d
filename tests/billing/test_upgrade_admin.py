"""Staff's door to changes of services, through posted actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from billing.models import Service, Upgrade
from clients.actors import Actor
from clients.models import Activity
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.automation.days import on
from tests.billing.changes import TODAY, change, invoice_of, make_plan
from tests.billing.documents import credit_of, pay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with on(TODAY):
        yield


@pytest.fixture
def staff() -> Browser:
    browser = Browser()
    browser.force_login(makers.make_user(is_staff=True, is_superuser=True))
    return browser


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    return make_plan(vendor)


@pytest.fixture
def failed(
    service: Service, actor: Actor, vendor: Sandbox, run_jobs: Callable[[], None]
) -> Upgrade:
    """A paid change; the vendor knows of more mailboxes than we do."""
    for number in range(5):
        vendor.add_mailbox(service.domain, f"other{number}", account_type=1, quota_gb=1)
    upgrade = change(service, actor, enhanced_mailboxes=5, basic_mailboxes=4)
    pay(invoice_of(upgrade))
    run_jobs()
    return Upgrade.objects.get(status="failed")


def act(browser: Browser, name: str, upgrade: Upgrade) -> str:
    data: dict[str, Any] = {"action": name, "_selected_action": [upgrade.pk]}
    answer = browser.post(reverse("admin:billing_upgrade_changelist"), data, follow=True)
    return answer.content.decode()


def test_a_failed_change_is_given_up_and_its_money_is_credit(
    staff: Browser, service: Service, failed: Upgrade
) -> None:
    html = act(staff, "give_up", failed)
    again = act(staff, "give_up", failed)

    assert f"{service.domain}: given up." in html
    assert "Only a change that has failed can be settled." in again
    assert credit_of(service.client) == Decimal("3.04")
    assert Upgrade.objects.get().status == "cancelled"


def test_a_failed_change_is_tried_again_by_name(staff: Browser, failed: Upgrade) -> None:
    act(staff, "try_again", failed)

    line = Activity.objects.get(action="service.change_retried")
    assert Upgrade.objects.get().status == "applying"
    assert line.actor_kind == "staff"


def test_what_waits_for_its_payment_is_withdrawn(
    staff: Browser, service: Service, actor: Actor
) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=7)

    html = act(staff, "withdraw", upgrade)

    assert f"{service.domain}: withdrawn." in html
    assert invoice_of(upgrade).status == "cancelled"


def test_who_may_only_look_changes_nothing(service: Service, actor: Actor) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=7)
    browser = Browser()
    browser.force_login(makers.make_user(is_staff=True))

    act(browser, "withdraw", upgrade)

    assert Upgrade.objects.get().status == "unpaid"
