"""The verification card and its Recheck button."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from billing.models import Service
from clients.models import User
from provisioning.models import MailDomain, ModuleJob
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


def pending(owner: User) -> Service:
    client = makers.make_client(owner=owner)
    return makers.make_service(client=client, domain="late.test", status="pending")


def test_a_service_that_is_being_set_up_is_watched(customer: Browser, owner: User) -> None:
    service = pending(owner)
    makers.make_job(service)

    html = customer.get(at("service", service)).content.decode()

    assert "This service is being set up" in html
    assert 'hx-trigger="every 4s"' in html
    assert "Add again" not in html


def test_a_domain_given_up_can_be_added_again_and_is_not_watched(
    customer: Browser, owner: User
) -> None:
    service = pending(owner)
    makers.make_job(service, status=ModuleJob.Status.SUCCEEDED)

    html = customer.get(at("service", service)).content.decode()
    answer = recheck(customer, service)

    assert "This service is not set up" in html
    assert at("service-recheck", service) in html
    assert "hx-trigger" not in html
    assert "late.test is being added again" in answer
    assert ModuleJob.objects.latest("pk").requested_by == owner


def test_nobody_sets_up_what_has_not_been_paid_for(customer: Browser, owner: User) -> None:
    service = pending(owner)

    html = customer.get(at("service", service)).content.decode()
    answer = recheck(customer, service)

    assert "This service is not set up yet" in html
    assert at("service-recheck", service) not in html
    assert "once its order has been paid" in answer
    assert not ModuleJob.objects.exists()


def test_a_domain_that_was_refused_is_left_to_staff(
    customer: Browser, owner: User, settings: Settings
) -> None:
    settings.SUPPORT_EMAIL = "help@reseller.test"
    service = pending(owner)
    job = makers.make_job(service)
    job.fail(at=timezone.now(), cause="exists_at_vendor", message="It exists already.")
    job.save()

    html = customer.get(at("service", service)).content.decode()
    answer = recheck(customer, service)

    assert "This service could not be set up" in html
    assert "help@reseller.test" in html
    assert at("service-recheck", service) not in html
    assert "hx-trigger" not in html
    assert "Our team has been told" in answer
    assert ModuleJob.objects.get().status == ModuleJob.Status.FAILED


def test_a_pending_domain_that_is_being_removed_says_so(customer: Browser, owner: User) -> None:
    service = pending(owner)
    makers.make_job(service, ModuleJob.Action.TERMINATE)

    html = customer.get(at("service", service)).content.decode()

    assert "This service is being removed" in html
    assert at("service-recheck", service) not in html


@pytest.mark.usefixtures("resolver")
def test_a_second_click_at_once_is_told_to_wait(
    customer: Browser, waiting: Service, vendor: Sandbox
) -> None:
    recheck(customer, waiting)

    html = recheck(customer, waiting)

    assert "was checked a moment ago" in html
    assert len(vendor.calls("getDomainVerification")) == 1


def test_recheck_is_asked_for_by_a_form(customer: Browser, waiting: Service) -> None:
    assert customer.get(at("service-recheck", waiting)).status_code == 405
