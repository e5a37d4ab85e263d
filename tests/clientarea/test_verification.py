"""The verification card and its Recheck button."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from billing.models import Service
from clients.models import User
from provisioning.models import MailDomain
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at


@pytest.fixture
def waiting(owner: User, vendor: Sandbox) -> Service:
    client = makers.make_client(owner=owner)
    return makers.make_unverified(client=client, domain="waiting.test", vendor=vendor)


@pytest.fixture
def resolver(
    vendor: Sandbox,
    settings: Settings,
    socket_enabled: None,  # noqa: ARG001
) -> Iterator[None]:
    """Our own look into DNS goes to the stand-in's server."""
    with vendor.serve(dns_port=0) as served:
        settings.DNS_RESOLVERS = [f"127.0.0.1:{served.dns_port}"]
        yield


def recheck(customer: Browser, service: Service) -> str:
    address = at("service-recheck", service)
    return customer.post(address, follow=True).content.decode()


def status_of(service: Service) -> str:
    status: str = MailDomain.objects.get(pk=service.mail_domain_id).status
    return status


def test_the_card_gives_all_there_is_to_copy(customer: Browser, waiting: Service) -> None:
    html = customer.get(at("service", waiting)).content.decode()

    for text in ("mx-verification", "TXT", "ea-verify=0123456789abcdef", "3600 IN TXT"):
        assert text in html
    assert "mx-verification.waiting.test" in html
    assert "23\N{NO-BREAK SPACE}hours" in html
    assert html.count("data-copy=") == 3


def test_a_record_that_is_seen_opens_the_service(
    customer: Browser, waiting: Service, vendor: Sandbox
) -> None:
    vendor.zone.publish_expected("waiting.test")

    html = recheck(customer, waiting)

    assert "waiting.test is verified. You can add mailboxes now." in html
    assert status_of(waiting) == MailDomain.Status.ACTIVE
    assert customer.get(at("mailboxes", waiting)).status_code == 200


@pytest.mark.usefixtures("resolver")
def test_a_record_that_is_not_there_yet_is_said_kindly(customer: Browser, waiting: Service) -> None:
    html = recheck(customer, waiting)

    assert "has not been seen yet" in html
    assert status_of(waiting) == MailDomain.Status.UNVERIFIED


@pytest.mark.usefixtures("resolver")
def test_a_record_with_a_slip_in_it_is_told_apart(
    customer: Browser, waiting: Service, vendor: Sandbox
) -> None:
    vendor.zone.publish("mx-verification.waiting.test", "TXT", "ea-verify=0123456789abcdeX")

    html = recheck(customer, waiting)

    assert "with another value" in html
    assert status_of(waiting) == MailDomain.Status.UNVERIFIED


def test_a_domain_the_vendor_has_dropped_is_added_again(
    customer: Browser, waiting: Service, vendor: Sandbox
) -> None:
    vendor.clock.advance(timedelta(hours=25).total_seconds())

    html = recheck(customer, waiting)

    assert "is being added again" in html
    assert status_of(waiting) != MailDomain.Status.ACTIVE


def test_a_vendor_that_does_not_answer_proves_nothing(
    customer: Browser, waiting: Service, vendor: Sandbox
) -> None:
    vendor.faults.add(action="*", kind="http_502", count=0)

    html = recheck(customer, waiting)

    assert "could not be checked just now" in html
    assert "is verified" not in html
    assert status_of(waiting) == MailDomain.Status.UNVERIFIED


def test_recheck_is_asked_for_by_a_form(customer: Browser, waiting: Service) -> None:
    assert customer.get(at("service-recheck", waiting)).status_code == 405
