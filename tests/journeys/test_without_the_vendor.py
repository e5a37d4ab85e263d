"""The vendor is down or slow: pages come from our rows and wait for nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.models import Service
from clients.models import User
from provisioning.models import MailDomain
from tests import makers
from tests.journeys.house import House, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.enable_socket]
QUICK_SECONDS = 2
SLOW_SECONDS = 20


@pytest.fixture
def home(home: House) -> House:
    """With broker, vendor and web, and no worker: whoever calls the vendor is the web."""
    home.start_broker()
    home.start_vendor()
    home.start_web()
    return home


@pytest.fixture
def owner() -> User:
    return makers.make_user()


@pytest.fixture
def service(home: House, owner: User) -> Service:
    """A service that was last read an hour ago, so that every page would like it read again."""
    service = makers.make_service(
        client=makers.make_client(owner=owner),
        product=makers.make_product(server=home.make_server()),
        domain="acme.test",
    )
    makers.make_mailbox(service, "anna", quota_mb=5000, usage_mb=1200)
    hour_ago = timezone.now() - timedelta(hours=1)
    MailDomain.objects.update(mirrored_at=hour_ago, mirror_requested_at=None)
    return service


def pages_of(service: Service) -> dict[str, str]:
    ids = {"service_id": service.pk}
    return {
        "dashboard": reverse("clientarea:service", kwargs=ids),
        "accounts": reverse("clientarea:mailboxes", kwargs=ids),
        "home": reverse("clientarea:home"),
    }


def look_at_all(home: House, service: Service, owner: User) -> None:
    with home.visitor(owner) as visitor:
        visitor.get(reverse("clientarea:healthz"))
        seen = {name: visitor.get(path) for name, path in pages_of(service).items()}
    answers = {name: answer.text for name, (answer, _) in seen.items()}
    assert {answer.status_code for answer, _ in seen.values()} == {200}
    assert max(seconds for _, seconds in seen.values()) < QUICK_SECONDS
    assert "as of" in answers["dashboard"]
    assert "as of" in answers["accounts"]
    assert "anna@acme.test" in answers["accounts"]
    assert "acme.test" in answers["home"]


def test_no_page_waits_for_a_slow_vendor(home: House, service: Service, owner: User) -> None:
    home.control("faults", {"action": "*", "kind": "slow", "count": 0, "seconds": SLOW_SECONDS})

    look_at_all(home, service, owner)

    assert calls_begun(home) == 0
    assert home.control("calls")["calls"] == []

    # The reading that the pages asked for is the worker's to wait for.
    home.start_worker()
    wait_until(lambda: calls_begun(home), "the worker calls the vendor")
    look_at_all(home, service, owner)
    service.mail_domain.refresh_from_db()
    assert service.mail_domain.mirror_requested_at is not None
    assert calls_begun(home) == 1


def calls_begun(home: House) -> int:
    """Return how many calls have come; one that is being held up is in no log yet."""
    (fault,) = home.control("faults")["faults"]
    struck: int = fault["struck"]
    return struck


def test_no_page_needs_the_vendor_to_be_there(home: House, service: Service, owner: User) -> None:
    home.stop("vendor")

    look_at_all(home, service, owner)
