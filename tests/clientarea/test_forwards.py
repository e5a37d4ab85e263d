"""Forwarding: the page, its form, and what the vendor's log-in has to say."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from billing.models import Service
from clients.models import Activity
from provisioning.models import Forward, Mailbox, MailDomain
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at

OUT = "anna@elsewhere.test"


@pytest.fixture(autouse=True)
def anna(service: Service, vendor: Sandbox) -> Mailbox:
    """A mailbox that forwards, and another."""
    makers.make_mailbox(service, "ben", vendor=vendor)
    return makers.make_mailbox(service, "anna", vendor=vendor)


def page(browser: Browser, service: Service, query: str = "") -> str:
    html = browser.get(f"{at('forwards', service)}{query}").content.decode()
    return " ".join(html.split())


def listed(html: str) -> list[str]:
    return re.findall(r'class="address">([^<@]+)@', html)


def send(browser: Browser, service: Service, **fields: str) -> Any:
    return browser.post(at("forwards-add", service), {"local_part": "anna", "target": OUT} | fields)


def test_save_starts_the_copies_here_and_at_the_vendor(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    response = send(customer, service)
    html = page(customer, service)

    assert response.status_code == 302
    assert f"anna@acme.test now sends copies to {OUT}" in html
    assert "A copy always stays in the mailbox" in html
    assert ">External<" in html
    assert vendor.forwards("acme.test") == {"anna": [OUT]}
    assert Activity.objects.get(action="forward.added").after == {
        "local_part": "anna",
        "target": OUT,
    }


def test_a_mailbox_may_have_several(customer: Browser, service: Service, vendor: Sandbox) -> None:
    send(customer, service)
    send(customer, service, local_part="ANNA@acme.test", target="ben")

    assert vendor.forwards("acme.test") == {"anna": [OUT, "ben@acme.test"]}
    assert listed(page(customer, service)) == ["anna", "anna"]
    assert ">Internal<" in page(customer, service)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"local_part": ""}, "This field is required."),
        ({"local_part": "nobody"}, "There is no mailbox nobody@acme.test."),
        ({"local_part": "anna@other.test"}, "end in @acme.test"),
        ({"target": ""}, "This field is required."),
        ({"target": "x y"}, "is not an email address"),
        ({"target": "anna"}, "anna@acme.test cannot send copies to itself"),
        ({"target": "ANNA@acme.test"}, "cannot send copies to itself"),
        ({"target": "nobody"}, "no mailbox, alias or list nobody@acme.test"),
        ({"target": "Ben@Partner.test"}, "sends copies to ben@partner.test already"),
        ({"target": "ben"}, "in circles: anna@acme.test → ben@acme.test → anna@acme.test"),
        ({"target": "info"}, "in circles: anna@acme.test → info@acme.test → anna@acme.test"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_the_vendor_is_not_asked(
    customer: Browser, service: Service, vendor: Sandbox, fields: dict[str, str], says: str
) -> None:
    domain = service.mail_domain
    domain.forwards.create(local_part="anna", target="ben@partner.test")
    domain.forwards.create(local_part="ben", target="anna@acme.test")
    domain.aliases.create(local_part="info", target="anna@acme.test")

    response = send(customer, service, **fields)

    html = response.content.decode()
    assert response.status_code == 422
    assert says in html
    assert f'id="id_{next(iter(fields))}-error"' in html
    assert not vendor.calls("addForward")
    assert Forward.objects.count() == 2


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ("getOTPass", "refused the log-in of anna@acme.test: “Too busy”"),
        ("login", "refused the log-in of anna@acme.test: “Too busy”"),
        ("addForward", "The mail server said: “Too busy”."),
    ],
)
def test_the_step_that_failed_is_told_with_the_real_reason(
    customer: Browser, service: Service, vendor: Sandbox, action: str, says: str
) -> None:
    api = "user" if action == "login" else None
    vendor.faults.add(action=action, kind="reject", sentence="Too busy", count=0, api=api)

    response = send(customer, service)

    assert response.status_code == 422
    assert says in response.content.decode()
    assert not Forward.objects.exists()
    assert vendor.forwards("acme.test") == {}


def test_a_disabled_mailbox_is_said_to_be_the_reason(
    customer: Browser, service: Service, vendor: Sandbox, anna: Mailbox
) -> None:
    vendor.world.store.run("UPDATE mailboxes SET disabled = 1 WHERE username = 'anna'")

    response = send(customer, service)

    html = response.content.decode()
    assert "“Invalid login”" in html
    assert "If the mailbox is disabled, enable it first." in html
    assert not Forward.objects.exists()
    assert anna.address in html


@pytest.mark.parametrize(
    ("fault", "in_the_end"),
    [("drop_after", [OUT]), ("cut_json", [OUT]), ("http_502", []), ("duplicate", [OUT])],
)
def test_a_forward_without_a_clear_answer_is_looked_up(
    customer: Browser, service: Service, vendor: Sandbox, fault: str, in_the_end: list[str]
) -> None:
    vendor.faults.add(action="addForward", kind=fault)

    send(customer, service)
    makers.settle_all()

    assert list(Forward.objects.values_list("target", flat=True)) == in_the_end
    assert vendor.forwards("acme.test").get("anna", []) == in_the_end


def test_delete_asks_first_and_then_deletes(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    send(customer, service)
    address = at("forwards-delete", service, forward_id=Forward.objects.get().pk)

    asked = " ".join(customer.get(address).content.decode().split())
    still = vendor.forwards("acme.test")
    customer.post(address)

    assert f"Stop the copies to {OUT}?" in asked
    assert still == {"anna": [OUT]}
    assert vendor.forwards("acme.test") == {}
    assert not Forward.objects.exists()
    assert Activity.objects.get(action="forward.deleted").before == {
        "local_part": "anna",
        "target": OUT,
    }


def test_a_deletion_the_log_in_stands_against_changes_nothing(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    send(customer, service)
    vendor.world.store.run("UPDATE mailboxes SET disabled = 1 WHERE username = 'anna'")

    response = customer.post(at("forwards-delete", service, forward_id=Forward.objects.get().pk))

    assert response.status_code == 422
    assert "refused the log-in of anna@acme.test" in response.content.decode()
    assert Forward.objects.get().state == Forward.State.PRESENT
    assert vendor.forwards("acme.test") == {"anna": [OUT]}


@pytest.mark.parametrize(
    ("fault", "in_the_end"), [("drop_after", []), ("http_502", [OUT]), ("cut_json", [])]
)
def test_an_unclear_deletion_is_looked_up(
    customer: Browser, service: Service, vendor: Sandbox, fault: str, in_the_end: list[str]
) -> None:
    send(customer, service)
    vendor.faults.add(action="removeForward", kind=fault)
    row = Forward.objects.get()

    customer.post(at("forwards-delete", service, forward_id=row.pk))
    waiting = customer.get(at("forwards-row", service, forward_id=row.pk)).content.decode()
    makers.settle_all()

    assert "Being deleted" in waiting
    assert list(Forward.objects.values_list("target", flat=True)) == in_the_end
    assert vendor.forwards("acme.test").get("anna", []) == in_the_end
    assert not Forward.objects.exclude(unsettled_since=None).exists()


def test_search_and_sort(customer: Browser, service: Service) -> None:
    service.mail_domain.forwards.create(local_part="anna", target="z@partner.test")
    service.mail_domain.forwards.create(local_part="ben", target="a@partner.test")

    assert listed(page(customer, service, "?search=ben")) == ["ben"]
    assert listed(page(customer, service, "?sort=target")) == ["ben", "anna"]
    assert "No forward matches" in page(customer, service, "?search=zzz")


def test_an_empty_page_says_what_forwarding_is_for(customer: Browser, service: Service) -> None:
    assert "No forwards yet" in page(customer, service)


def test_a_forward_of_another_service_is_not_found(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    other = makers.make_service(client=service.client, vendor=vendor)
    row = other.mail_domain.forwards.create(local_part="kim", target=OUT)

    response = customer.post(at("forwards-delete", service, forward_id=row.pk))

    assert response.status_code == 404
    assert Forward.objects.filter(pk=row.pk).exists()


def test_500_forwards_cost_no_more_than_five(
    customer: Browser, service: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Forward.objects.bulk_create(
        Forward(mail_domain=service.mail_domain, local_part="anna", target=f"x{n:03}@p.test")
        for n in range(500)
    )
    MailDomain.objects.update(mirrored_at=None)

    for query in ("", "?search=x&sort=-target&size=100"):
        with django_assert_max_num_queries(8):
            html = customer.get(f"{at('forwards', service)}{query}").content
        assert len(html) <= 100 * 1024, query
