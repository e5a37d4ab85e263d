"""Somebody with several clients acts for one at a time."""

from __future__ import annotations

import pytest
from django.test import Client as Browser
from django.urls import reverse

from billing.models import Service
from clients.models import Client, User
from tests import makers


@pytest.fixture
def client(owner: User) -> Client:
    """The owner's client."""
    return makers.make_client(owner=owner, name="Acme")


def page(browser: Browser, address: str) -> str:
    return " ".join(browser.get(address, follow=True).content.decode().split())


@pytest.fixture
def second(owner: User, client: Client) -> Service:  # noqa: ARG001
    """A service of another client the owner works for."""
    other = makers.make_service(domain="other.test")
    other.client.company = "Zenith"
    other.client.save()
    owner.memberships.create(client=other.client, permissions=["products", "emails"])
    return other


def test_pages_show_one_client_at_a_time(
    customer: Browser, client: Client, second: Service
) -> None:
    makers.make_service(client=client, domain="mine.test")

    before = page(customer, "/services/")
    answer = customer.post("/switch-client/", {"client": second.client_id}, follow=True)
    after = page(customer, "/services/")

    assert "mine.test" in before
    assert "other.test" not in before
    assert "You act for Zenith now." in answer.content.decode()
    assert "other.test" in after
    assert "mine.test" not in after
    assert customer.get("/users/").status_code == 403
    assert customer.get("/emails/").status_code == 200


def test_a_service_of_another_of_ones_clients_opens_and_brings_one_there(
    customer: Browser, second: Service
) -> None:
    address = reverse("clientarea:service", kwargs={"service_id": second.pk})

    opened = customer.get(address)

    assert opened.status_code == 200
    assert "other.test" in page(customer, "/services/")


@pytest.mark.usefixtures("client")
def test_one_switches_only_to_ones_own_clients(customer: Browser) -> None:
    foreign = makers.make_client(name="Foreign")
    makers.make_service(client=foreign, domain="foreign.test")

    for wanted in (str(foreign.pk), "", "x", "-1"):
        answer = customer.post("/switch-client/", {"client": wanted})

        assert answer.status_code == 404, wanted
    assert "foreign.test" not in page(customer, "/services/")


@pytest.mark.usefixtures("client")
def test_somebody_with_one_client_is_shown_no_switcher(customer: Browser) -> None:
    assert "switch-client" not in page(customer, "/")


def test_a_closed_client_cannot_be_entered(customer: Browser, second: Service) -> None:
    customer.post("/switch-client/", {"client": second.client_id})
    second.client.status = Client.Status.CLOSED
    second.client.save()
    address = reverse("clientarea:service", kwargs={"service_id": second.pk})

    assert "other.test" not in page(customer, "/services/")
    assert customer.get(address).status_code == 404
    assert customer.post("/switch-client/", {"client": second.client_id}).status_code == 404
