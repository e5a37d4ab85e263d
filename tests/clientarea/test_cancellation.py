"""Ending a service on the pages, thinking again, and bringing a closed one back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries

from billing.models import CancellationRequest, Closing, Service
from clients.models import Permission, User
from provisioning.models import ModuleJob
from provisioning.sandbox import Sandbox
from tests import billing_makers, makers
from tests.billing.closing_steps import is_on
from tests.clientarea.addresses import at

Run = Callable[[], None]
END = {"reason": "We move to another house", "timing": "end"}
NOW = END | {"timing": "now"}
CONFIRMED = {"reason": NOW["reason"], "domain": " ACME.test "}


@pytest.fixture
def due() -> date:
    return timezone.localdate() + timedelta(days=12)


@pytest.fixture
def service(owner: User, vendor: Sandbox, due: date) -> Service:
    """The owner's service, paid for twelve days more, with two mailboxes."""
    client = makers.make_client(owner=owner)
    made = billing_makers.make_billed_service(
        client=client, domain="acme.test", next_due=due, vendor=vendor
    )
    for name in ("anna", "ben"):
        makers.make_mailbox(made, name, usage_mb=1500, vendor=vendor)
    return made


@pytest.fixture
def known(customer: Browser) -> Browser:
    """The customer, who has just shown that it is them."""
    customer.post("/account/reauthenticate/", {"password": makers.PASSWORD})
    return customer


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def status_of(service: Service) -> str:
    return str(Service.objects.get(pk=service.pk).status)


def close(browser: Browser, service: Service, run_jobs: Run) -> None:
    browser.post(at("cancellation-now", service), CONFIRMED)
    run_jobs()


def test_the_page_says_what_ends_when_and_until_when_it_can_come_back(
    customer: Browser, service: Service, due: date
) -> None:
    html = text(customer.get(at("cancellation", service)))

    today = timezone.localdate()
    assert "2 mailboxes" in html
    assert "with 3 GB of mail" in html
    assert f"Mail works until {date_format(due)}" in html
    assert f"kept until {date_format(due + timedelta(days=30))}" in html
    assert f"kept until {date_format(today + timedelta(days=30))}" in html
    assert at("mailboxes-export", service) in html


def test_without_a_reason_nothing_is_requested(customer: Browser, service: Service) -> None:
    response = customer.post(at("cancellation", service), END | {"reason": "  "})

    assert response.status_code == 422
    assert "Say why, in a few words." in text(response)
    assert not CancellationRequest.objects.exists()


def test_a_cancellation_for_the_end_is_told_everywhere_and_can_be_withdrawn(
    customer: Browser, service: Service, due: date
) -> None:
    told = text(customer.post(at("cancellation", service), END, follow=True))
    dashboard = text(customer.get(at("service", service)))
    accounts = text(customer.get(at("mailboxes", service)))
    after = text(customer.post(at("cancellation-withdraw", service), follow=True))

    assert f"acme.test ends on {date_format(due)}" in told
    assert "We move to another house" in told
    assert "Withdraw cancellation" in dashboard
    assert f"This service ends on {date_format(due)}" in dashboard
    assert "Cancellation Requested" in accounts
    assert "The cancellation is withdrawn. acme.test goes on." in after
    assert "Cancellation Requested" not in after
    assert CancellationRequest.objects.get().status == CancellationRequest.Status.WITHDRAWN
    assert status_of(service) == Service.Status.ACTIVE


def test_a_second_request_shows_the_first_and_changes_nothing(
    known: Browser, service: Service
) -> None:
    known.post(at("cancellation", service), END)

    again = known.post(at("cancellation", service), END | {"reason": "Twice"})
    now = known.post(at("cancellation-now", service), CONFIRMED)

    assert (again.status_code, now.status_code) == (409, 409)
    assert "We move to another house" in text(again)
    assert CancellationRequest.objects.count() == 1
    assert not ModuleJob.objects.exists()


def test_withdrawing_what_was_not_requested_says_so(customer: Browser, service: Service) -> None:
    html = text(customer.post(at("cancellation-withdraw", service), follow=True))

    assert "There is no open cancellation of this service." in html
    assert not CancellationRequest.objects.exists()


def test_ending_it_now_asks_for_the_domain_and_says_what_is_lost(
    known: Browser, service: Service, due: date
) -> None:
    response = known.post(at("cancellation", service), NOW)

    html = text(response)
    assert response.status_code == 200
    assert "End acme.test now?" in html
    assert "Type acme.test to confirm" in html
    assert f"paid until {date_format(due)}; the days that are left are not refunded" in html
    assert 'name="reason" value="We move to another house"' in html
    assert not CancellationRequest.objects.exists()


def test_another_domain_typed_ends_nothing(
    known: Browser, service: Service, vendor: Sandbox
) -> None:
    response = known.post(at("cancellation-now", service), CONFIRMED | {"domain": "acme.tst"})

    assert response.status_code == 422
    assert "Type acme.test to confirm." in text(response)
    assert not CancellationRequest.objects.exists()
    assert is_on(vendor)


def test_who_asks_to_end_it_now_shows_first_that_it_is_them_then_types_the_domain(
    customer: Browser, service: Service, vendor: Sandbox, run_jobs: Run
) -> None:
    asked = customer.post(at("cancellation", service), NOW, follow=True)
    page = customer.post(asked.redirect_chain[-1][0], {"password": makers.PASSWORD}, follow=True)
    before = status_of(service)

    close(customer, service, run_jobs)

    assert "Your password, please" in text(asked)
    assert page.status_code == 200
    assert "Type acme.test to confirm" in text(page)
    assert 'name="reason" value="We move to another house"' in text(page)
    assert 'role="alert"' not in text(page)
    assert before == Service.Status.ACTIVE
    assert not is_on(vendor)


def test_while_the_mail_server_is_told_the_page_says_what_happens_to_the_service(
    known: Browser, service: Service, run_jobs: Run
) -> None:
    known.post(at("cancellation-now", service), CONFIRMED)
    closing = text(known.get(at("service", service)))
    run_jobs()
    closed = text(known.get(at("service", service)))
    known.post(at("service-restore", service))
    restoring = text(known.get(at("service", service)))
    accounts = text(known.get(at("mailboxes", service)))
    run_jobs()
    back = text(known.get(at("service", service)))

    assert "This service is being closed" in closing
    assert "Closed, recoverable until" in closed
    for html in (restoring, accounts):
        assert "This service is being restored" in html
        assert "Nobody can log in" not in html
        assert at("service-restore", service) not in html
    assert not any("Our staff" in html for html in (closing, restoring, accounts))
    assert "being restored" not in back


def test_who_has_not_shown_lately_that_it_is_them_is_asked_first(
    customer: Browser, service: Service, vendor: Sandbox, run_jobs: Run
) -> None:
    asked = customer.post(at("cancellation-now", service), CONFIRMED, follow=True)
    before = status_of(service)

    customer.post(asked.redirect_chain[-1][0], {"password": makers.PASSWORD}, follow=True)
    run_jobs()

    assert "Your password, please" in text(asked)
    assert before == Service.Status.ACTIVE
    assert status_of(service) == Service.Status.CLOSING
    assert not is_on(vendor)


def test_ended_now_the_service_shows_until_when_it_can_be_restored(
    known: Browser, service: Service, vendor: Sandbox, run_jobs: Run
) -> None:
    close(known, service, run_jobs)

    dashboard = text(known.get(at("service", service)))
    accounts = known.get(at("mailboxes", service))
    listed = text(known.get("/services/?status=closing"))
    home = text(known.get("/"))
    until = date_format(timezone.localdate() + timedelta(days=30))
    assert f"Closed, recoverable until {until}" in dashboard
    assert f"Closed, recoverable until {until}" in text(accounts)
    assert at("service-restore", service) in dashboard
    assert "Request Cancellation" not in dashboard
    assert "acme.test" in listed
    assert f"It can be restored with all its mail until {until}." in home
    assert not is_on(vendor)
    assert sorted(vendor.mailboxes("acme.test")) == ["anna", "ben"]


def test_two_clicks_bring_it_back_with_every_mailbox(
    known: Browser, service: Service, vendor: Sandbox, run_jobs: Run
) -> None:
    close(known, service, run_jobs)

    asked = text(known.get(at("service-restore", service)))
    told = text(known.post(at("service-restore", service), follow=True))
    run_jobs()

    accounts = text(known.get(at("mailboxes", service)))
    assert "Its 2 mailboxes work again in a minute or two" in asked
    assert "acme.test is being restored." in told
    assert is_on(vendor)
    assert "anna@acme.test" in accounts
    assert "ben@acme.test" in accounts
    assert Closing.objects.get().status == Closing.Status.RESTORED


def test_a_change_sent_to_a_closed_service_is_refused(
    known: Browser, service: Service, vendor: Sandbox, run_jobs: Run
) -> None:
    close(known, service, run_jobs)

    response = known.post(
        at("mailboxes-add", service), {"local_part": "carl", "password": "Lumen-4471!x"}
    )

    assert response.status_code == 409
    assert "carl" not in vendor.mailboxes("acme.test")


def test_before_the_mail_server_was_told_the_page_says_so_and_offers_the_way_back(
    known: Browser, service: Service, vendor: Sandbox, run_jobs: Run
) -> None:
    known.post(at("cancellation-now", service), CONFIRMED)

    html = text(known.get(at("cancellation", service)))
    known.post(at("service-restore", service))
    run_jobs()

    assert "Being closed" in html
    assert at("service-restore", service) in html
    assert status_of(service) == Service.Status.ACTIVE
    assert is_on(vendor)


def test_what_is_not_closed_is_not_restored(customer: Browser, service: Service) -> None:
    shown = customer.get(at("service-restore", service))
    sent = customer.post(at("service-restore", service))

    assert (shown.status_code, sent.status_code) == (302, 302)
    assert not ModuleJob.objects.exists()


def test_whom_staff_had_suspended_is_told_to_write_to_them(
    known: Browser, service: Service, run_jobs: Run
) -> None:
    close(known, service, run_jobs)
    Service.objects.update(suspended_for=Service.SuspendedFor.STAFF)

    response = known.post(at("service-restore", service))

    assert response.status_code == 422
    assert "Our team had suspended this service" in text(response)
    assert status_of(service) == Service.Status.CLOSING


def test_a_service_with_no_periods_can_only_be_ended_now(
    customer: Browser, owner: User, vendor: Sandbox
) -> None:
    client = makers.make_client(owner=owner)
    free = makers.make_service(client=client, domain="free.test", vendor=vendor)

    html = text(customer.get(at("cancellation", free)))

    assert 'value="now"' in html
    assert 'value="end"' not in html


def test_a_domain_without_mail_is_removed_and_the_page_says_so(
    known: Browser, owner: User, vendor: Sandbox, run_jobs: Run
) -> None:
    client = makers.make_client(owner=owner)
    unverified = makers.make_unverified(client=client, domain="new.test", vendor=vendor)

    html = text(known.post(at("cancellation", unverified), NOW))
    known.post(at("cancellation-now", unverified), CONFIRMED | {"domain": "new.test"})
    run_jobs()

    assert "There is no mail in it yet" in html
    assert status_of(unverified) == Service.Status.TERMINATED


@pytest.mark.parametrize("name", ["cancellation", "cancellation-now", "cancellation-withdraw"])
def test_who_may_only_manage_mail_ends_nothing(service: Service, name: str) -> None:
    user = makers.make_member(
        client=service.client, permissions=[Permission.PRODUCTS, Permission.MANAGE_MAILBOXES]
    )
    browser = Browser()
    browser.force_login(user)

    response = browser.post(at(name, service), CONFIRMED | NOW)
    dashboard = text(browser.get(at("service", service)))

    assert response.status_code == 403
    assert "Request Cancellation" not in dashboard
    assert not CancellationRequest.objects.exists()


def test_the_pages_ask_the_database_a_fixed_number_of_times(
    customer: Browser, service: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    addresses = [at(name, service) for name in ("cancellation", "service")]

    for address in addresses:
        with django_assert_max_num_queries(8):
            customer.get(address)
    customer.post(at("cancellation", service), END)

    for address in addresses:
        with django_assert_max_num_queries(8):
            customer.get(address)
