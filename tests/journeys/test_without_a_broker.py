"""The broker is down: everybody is answered all the same, and nothing is lost."""

from __future__ import annotations

import pytest
from django.urls import reverse

from billing.models import Service
from provisioning.models import Mailbox, ModuleJob
from tests import makers
from tests import vendor as stand_in
from tests.journeys.house import House, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.enable_socket]
BEARABLE_SECONDS = 3


@pytest.fixture
def home(home: House) -> House:
    """With vendor and web; nobody listens where the broker should be."""
    home.start_vendor()
    home.start_web()
    return home


def test_a_mailbox_is_added_and_a_service_placed_without_a_broker(home: House) -> None:
    owner = makers.make_user()
    client = makers.make_client(owner=owner)
    staff = makers.make_user(is_staff=True, is_superuser=True)
    product = makers.make_product(server=home.make_server())
    service = makers.make_service(client=client, product=product, domain="acme.test")
    home.control("state", {"domains": [{"domain": "acme.test", "reseller": stand_in.USERNAME}]})
    mailbox_form = {
        "local_part": "anna",
        "password": "Good-enough-1",
        "quota_gb": 5,
        "account_type": Mailbox.Type.BASIC.value,
    }
    service_form = {"client": client.pk, "product": product.pk, "domain": "new.test"}

    with home.visitor(owner) as visitor:
        dashboard, looking = visitor.get(
            reverse("clientarea:service", kwargs={"service_id": service.pk})
        )
        added, adding = visitor.post(
            reverse("clientarea:mailboxes-add", kwargs={"service_id": service.pk}), mailbox_form
        )
    with home.visitor(staff) as visitor:
        placed, placing = visitor.post(reverse("admin:billing_service_add"), service_form)

    assert (dashboard.status_code, added.status_code, placed.status_code) == (200, 302, 302)
    assert max(looking, adding, placing) < BEARABLE_SECONDS
    assert Mailbox.objects.get().status == Mailbox.Status.ACTIVE
    assert home.done_by_vendor("addUser") == 1
    assert home.at_vendor("new.test") is None
    job = ModuleJob.objects.get()
    assert job.status == ModuleJob.Status.QUEUED

    home.start_broker()
    home.start_worker()
    home.sweep()

    placed_service = Service.objects.get(mail_domain__domain="new.test")
    wait_until(lambda: home.at_vendor("new.test"), "the domain is at the vendor")
    wait_until(lambda: is_active(placed_service), "the service is active")
    assert home.done_by_vendor("addDomain") == 1
    assert home.done_by_vendor("addUser") == 1


def is_active(service: Service) -> bool:
    service.refresh_from_db()
    active: bool = service.status == Service.Status.ACTIVE
    return active
