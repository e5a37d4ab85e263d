"""Where all other mail of a domain goes, and under which other names its addresses work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from billing.models import Service
from clients.models import Activity
from provisioning import tasks
from provisioning.models import AliasDomain, CatchAll
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at


@pytest.fixture
def anna(service: Service, vendor: Sandbox) -> None:
    """A mailbox for aliases to lead to."""
    makers.make_mailbox(service, "anna", vendor=vendor)


def page(browser: Browser, service: Service, query: str = "") -> str:
    html = browser.get(f"{at('aliases', service)}{query}").content.decode()
    return " ".join(html.split())


@pytest.mark.usefixtures("anna")
def test_the_catch_all_is_switched_on_changed_and_off(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    address = at("aliases-catch-all", service)

    customer.post(address, {"target": "anna"})
    on = page(customer, service)
    customer.post(address, {"target": "office@partner.test"})
    changed = vendor.domains()["acme.test"]["catchall"]
    customer.post(address, {"target": "office@partner.test", "off": "1"})
    off = page(customer, service)

    assert "goes to <strong" in on
    assert "anna@acme.test" in on
    assert changed == "office@partner.test"
    assert "that does not exist is turned away" in off
    assert vendor.domains()["acme.test"]["catchall"] == ""
    assert not CatchAll.objects.exists()
    actions = Activity.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["catch_all.added", "catch_all.changed", "catch_all.deleted"]


@pytest.mark.parametrize(
    ("target", "says"),
    [("nobody", "no mailbox, alias or list nobody@acme.test"), ("a b", "not an email address")],
)
def test_a_catch_all_needs_an_address_that_exists(
    customer: Browser, service: Service, vendor: Sandbox, target: str, says: str
) -> None:
    response = customer.post(at("aliases-catch-all", service), {"target": target})

    assert response.status_code == 422
    assert says in response.content.decode()
    assert not vendor.calls("updateDomain")


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize(
    ("fault", "in_the_end"), [("drop_after", "anna@acme.test"), ("http_502", "")]
)
def test_a_catch_all_without_an_answer_is_looked_up(
    customer: Browser, service: Service, vendor: Sandbox, fault: str, in_the_end: str
) -> None:
    vendor.faults.add(action="updateDomain", kind=fault)

    customer.post(at("aliases-catch-all", service), {"target": "anna"})
    CatchAll.objects.update(unsettled_since=timezone.now() - timedelta(minutes=2))
    for row in CatchAll.objects.all():
        tasks.settle_element(noun="catch_all", element_id=row.pk)

    ours = CatchAll.objects.filter(state="present").values_list("target", flat=True)
    assert "".join(ours) == in_the_end
    assert vendor.domains()["acme.test"]["catchall"] == in_the_end


def test_an_alias_domain_is_added_and_deleted(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    customer.post(at("alias-domains-add", service), {"domain": "ACME.example."})
    added = vendor.alias_domains("acme.test")
    html = page(customer, service)
    row = AliasDomain.objects.get()
    asked = customer.get(at("alias-domains-delete", service, alias_domain_id=row.pk))
    customer.post(at("alias-domains-delete", service, alias_domain_id=row.pk))

    assert added == ["acme.example"]
    assert "acme.example" in html
    assert "Delete the alias domain acme.example?" in " ".join(asked.content.decode().split())
    assert vendor.alias_domains("acme.test") == []
    assert not AliasDomain.objects.exists()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nonsense", "is not a domain name"),
        ("-a.test", "is not a domain name"),
        ("acme.test", "is this domain itself"),
        ("taken.test", "is in use already"),
    ],
)
def test_a_name_that_cannot_be_an_alias_domain_is_refused(
    customer: Browser, service: Service, vendor: Sandbox, name: str, says: str
) -> None:
    makers.make_service(domain="taken.test")

    response = customer.post(at("alias-domains-add", service), {"domain": name})

    assert response.status_code == 422
    assert says in response.content.decode()
    assert not vendor.calls("addAliasDomain")
    assert not AliasDomain.objects.exists()
