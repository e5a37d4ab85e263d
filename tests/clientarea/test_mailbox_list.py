"""Accounts: what the list shows, and how it is searched, sorted and paged."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from billing.models import Service
from provisioning.models import Entitlement, Mailbox, MailDomain
from tests import makers
from tests.clientarea.addresses import at, of

MANY = 10_000
FRAGMENT = {"HX-Request": "true", "HX-Target": "mailbox-list"}


def page(browser: Browser, service: Service, query: str = "") -> str:
    return browser.get(f"{at('mailboxes', service)}{query}").content.decode()


def listed(html: str) -> list[str]:
    """Return the names before the @ in the order of the rows."""
    return re.findall(r'class="address"[^>]*>([^<@]+)@', html)


def fill(service: Service, count: int) -> None:
    Mailbox.objects.bulk_create(
        Mailbox(
            mail_domain=service.mail_domain,
            local_part=f"person{number:05}",
            account_type=1 + number % 2,
            quota_mb=5000,
            usage_mb=number % 5000,
            status=Mailbox.Status.ACTIVE,
            display_name=f"Person Number {number}",
            last_login_at=timezone.now(),
        )
        for number in range(count)
    )


def test_a_row_tells_all_about_a_mailbox(customer: Browser, service: Service) -> None:
    makers.make_mailbox(
        service,
        "anna",
        account_type=2,
        quota_mb=10000,
        usage_mb=2500,
        display_name="Anna <A>",
        last_login_at=timezone.now().replace(year=2026, month=3, day=9),
    )

    html = " ".join(page(customer, service).split())

    assert "anna@acme.test" in html
    assert "Enhanced" in html
    assert "2.5 GB" in html
    assert "of 10 GB" in html
    assert 'width="25%"' in html
    assert "9 Mar 2026" in html
    assert "Anna &lt;A&gt;" in html


def test_nobody_has_logged_in_yet_reads_never(customer: Browser, service: Service) -> None:
    makers.make_mailbox(service, "anna")

    assert "Never" in page(customer, service)


def test_a_type_we_do_not_know_is_shown_as_it_is(customer: Browser, service: Service) -> None:
    makers.make_mailbox(service, "anna", account_type=7)

    assert "Type 7" in page(customer, service)


def test_an_empty_list_says_what_to_do(customer: Browser, service: Service) -> None:
    html = page(customer, service)

    assert "No mailboxes yet" in html
    assert at("mailboxes-add", service) in html


def test_search_looks_at_address_and_name(customer: Browser, service: Service) -> None:
    makers.make_mailbox(service, "anna", display_name="Anna Keller")
    makers.make_mailbox(service, "ben", display_name="Ben Schmidt")

    assert listed(page(customer, service, "?search=ANN")) == ["anna"]
    assert listed(page(customer, service, "?search=schmidt")) == ["ben"]
    assert listed(page(customer, service, "?search=anna@acme.test")) == ["anna"]
    assert "No mailbox matches" in page(customer, service, "?search=zzz")


def test_filters_by_type_and_status(customer: Browser, service: Service) -> None:
    makers.make_mailbox(service, "anna", account_type=2)
    makers.make_mailbox(service, "ben", status="disabled")
    makers.make_mailbox(service, "carl")

    assert listed(page(customer, service, "?type=2")) == ["anna"]
    assert listed(page(customer, service, "?status=disabled")) == ["ben"]
    assert listed(page(customer, service, "?type=1&status=active")) == ["carl"]


def test_a_column_sorts_and_sorts_back(customer: Browser, service: Service) -> None:
    makers.make_mailbox(service, "anna", usage_mb=10)
    makers.make_mailbox(service, "ben", usage_mb=30)
    makers.make_mailbox(service, "carl", usage_mb=20)

    up = page(customer, service, "?sort=usage")
    down = page(customer, service, "?sort=-usage")

    assert listed(up) == ["anna", "carl", "ben"]
    assert listed(down) == ["ben", "carl", "anna"]
    assert 'aria-sort="ascending"' in up
    assert 'href="?sort=-usage"' in up
    assert 'href="?sort=usage"' in down


def test_sorting_keeps_the_search(customer: Browser, service: Service) -> None:
    makers.make_mailbox(service, "anna")

    html = page(customer, service, "?search=ann&type=1")

    assert 'href="?search=ann&amp;type=1&amp;sort=status"' in html


@pytest.mark.parametrize("query", ["?page=zz&size=7&sort=shoe", "?type=9x&status=odd", "?page=999"])
def test_nonsense_in_the_address_means_the_default(
    customer: Browser, service: Service, query: str
) -> None:
    makers.make_mailbox(service, "anna")

    assert listed(page(customer, service, query)) == ["anna"]


def test_pages_of_25_50_and_100(customer: Browser, service: Service) -> None:
    fill(service, 130)

    assert len(listed(page(customer, service))) == 25
    assert len(listed(page(customer, service, "?size=50"))) == 50
    assert len(listed(page(customer, service, "?size=100"))) == 100
    assert listed(page(customer, service, "?page=6")) == [f"person{n:05}" for n in range(125, 130)]
    assert "size=100&amp;page=2" in page(customer, service, "?size=100")


def test_ten_thousand_mailboxes_cost_no_more_than_ten(
    customer: Browser, service: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    service.mail_domain.entitlement = Entitlement()
    service.mail_domain.save()
    fill(service, MANY)
    makers.make_mailbox(service, "anna")

    for query in ("", "?search=777&type=2&status=active&sort=-usage", "?page=400", "?size=100"):
        with django_assert_max_num_queries(8):
            html = page(customer, service, query)
        assert "person" in html
        if "size" not in query:
            assert len(html.encode()) <= 60_000, query


def test_an_old_reading_costs_one_query_more_and_no_call(
    customer: Browser, service: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    fill(service, 30)
    old = timezone.now() - timedelta(hours=1)
    MailDomain.objects.update(mirrored_at=old, mirror_requested_at=None)

    with django_assert_max_num_queries(8):
        html = page(customer, service)

    assert "data-refresh" in html


def test_htmx_is_given_the_list_alone(customer: Browser, service: Service) -> None:
    makers.make_mailbox(service, "anna")

    response = customer.get(at("mailboxes", service), headers=FRAGMENT)

    html = response.content.decode()
    assert listed(html) == ["anna"]
    assert "<html" not in html
    assert "HX-Request" in response["Vary"]


def test_a_mailbox_being_created_asks_for_its_own_row(customer: Browser, service: Service) -> None:
    mailbox = makers.make_mailbox(service, "anna", status="creating")
    Mailbox.objects.update(unsettled_since=timezone.now())

    html = page(customer, service)
    row = customer.get(of("row", service, mailbox)).content.decode()

    for text in (html, row):
        assert "Being created" in text
        assert f'hx-get="{mailbox.pk}/row/"' in text
        assert 'hx-trigger="every 3s"' in text


def test_a_change_without_an_answer_reads_being_checked(
    customer: Browser, service: Service
) -> None:
    mailbox = makers.make_mailbox(service, "anna")
    Mailbox.objects.update(unsettled_since=timezone.now(), wanted_quota_mb=9000)

    assert "Being checked" in customer.get(of("row", service, mailbox)).content.decode()


def test_a_settled_row_stops_asking(customer: Browser, service: Service) -> None:
    mailbox = makers.make_mailbox(service, "anna")

    html = customer.get(of("row", service, mailbox)).content.decode()

    assert "anna@acme.test" in html
    assert "every 3s" not in html
    assert "<html" not in html


def test_a_row_whose_mailbox_was_refused_says_so(customer: Browser, service: Service) -> None:
    mailbox = makers.make_mailbox(service, "anna", status="removed")

    html = customer.get(of("row", service, mailbox)).content.decode()

    assert "anna@acme.test does not exist at the mail server." in html
    assert "every 3s" not in html


def test_limits_stand_above_the_list(customer: Browser, service: Service) -> None:
    for number in range(10):
        makers.make_mailbox(service, f"b{number}", quota_mb=2000)

    html = " ".join(page(customer, service).split())

    assert "10 of 10" in html
    assert "0 of 5" in html
    assert "20 GB of 100 GB" in html
    assert "chip is-full" in html
