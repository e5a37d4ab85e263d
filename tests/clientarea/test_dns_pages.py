"""DKIM Setup and DNS, as their pages tell it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from billing.models import Service
from clients.models import Activity, EmailMessage
from provisioning import tasks
from provisioning.models import Dkim, DnsReading
from provisioning.sandbox import Sandbox
from tests import makers
from tests.browser import domain_states
from tests.clientarea.addresses import at

PAGES = ("dkim", "dns")
HTMX = {"HX-Request": "true"}


def html_of(browser: Browser, name: str, service: Service, **headers: str) -> str:
    response = browser.get(at(name, service), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def read_service(service: Service) -> Service:
    """A service that the vendor and DNS have been asked about."""
    tasks.refresh_domain(mail_domain_id=service.mail_domain_id)
    domain_states.publish(service)
    return service


@pytest.mark.parametrize(
    ("state", "label", "text"),
    [
        ("disabled", "Disabled", "is not signed"),
        ("issued", "Key issued, not in DNS", "Publish the record below"),
        ("different", "Published, but different", "another key"),
        ("active", "Published and active", "receivers can check it"),
        ("unsettled", "", "no clear answer"),
    ],
)
def test_each_state_of_dkim_is_told_in_plain_words(
    customer: Browser, service: Service, state: str, label: str, text: str
) -> None:
    domain_states.set_dkim(service, is_enabled=True)
    domain_states.publish(service)
    domain_states.STATES[state][1](service)

    html = html_of(customer, "dkim", service)

    assert label in html
    assert text in html
    assert ("Enable DKIM" in html) == (state == "disabled")


def test_the_key_comes_whole_cut_and_as_a_line(customer: Browser, service: Service) -> None:
    domain_states.set_dkim(service, is_enabled=True)
    domain_states.publish(service)

    html = html_of(customer, "dkim", service)

    assert domain_states.KEY in html
    assert "ea1._domainkey 3600 IN TXT &quot;v=DKIM1;" in html
    assert html.count("data-copy=") == 4


def test_a_key_kept_after_disabling_is_not_called_pending(
    customer: Browser, service: Service
) -> None:
    domain_states.set_dkim(service, is_enabled=False)

    html = html_of(customer, "dkim", service)

    assert "Disabled" in html
    assert "issued, not in DNS" not in html


def test_enabling_shows_the_record_to_publish(
    customer: Browser, read_service: Service, vendor: Sandbox
) -> None:
    html = customer.post(at("dkim-enable", read_service), follow=True).content.decode()

    assert "Mail from acme.test is signed now." in html
    assert vendor.domains()["acme.test"]["dkim_key"] in html
    assert Activity.objects.filter(action="dkim.enabled").exists()


def test_disabling_warns_first(customer: Browser, read_service: Service, vendor: Sandbox) -> None:
    customer.post(at("dkim-enable", read_service))

    asked = html_of(customer, "dkim-disable", read_service)
    still = vendor.domains()["acme.test"]["dkim_enabled"]
    done = customer.post(at("dkim-disable", read_service), follow=True).content.decode()

    assert "they may refuse it" in asked
    assert still == "1"
    assert "is not signed any more" in done
    assert vendor.domains()["acme.test"]["dkim_enabled"] == "0"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("drop_before", "cannot be reached right now"),
        ("reject", "The request was refused"),
        ("drop_after", "no clear answer"),
    ],
)
def test_what_went_wrong_is_said_and_nothing_is_claimed(
    customer: Browser, read_service: Service, vendor: Sandbox, fault: str, words: str
) -> None:
    vendor.faults.add(action="enableDKIM", kind=fault, count=0)

    html = customer.post(at("dkim-enable", read_service), follow=True).content.decode()

    assert words in html
    assert "is signed now" not in html


def test_a_refused_end_of_signing_is_said_in_the_dialog(
    customer: Browser, read_service: Service, vendor: Sandbox
) -> None:
    customer.post(at("dkim-enable", read_service))
    vendor.faults.add(action="disableDKIM", kind="reject", sentence="Not today")

    response = customer.post(at("dkim-disable", read_service))

    assert response.status_code == 422
    assert "Not today" in response.content.decode()
    assert Dkim.objects.get().is_enabled


def test_expected_and_found_stand_side_by_side(customer: Browser, service: Service) -> None:
    domain_states.set_dkim(service, is_enabled=False)
    domain_states.publish(service, spf=("v=spf1 mx ~all",), mx=("10 mail.old.test",), dmarc=())

    html = html_of(customer, "dns", service)

    for text in (
        "mx2.emailarray.com",
        "10 mail.old.test",
        "Mail still goes to another provider",
        "v=spf1 mx ~all",
        "Add include:emailarray.com to the record you have",
        "0 of 3 records that matter are in place.",
        "Enable it in DKIM Setup",
    ):
        assert text in html


def test_unknown_is_never_called_missing(customer: Browser, service: Service) -> None:
    DnsReading.objects.create(mail_domain=service.mail_domain, read_at=timezone.now())

    html = html_of(customer, "dns", service)

    assert "No name server answered" in html
    assert "Missing" not in html
    assert "Not set" not in html


def test_while_dns_is_asked_the_page_looks_again_by_itself_and_then_stops(
    customer: Browser,
    service: Service,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as messages:
        first = html_of(customer, "dns", service)
        again = html_of(customer, "dns", service, **HTMX, **{"HX-Target": "dns-checks"})
    domain_states.publish(service)
    done = html_of(customer, "dns", service, **HTMX, **{"HX-Target": "dns-checks"})

    assert len(messages) == 1
    assert 'hx-trigger="load delay:1s"' in first
    assert 'hx-trigger="load delay:1s"' in again
    assert "<h1" not in again
    assert "hx-trigger" not in done
    assert "Found" in done


def test_check_now_asks_once_and_comes_back(
    customer: Browser,
    service: Service,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    domain_states.publish(service)

    with django_capture_on_commit_callbacks() as messages:
        response = customer.post(at("dns-check", service), {"back": "dkim"})
        customer.post(at("dns-check", service))

    assert response["Location"] == at("dkim", service)
    assert len(messages) == 1


def test_the_zone_file_is_a_download(customer: Browser, service: Service) -> None:
    response = customer.get(at("dns-zone-file", service))

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="acme.test.zone.txt"'
    assert b"@ 3600 IN MX 5 mx.emailarray.com." in response.content


def test_the_records_are_mailed_once_the_address_is_one(
    customer: Browser, service: Service
) -> None:
    refused = customer.post(at("dns-mail", service), {"address": "nobody"})
    done = customer.post(
        at("dns-mail", service), {"address": "dns@provider.test", "note": "Hi"}, follow=True
    )

    assert refused.status_code == 422
    assert "The records go to dns@provider.test." in done.content.decode()
    assert EmailMessage.objects.get().to == "dns@provider.test"


def test_too_many_mails_are_refused_in_words(customer: Browser, service: Service) -> None:
    form = {"address": "dns@provider.test"}
    for _ in range(5):
        customer.post(at("dns-mail", service), form)

    response = customer.post(at("dns-mail", service), form)

    assert response.status_code == 422
    assert "several times lately" in response.content.decode()
    assert EmailMessage.objects.count() == 5


@pytest.mark.parametrize("name", PAGES)
def test_a_page_waits_for_nobody_and_asks_little_of_the_database(
    customer: Browser,
    service: Service,
    vendor: Sandbox,
    name: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    domain_states.dress(service)
    customer.get(at(name, service))
    vendor.forget_calls()

    with django_assert_max_num_queries(8):
        response = customer.get(at(name, service))

    assert len(response.content) < 100_000
    assert vendor.calls() == []


@pytest.mark.parametrize("name", ["dkim", "dkim-disable"])
def test_a_product_without_dkim_has_no_such_page(
    customer: Browser, service: Service, name: str
) -> None:
    service.mail_domain.features = ["accounts"]
    service.mail_domain.save()

    assert customer.get(at(name, service)).status_code == 404
    assert customer.post(at("dkim-enable", service)).status_code == 404


def test_dns_is_open_before_the_domain_is_verified_and_dkim_is_not(
    customer: Browser, owner: object, vendor: Sandbox
) -> None:
    client = makers.make_client(owner=owner)  # type: ignore[arg-type]
    waiting = makers.make_unverified(client=client, domain="waiting.test", vendor=vendor)

    dns = html_of(customer, "dns", waiting)
    dkim = html_of(customer, "dkim", waiting)

    assert "mx-verification" in dns
    assert "Check DNS now" in dns
    assert "Enable DKIM" not in dkim
    assert customer.post(at("dkim-enable", waiting)).status_code == 409


def test_a_reading_of_long_ago_says_of_when_it_is(customer: Browser, service: Service) -> None:
    domain_states.publish(service)
    DnsReading.objects.update(read_at=timezone.now() - timedelta(days=40))

    html = html_of(customer, "dns", service)

    assert "DNS as of" in html
    assert f"{timezone.now() - timedelta(days=40):%b}" in html
