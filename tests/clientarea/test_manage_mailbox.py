"""Update account, change the password, enable, disable, delete."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from billing.models import Service
from provisioning.models import Alias, DistributionList, DistributionListMember, Forward, Mailbox
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at, of

GOOD = "Lumen-4471!x"


@pytest.fixture
def anna(service: Service, vendor: Sandbox) -> Mailbox:
    """A Basic mailbox with 5 GB, known to the vendor."""
    return makers.make_mailbox(
        service, "anna", vendor=vendor, quota_mb=5000, display_name="Anna Keller"
    )


def change(browser: Browser, service: Service, mailbox: Mailbox, **fields: str) -> Any:
    values = {
        "account_type": "1",
        "quota_gb": "5",
        "display_name": "Anna Keller",
        "password": "",
    }
    return browser.post(of("manage", service, mailbox), values | fields, follow=True)


def test_the_page_shows_what_is(customer: Browser, service: Service, anna: Mailbox) -> None:
    html = customer.get(of("manage", service, anna)).content.decode()

    assert "Update account" in html
    assert '<option value="1" selected>Basic</option>' in html
    assert 'value="5.0"' in html
    assert 'value="Anna Keller"' in html


def test_type_quota_and_name_are_saved_at_once(
    customer: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    response = change(
        customer, service, anna, account_type="2", quota_gb="7.5", display_name="Anna K."
    )

    anna.refresh_from_db()
    remote = vendor.mailboxes("acme.test")["anna"]
    assert "anna@acme.test is saved" in response.content.decode()
    assert (anna.account_type, anna.quota_mb, anna.display_name) == (2, 7500, "Anna K.")
    assert remote["quota_gb"] == 7.5


def test_a_blank_password_keeps_the_present_one(
    customer: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    change(customer, service, anna, password=GOOD)
    change(customer, service, anna, display_name="Somebody")

    assert vendor.accepts_password("acme.test", "anna", GOOD)


def test_a_quota_that_is_no_tenth_survives_a_change_of_the_name(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    odd = makers.make_mailbox(service, "odd", vendor=vendor, quota_mb=5120)

    change(customer, service, odd, quota_gb="5.1", display_name="Odd")

    odd.refresh_from_db()
    assert (odd.quota_mb, odd.display_name) == (5120, "Odd")


def test_a_type_we_do_not_sell_can_be_kept(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    odd = makers.make_mailbox(service, "odd", vendor=vendor, account_type=7)

    html = customer.get(of("manage", service, odd)).content.decode()

    assert '<option value="7" selected>Type 7</option>' in html


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"quota_gb": "26"}, "quota_gb", "25"),
        ({"password": "weak"}, "password", "The password needs"),
        ({"account_type": "5"}, "account_type", "not part of this plan"),
    ],
)
def test_a_refused_change_is_told_at_its_field_and_nothing_is_changed(
    *,
    customer: Browser,
    service: Service,
    anna: Mailbox,
    vendor: Sandbox,
    fields: dict[str, str],
    field: str,
    says: str,
) -> None:
    response = change(customer, service, anna, display_name="Other", **fields)

    html = response.content.decode()
    anna.refresh_from_db()
    assert response.status_code == 422
    assert f'id="id_{field}-error"' in html
    assert says in html
    assert "weak" not in html
    assert anna.display_name == "Anna Keller"
    assert not vendor.calls("updateUser")


def test_no_answer_to_a_change_reads_being_checked(
    customer: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    vendor.faults.add(action="updateUser", kind="http_502")

    html = change(customer, service, anna, quota_gb="6").content.decode()

    assert "The change to anna@acme.test is being checked." in html
    assert "Being checked" in html


def test_change_password_has_a_form_of_its_own(
    customer: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    address = of("password", service, anna)

    asked = customer.get(address).content.decode()
    weak = customer.post(address, {"password": "weak"})
    saved = customer.post(address, {"password": GOOD}, follow=True)

    assert "Made for you" in asked
    assert weak.status_code == 422
    assert "weak" not in weak.content.decode()
    assert "anna@acme.test is saved" in saved.content.decode()
    assert vendor.accepts_password("acme.test", "anna", GOOD)
    anna.refresh_from_db()
    assert (anna.quota_mb, anna.display_name) == (5000, "Anna Keller")


def test_a_password_nobody_could_confirm_is_asked_for_again(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    words = "New password not confirmed"
    Mailbox.objects.filter(pk=anna.pk).update(password_unconfirmed_at=timezone.now())

    before = customer.get(at("mailboxes", service)).content.decode()
    after = customer.post(
        of("password", service, anna), {"password": GOOD}, follow=True
    ).content.decode()

    assert words in before
    assert words not in after


def test_disable_and_enable_come_back_to_the_same_page_of_the_list(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    disabled = customer.post(of("disable", service, anna), {"list": "sort=-usage&page=3"})
    anna.refresh_from_db()
    after_disable = anna.status
    enabled = customer.post(of("enable", service, anna), {"list": "evil=1&sort=%0d%0a"})

    anna.refresh_from_db()
    assert disabled["Location"] == f"{at('mailboxes', service)}?sort=-usage&page=3"
    assert after_disable == Mailbox.Status.DISABLED
    assert enabled["Location"] == at("mailboxes", service)
    assert anna.status == Mailbox.Status.ACTIVE


def test_htmx_is_given_the_row_and_a_toast(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    response = customer.post(of("disable", service, anna), headers={"HX-Request": "true"})

    html = response.content.decode()
    assert html.strip().startswith("<tr")
    assert "Disabled" in html
    assert json.loads(response["HX-Trigger"]) == {
        "toast": {"level": "success", "text": "anna@acme.test is disabled"}
    }


def test_a_refusal_leaves_the_row_as_it_was_and_says_why(
    customer: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    vendor.faults.add(action="*", kind="drop_before", count=0)

    response = customer.post(of("disable", service, anna), headers={"HX-Request": "true"})

    anna.refresh_from_db()
    assert json.loads(response["HX-Trigger"])["toast"]["level"] == "error"
    assert anna.status == Mailbox.Status.ACTIVE


@pytest.mark.parametrize("name", ["enable", "disable"])
def test_a_link_changes_nothing(
    customer: Browser, service: Service, anna: Mailbox, name: str
) -> None:
    assert customer.get(of(name, service, anna)).status_code == 405


def test_delete_names_what_depends_on_the_mailbox(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    domain = service.mail_domain
    Alias.objects.create(mail_domain=domain, local_part="sales", target="anna@acme.test")
    Alias.objects.create(mail_domain=domain, local_part="other", target="ben@acme.test")
    Forward.objects.create(mail_domain=domain, local_part="anna", target="anna@far.test")
    team = DistributionList.objects.create(mail_domain=domain, local_part="team")
    DistributionListMember.objects.create(distribution_list=team, address="anna@acme.test")

    html = customer.get(of("delete", service, anna)).content.decode()

    assert "sales@acme.test will lead nowhere" in html
    assert "team@acme.test loses this reader" in html
    assert "anna@acme.test to anna@far.test ends" in html
    assert "other@acme.test" not in html


def test_a_delete_that_is_refused_is_told_and_the_mailbox_stays(
    customer: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    vendor.faults.add(action="*", kind="drop_before", count=0)

    response = customer.post(of("delete", service, anna))

    anna.refresh_from_db()
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert anna.status == Mailbox.Status.ACTIVE


def test_a_mailbox_that_is_gone_has_no_pages(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    customer.post(of("delete", service, anna))

    for name in ("manage", "password", "delete"):
        assert customer.get(of(name, service, anna)).status_code == 404, name
