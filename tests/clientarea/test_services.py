"""Home, My Services, and the dashboard of one service."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import partial

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from billing.models import Service
from billing.operations.currencies import base_currency
from clients.models import Permission, User
from provisioning.models import Alias, MailDomain
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at


def page(browser: Browser, address: str) -> str:
    return browser.get(address).content.decode()


@pytest.mark.django_db
def test_staff_without_a_client_are_shown_the_way_to_the_staff_pages() -> None:
    browser = Browser()
    browser.force_login(makers.make_user(is_staff=True))

    html = page(browser, "/")

    assert "You are logged in as staff" in html
    assert "/django-admin/" in html


@pytest.mark.usefixtures("service")
def test_a_customer_sees_nothing_of_the_staff_pages(customer: Browser) -> None:
    assert "django-admin" not in page(customer, "/")


def test_home_is_friendly_when_there_is_nothing_yet(customer: Browser, owner: User) -> None:
    makers.make_client(owner=owner)

    assert "No services yet" in page(customer, "/")
    assert "No services yet" in page(customer, "/services/")


def test_home_names_what_needs_a_look_the_most_pressing_first(
    customer: Browser, service: Service
) -> None:
    makers.make_unverified(client=service.client, domain="waiting.test")
    makers.make_service(client=service.client, domain="late.test", status="suspended")
    makers.make_mailbox(service, "full", quota_mb=1000, usage_mb=950)
    makers.make_mailbox(service, "roomy", quota_mb=1000, usage_mb=850)

    html = page(customer, "/")

    texts = [
        "late.test is suspended",
        "Prove that waiting.test is yours",
        "A mailbox of acme.test is nearly full",
    ]
    places = [html.find(text) for text in texts]
    assert -1 not in places
    assert places == sorted(places)


def test_home_names_services_that_are_not_set_up(
    customer: Browser, service: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    shelf = partial(makers.make_service, client=service.client, status="pending")
    makers.make_job(shelf(domain="on-its-way.test"))
    shelf(domain="unpaid.test")
    refused = makers.make_job(shelf(domain="refused.test"))
    refused.fail(at=timezone.now(), cause="exists_at_vendor", message="It exists already.")
    refused.save()
    dropped = shelf(domain="dropped.test")
    MailDomain.objects.filter(pk=dropped.mail_domain_id).update(times_added=3)
    away = makers.make_job(shelf(domain="away.test"))
    away.fail(at=timezone.now(), cause="unreachable", message="It was away.")
    away.save()

    with django_assert_max_num_queries(8):
        html = page(customer, "/")

    assert "refused.test could not be set up" in html
    assert "Our team has been told" in html
    assert "dropped.test is not set up" in html
    assert "The DNS record was not seen in time" in html
    assert "away.test is not set up" in html
    assert "on-its-way.test is not" not in html
    assert "unpaid.test is not" not in html


def test_home_is_calm_when_all_is_well(customer: Browser, service: Service) -> None:
    makers.make_mailbox(service, "gone", quota_mb=1000, usage_mb=999, status="removed")

    assert "Needs your attention" not in page(customer, "/")


def test_my_services_are_searched_by_domain_and_product(
    customer: Browser, service: Service
) -> None:
    product = makers.make_product(name="Tiny Mail")
    makers.make_service(client=service.client, domain="other.test", product=product)

    by_domain = page(customer, "/services/?search=ACME")
    by_product = page(customer, "/services/?search=tiny")
    nothing = page(customer, "/services/?search=zzz")

    assert "acme.test" in by_domain
    assert "other.test" not in by_domain
    assert "other.test" in by_product
    assert "No service matches" in nothing


def test_my_services_are_filtered_by_status_with_counts(
    customer: Browser, service: Service
) -> None:
    makers.make_service(client=service.client, domain="late.test", status="suspended")
    makers.make_service(client=service.client, domain="late2.test", status="suspended")

    html = page(customer, "/services/?status=suspended")

    assert "late.test" in html
    assert "acme.test" not in html
    assert "Suspended <span>2</span>" in " ".join(html.split())
    assert "All <span>3</span>" in " ".join(html.split())
    assert "Terminated <span>" not in " ".join(html.split())


def test_my_services_come_by_name_in_pages(customer: Browser, service: Service) -> None:
    for number in range(26):
        makers.make_service(
            client=service.client,
            domain=f"z{25 - number:02}.test",
            product=service.product,
        )

    first, second = page(customer, "/services/"), page(customer, "/services/?page=2")

    assert first.index("acme.test") < first.index("z00.test") < first.index("z23.test")
    assert "z24.test" not in first
    assert "z25.test" in second
    assert "1–25 of 27" in first  # noqa: RUF001


@pytest.mark.usefixtures("service")
def test_htmx_is_given_the_list_alone(customer: Browser) -> None:
    headers = {"HX-Request": "true", "HX-Target": "services-list"}

    html = customer.get("/services/?search=acme", headers=headers).content.decode()

    assert "acme.test" in html
    assert "<html" not in html


def test_the_dashboard_tells_live_figures(customer: Browser, service: Service) -> None:
    for name in ("anna", "ben"):
        makers.make_mailbox(service, name, quota_mb=5000, usage_mb=1200)
    makers.make_mailbox(service, "carl", account_type=2, quota_mb=10000)
    Alias.objects.create(
        mail_domain=service.mail_domain, local_part="sales", target="anna@acme.test"
    )

    html = " ".join(page(customer, at("service", service)).split())

    assert "Email Hosting Dashboard" in html
    assert "3 of 15" in html
    assert "2 of 10" in html
    assert "1 of 5" in html
    assert "20 GB of 100 GB" in html
    assert "2.4 GB of 20 GB" in html


def test_each_tile_is_shown_once(customer: Browser, service: Service) -> None:
    html = page(customer, at("service", service))

    assert html.count("Create and manage mailboxes") == 1
    assert html.count("End this service") == 1


def test_the_dashboard_answers_without_the_vendor(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    vendor.faults.add(action="*", kind="drop_before", count=0)
    domain = service.mail_domain
    domain.mirrored_at = timezone.now() - timedelta(hours=3)
    domain.mirror_error = "The mail server did not answer."
    domain.save()
    vendor.forget_calls()

    for name in ("service", "mailboxes"):
        response = customer.get(at(name, service))

        assert response.status_code == 200
        assert f"{domain.mirrored_at:%H:%M}" in response.content.decode()
        assert "could not be reached for newer figures" in response.content.decode()
    assert not vendor.calls()


def test_an_old_reading_is_asked_for_again_in_the_background(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    old = timezone.now() - timedelta(minutes=30)
    MailDomain.objects.update(mirrored_at=old, mirror_requested_at=None)
    vendor.forget_calls()

    html = page(customer, at("service", service))

    assert "data-refresh" in html
    assert MailDomain.objects.get(pk=service.mail_domain_id).mirror_requested_at is not None
    assert not vendor.calls()


def test_a_fresh_reading_is_left_alone(customer: Browser, service: Service) -> None:
    html = page(customer, at("service", service))

    assert "data-refresh" not in html
    assert MailDomain.objects.get(pk=service.mail_domain_id).mirror_requested_at is None


def test_a_change_under_way_is_told(customer: Browser, service: Service) -> None:
    makers.make_job(service, action="change_package")

    assert "A change is under way" in page(customer, at("service", service))


def test_the_lists_ask_the_database_a_fixed_number_of_times(
    customer: Browser,
    service: Service,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(7):
        makers.make_service(client=service.client, product=service.product)

    for address in ("/", "/services/", at("service", service)):
        with django_assert_max_num_queries(8):
            customer.get(address)


@pytest.mark.parametrize("address", ["/services/?page=x&size=-1&status=nope", "/services/?page=99"])
@pytest.mark.usefixtures("service")
def test_nonsense_in_the_address_means_the_default(customer: Browser, address: str) -> None:
    assert "acme.test" in page(customer, address)


def test_home_counts_what_works(customer: Browser, service: Service) -> None:
    makers.make_unverified(client=service.client, domain="waiting.test")
    closed = makers.make_service(client=service.client, domain="closed.test")
    Service.objects.filter(pk=closed.pk).update(status="closing")
    for each in (service, closed):
        makers.make_mailbox(each, "anna")
    makers.make_member(client=service.client, permissions=[Permission.PRODUCTS])

    html = " ".join(re.sub("<[^>]+>", " ", page(customer, "/")).split())

    assert "3 Services" in html
    assert "1 Active" in html
    assert "1 Mailboxes" in html
    assert "2 Users" in html


def test_a_closed_service_names_no_coming_payment(customer: Browser, service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(
        currency=base_currency(), recurring_amount=12, next_due_date=date(2030, 1, 1)
    )
    before = page(customer, at("service", service))
    Service.objects.filter(pk=service.pk).update(status="closing")

    after = page(customer, at("service", service))

    for label in ("Recurring amount", "Next due date"):
        assert label in before
        assert label not in after


def test_without_mailboxes_no_storage_is_called_filled(customer: Browser, service: Service) -> None:
    before = page(customer, at("service", service))
    makers.make_mailbox(service, "anna", quota_mb=1000, usage_mb=500)

    after = page(customer, at("service", service))

    assert "Storage filled" not in before
    assert "Storage filled" in after
