"""One search over all a service holds."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from billing.models import Service
from provisioning.models import (
    Alias,
    DistributionList,
    DistributionListMember,
    Forward,
    Mailbox,
)
from tests import makers
from tests.clientarea.addresses import at, of


def find(browser: Browser, service: Service, term: str, **headers: str) -> str:
    response = browser.get(at("search", service), {"q": term}, headers=headers or None)
    return " ".join(response.content.decode().split())


def fill(service: Service) -> None:
    """Add as much as a large customer has."""
    domain = service.mail_domain
    Mailbox.objects.bulk_create(
        Mailbox(
            mail_domain=domain,
            local_part=f"person{number:04}",
            account_type=1,
            quota_mb=5000,
            status=Mailbox.Status.ACTIVE,
            display_name=f"Person Number {number}",
        )
        for number in range(1000)
    )
    Alias.objects.bulk_create(
        Alias(mail_domain=domain, local_part=f"name{number}", target=f"person{number:04}@acme.test")
        for number in range(500)
    )
    lists = DistributionList.objects.bulk_create(
        DistributionList(mail_domain=domain, local_part=f"team{number}") for number in range(100)
    )
    DistributionListMember.objects.bulk_create(
        [
            DistributionListMember(distribution_list=each, address=f"person{n:04}@acme.test")
            for each in lists
            for n in range(200)
        ],
        batch_size=2000,
    )


@pytest.fixture
def anna(service: Service) -> Mailbox:
    """A mailbox, and one of each of the other kinds that has to do with it."""
    domain = service.mail_domain
    anna = makers.make_mailbox(service, "anna", display_name="Anna Keller")
    makers.make_mailbox(service, "ben")
    Alias.objects.create(mail_domain=domain, local_part="sales", target="anna@acme.test")
    Forward.objects.create(mail_domain=domain, local_part="ben", target="anna@partner.test")
    team = DistributionList.objects.create(mail_domain=domain, local_part="team")
    DistributionListMember.objects.create(distribution_list=team, address="anna@acme.test")
    return anna


def test_each_kind_is_found_and_leads_to_its_page(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    html = find(customer, service, "ANNA")

    domain = service.mail_domain
    alias, team = domain.aliases.get(), domain.distribution_lists.get()
    assert f'href="{of("manage", service, anna)}"' in html
    assert f'href="{at("aliases-edit", service, alias_id=alias.pk)}"' in html
    assert f'href="{at("forwards", service)}?search=ben"' in html
    assert f'href="{at("distribution-lists-edit", service, list_id=team.pk)}"' in html
    for text in ("leads to anna@acme.test", "sends copies to anna@partner.test", "on list team@"):
        assert text in html, text
    assert "ben@acme.test</span> </a>" not in html


@pytest.mark.parametrize(
    ("term", "found", "missed"),
    [
        ("keller", ["anna@acme.test"], ["sales@acme.test"]),
        ("sales@acme", ["sales@acme.test"], ["ben@acme.test"]),
        ("anna@acme.test", ["anna@acme.test", "sales@acme.test"], ["partner.test"]),
        ("partner", ["anna@partner.test"], ["sales@acme.test"]),
        ("team", ["team@acme.test"], ["ben@acme.test"]),
        ("  ben  ", ["ben@acme.test"], ["sales@acme.test"]),
        ("100%_", [], ["anna@acme.test"]),
        ("<b>", ["Nothing is called “&lt;b&gt;”"], ["<b>"]),
        ("acme", [], ["ben@acme.test</span>"]),
    ],
)
def test_a_term_finds_what_holds_it(
    *,
    customer: Browser,
    service: Service,
    anna: Mailbox,  # noqa: ARG001
    term: str,
    found: list[str],
    missed: list[str],
) -> None:
    html = find(customer, service, term)

    assert [text for text in found if text not in html] == []
    assert [text for text in missed if text in html] == []


def test_nothing_typed_finds_nothing_and_asks_for_a_term(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    html = find(customer, service, " ")

    assert "Type what you are looking for" in html
    assert anna.address not in html


def test_a_deleted_mailbox_leads_to_where_it_can_be_restored(
    customer: Browser, service: Service
) -> None:
    makers.make_mailbox(service, "anna", status=Mailbox.Status.TRASHED)
    makers.make_mailbox(service, "annette", status=Mailbox.Status.REMOVED)

    html = find(customer, service, "ann")

    assert f'href="{at("mailboxes-deleted", service)}"' in html
    assert "Recently deleted" in html
    assert "annette" not in html


def test_another_customers_addresses_are_not_found(customer: Browser, service: Service) -> None:
    other = makers.make_service(domain="other.test")
    makers.make_mailbox(other, "anna")
    Alias.objects.create(
        mail_domain=other.mail_domain, local_part="sales", target="anna@other.test"
    )
    team = DistributionList.objects.create(mail_domain=other.mail_domain, local_part="team")
    DistributionListMember.objects.create(distribution_list=team, address="anna@other.test")

    html = find(customer, service, "anna")

    assert "Nothing is called “anna”" in html


def test_a_part_the_product_has_switched_off_is_not_searched(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    domain = service.mail_domain
    domain.features = ["accounts"]
    domain.save()

    html = find(customer, service, "anna")

    assert anna.address in html
    assert "sales@acme.test" not in html
    assert "on list" not in html


def test_what_begins_with_the_term_comes_first(customer: Browser, service: Service) -> None:
    for name in ("hannah", "joanna", "anna", "zanna"):
        makers.make_mailbox(service, name)

    html = find(customer, service, "anna")

    assert html.index(">anna@") < html.index(">hannah@") < html.index(">joanna@")


def test_scripts_are_given_the_hits_alone(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    for target in ("search-result", "quick-result"):
        headers = {"HX-Request": "true", "HX-Target": target}

        html = find(customer, service, "anna", **headers)

        assert f'id="{target}"' in html
        assert anna.address in html
        assert "<html" not in html


def test_the_box_stands_beside_every_page_but_its_own(customer: Browser, service: Service) -> None:
    beside = customer.get(at("aliases", service)).content.decode()
    own = customer.get(at("search", service)).content.decode()

    assert f'action="{at("search", service)}"' in " ".join(beside.split())
    assert 'id="quick"' in beside
    assert 'id="quick"' not in own


def test_the_box_is_left_out_where_nothing_may_be_found(service: Service) -> None:
    books = Browser()
    books.force_login(makers.make_member(client=service.client, permissions=["products"]))

    html = books.get(at("service", service)).content.decode()

    assert 'id="quick"' not in html
    assert books.get(at("search", service)).status_code == 403


def test_a_large_service_is_searched_with_few_queries(
    customer: Browser, service: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    fill(service)

    for term in ("person", "person0007", "team9", "e"):
        with django_assert_max_num_queries(8):
            html = find(customer, service, term)
        assert len(html.encode()) <= 100 * 1024
    everything: Any = find(customer, service, "person")
    assert "Show all in Mailboxes" in everything
    assert f"{at('mailboxes', service)}?search=person" in everything
    assert everything.count('class="hit"') == 4 * 8 - 8
