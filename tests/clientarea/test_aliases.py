"""Aliases: the page, its forms, the catch-all and other domains."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from billing.models import Service
from clients.models import Activity
from provisioning.models import Alias, Entitlement, MailDomain
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at

IN_DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
FRAGMENT = {"HX-Request": "true", "HX-Target": "alias-list"}


@pytest.fixture
def anna(service: Service, vendor: Sandbox) -> None:
    """A mailbox for aliases to lead to."""
    makers.make_mailbox(service, "anna", vendor=vendor)


def page(browser: Browser, service: Service, query: str = "") -> str:
    html = browser.get(f"{at('aliases', service)}{query}").content.decode()
    return " ".join(html.split())


def listed(html: str) -> list[str]:
    return re.findall(r'class="address"[^>]*>([^<@]+)@', html)


def make_alias(service: Service, name: str = "sales", target: str = "anna@acme.test") -> Alias:
    return Alias.objects.create(mail_domain=service.mail_domain, local_part=name, target=target)


def make_at_both(
    service: Service, vendor: Sandbox, name: str = "sales", target: str = "anna@acme.test"
) -> Alias:
    vendor.world.store.run(
        "INSERT INTO aliases (domain_id, alias, forward) SELECT id, ?, ? FROM domains", name, target
    )
    return make_alias(service, name, target)


def send(browser: Browser, service: Service, **fields: str) -> Any:
    values = {"local_part": "sales", "target": "anna@acme.test"}
    return browser.post(at("aliases-add", service), values | fields)


@pytest.mark.usefixtures("anna")
def test_save_creates_the_alias_here_and_at_the_vendor(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    response = send(customer, service, target="anna")
    html = customer.get(response["Location"]).content.decode()

    assert response.status_code == 302
    assert "Alias sales@acme.test created" in html
    assert listed(html) == ["sales"]
    assert vendor.aliases("acme.test") == {"sales": "anna@acme.test"}
    assert Activity.objects.get(action="alias.added").actor_name


def test_a_row_tells_where_it_leads_and_whether_outside(
    customer: Browser, service: Service
) -> None:
    make_alias(service, "sales", "anna@acme.test")
    make_alias(service, "press", "office@partner.test")

    html = page(customer, service)

    assert html.count(">External<") == 1
    assert "office@partner.test" in html
    assert "as of" in html


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"local_part": ""}, "This field is required."),
        ({"local_part": "sales@other.test"}, "end in @acme.test"),
        ({"local_part": "anna"}, "anna@acme.test is already a mailbox"),
        ({"local_part": "abuse"}, "is reserved"),
        ({"target": ""}, "This field is required."),
        ({"target": "x y"}, "is not an email address"),
        ({"target": "nobody"}, "no mailbox, alias or list nobody@acme.test"),
        ({"target": "sales"}, "cannot lead to itself"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_the_vendor_is_not_asked(
    customer: Browser, service: Service, vendor: Sandbox, fields: dict[str, str], says: str
) -> None:
    response = send(customer, service, **fields)

    html = response.content.decode()
    assert response.status_code == 422
    assert says in html
    assert f'id="id_{next(iter(fields))}-error"' in html
    assert not vendor.calls("addAlias")


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Address is already in use", ("local_part", "already in use at the mail server")),
        ("External alias limit reached", ("target", "has no room for this")),
        ("Invalid email address", ("target", "did not accept what was entered")),
        ("<b>ERR 77</b>", ("", "The mail server refused.")),
    ],
)
def test_a_refusal_of_the_vendor_becomes_plain_words(
    customer: Browser, service: Service, vendor: Sandbox, sentence: str, told: tuple[str, str]
) -> None:
    vendor.faults.add(action="addAlias", kind="reject", sentence=sentence, count=0)

    response = send(customer, service)

    html = response.content.decode()
    field, says = told
    assert response.status_code == 422
    assert says in html
    assert "<b>ERR" not in html
    assert (f'id="id_{field}-error"' in html) is bool(field)
    assert not Alias.objects.exists()


@pytest.mark.usefixtures("anna")
def test_no_answer_lists_the_alias_as_being_added(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    vendor.faults.add(action="addAlias", kind="http_502")

    response = send(customer, service)
    html = customer.get(response["Location"]).content.decode()

    alias = Alias.objects.get()
    row = customer.get(at("aliases-row", service, alias_id=alias.pk)).content.decode()
    assert "The change to sales@acme.test is being checked" in html
    for text in (html, row):
        assert "Being added" in text
        assert 'hx-trigger="every 3s"' in text


def test_a_row_that_is_gone_says_so(customer: Browser, service: Service) -> None:
    row = customer.get(at("aliases-row", service, alias_id=99)).content.decode()

    assert "does not exist at the mail server" in row
    assert "every 3s" not in row


@pytest.mark.usefixtures("anna")
def test_a_plan_without_aliases_offers_none(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    service.mail_domain.entitlement = Entitlement(aliases=0)
    service.mail_domain.save()

    html = page(customer, service)
    response = send(customer, service)

    assert "Aliases are not part of this plan" in html
    assert at("aliases-add", service) not in html
    assert response.status_code == 422
    assert not vendor.calls("addAlias")


@pytest.mark.usefixtures("anna")
def test_a_full_plan_is_said_on_the_page_and_in_the_form(
    customer: Browser, service: Service
) -> None:
    service.mail_domain.entitlement = Entitlement(aliases=1)
    service.mail_domain.save()
    make_alias(service, "info")

    assert "1 of 1" in page(customer, service)
    form = customer.get(at("aliases-add", service)).content.decode()
    assert "Every alias of your plan is in use." in form
    assert "All 1 aliases of your plan are in use" in send(customer, service).content.decode()


def test_an_empty_page_says_what_an_alias_is_for(customer: Browser, service: Service) -> None:
    html = page(customer, service)

    assert "No aliases yet" in html
    assert "No alias matches" in page(customer, service, "?search=x")


def test_search_looks_at_name_and_target(customer: Browser, service: Service) -> None:
    make_alias(service, "sales", "anna@acme.test")
    make_alias(service, "press", "office@partner.test")

    assert listed(page(customer, service, "?search=SAL")) == ["sales"]
    assert listed(page(customer, service, "?search=partner")) == ["press"]
    assert listed(page(customer, service, "?search=press@acme.test")) == ["press"]
    assert listed(page(customer, service, "?search=@partner")) == ["press"]


def test_columns_sort_and_nonsense_means_the_default(customer: Browser, service: Service) -> None:
    make_alias(service, "a", "z@acme.test")
    make_alias(service, "b", "y@acme.test")

    assert listed(page(customer, service, "?sort=target")) == ["b", "a"]
    assert listed(page(customer, service, "?sort=-target")) == ["a", "b"]
    assert listed(page(customer, service, "?sort=-address")) == ["b", "a"]
    assert listed(page(customer, service, "?sort=shoe&page=zz&size=7")) == ["a", "b"]


def test_500_aliases_cost_no_more_than_five(
    customer: Browser, service: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Alias.objects.bulk_create(
        Alias(mail_domain=service.mail_domain, local_part=f"alias{n:03}", target="anna@acme.test")
        for n in range(500)
    )
    MailDomain.objects.update(mirrored_at=None)

    for query in ("", "?search=alias&sort=-target&size=100", "?page=9"):
        with django_assert_max_num_queries(8):
            html = customer.get(f"{at('aliases', service)}{query}").content
        assert len(html) <= 100 * 1024, query


def test_1000_mailboxes_are_offered_within_100_kb(
    customer: Browser, service: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(1000):
        makers.make_mailbox(service, f"person{n:05}", quota_mb=10)

    with django_assert_max_num_queries(8):
        html = customer.get(at("aliases-add", service)).content

    assert b"person00999@acme.test" in html
    assert len(html) <= 100 * 1024


def test_htmx_is_given_the_list_alone(customer: Browser, service: Service) -> None:
    make_alias(service)

    html = customer.get(at("aliases", service), headers=FRAGMENT).content.decode()

    assert listed(html) == ["sales"]
    assert "<html" not in html


@pytest.mark.usefixtures("anna")
def test_edit_gives_a_new_name_and_a_new_target(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    alias = make_at_both(service, vendor)
    address = at("aliases-edit", service, alias_id=alias.pk)

    asked = customer.get(address).content.decode()
    response = customer.post(address, {"local_part": "vertrieb", "target": "x@partner.test"})

    assert 'value="sales"' in asked
    assert response.status_code == 302
    assert vendor.aliases("acme.test") == {"vertrieb": "x@partner.test"}
    assert listed(page(customer, service)) == ["vertrieb"]


@pytest.mark.usefixtures("anna")
def test_an_alias_lost_on_the_way_says_so_on_the_page_and_is_finished_there(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    alias = make_at_both(service, vendor)
    address = at("aliases-edit", service, alias_id=alias.pk)
    vendor.faults.add(action="addAlias", kind="reject", sentence="Not today", count=2)
    form = {"local_part": "sales", "target": "x@partner.test"}

    refused = customer.post(address, form)
    html = page(customer, service)
    finished = customer.post(address, form)

    assert refused.status_code == 422
    assert "gone from the mail server" in html
    assert "Not at the mail server" in html
    assert ">Finish<" in html
    assert finished.status_code == 302
    assert vendor.aliases("acme.test") == {"sales": "x@partner.test"}


def test_delete_asks_first_and_then_deletes(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    alias = make_at_both(service, vendor)
    address = at("aliases-delete", service, alias_id=alias.pk)

    asked = customer.get(address, headers=IN_DIALOG).content.decode()
    still_there = vendor.aliases("acme.test")
    response = customer.post(address, headers=IN_DIALOG)

    assert "Delete sales@acme.test?" in asked
    assert "<html" not in asked
    assert still_there == {"sales": "anna@acme.test"}
    assert response["HX-Redirect"] == at("aliases", service)
    assert vendor.aliases("acme.test") == {}
    assert "Alias sales@acme.test deleted" in page(customer, service)


def test_a_refused_deletion_is_told_and_nothing_is_gone(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    alias = make_at_both(service, vendor)
    vendor.faults.add(action="removeAlias", kind="reject", sentence="Not today")

    response = customer.post(at("aliases-delete", service, alias_id=alias.pk))

    assert response.status_code == 422
    assert "Not today" in response.content.decode()
    assert vendor.aliases("acme.test") == {"sales": "anna@acme.test"}
    assert Alias.objects.get().state == "present"


@pytest.mark.parametrize("name", ["edit", "delete"])
def test_an_alias_of_another_service_is_not_found(
    customer: Browser, service: Service, vendor: Sandbox, name: str
) -> None:
    other = makers.make_service(client=service.client, vendor=vendor)
    alias = make_alias(other)

    response = customer.post(at(f"aliases-{name}", service, alias_id=alias.pk))

    assert response.status_code == 404
    assert Alias.objects.get().state == "present"
