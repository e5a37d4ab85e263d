"""Add Mailbox: one typed field, at once at the vendor."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser

from billing.models import Service
from provisioning.models import Alias, Entitlement, Mailbox
from provisioning.operations.mailboxes import password_problems
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at

GOOD = "Lumen-4471!x"
IN_DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}


def form(**fields: str) -> dict[str, str]:
    values = {
        "local_part": "anna",
        "password": GOOD,
        "quota_gb": "5",
        "account_type": "1",
        "display_name": "",
        "request_key": str(uuid4()),
    }
    return values | fields


def send(browser: Browser, service: Service, **fields: str) -> Any:
    return browser.post(at("mailboxes-add", service), form(**fields))


def value_of(html: str, name: str) -> str:
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', html)
    assert tag, name
    value = re.search(r'value="([^"]*)"', tag[0])
    return value[1] if value else ""


def test_only_the_user_name_is_left_to_type(customer: Browser, service: Service) -> None:
    html = customer.get(at("mailboxes-add", service)).content.decode()

    assert value_of(html, "local_part") == ""
    assert not password_problems(value_of(html, "password"))
    assert value_of(html, "quota_gb") == "10"
    assert '<option value="1" selected>Basic (10 of 10 left)</option>' in html
    assert "@acme.test" in html


def test_save_creates_the_mailbox_here_and_at_the_vendor(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    response = send(customer, service, quota_gb="2.5", display_name="Anna K.")
    mailbox = Mailbox.objects.get()
    html = customer.get(response["Location"]).content.decode()

    assert response.status_code == 302
    assert "Mailbox anna@acme.test created" in html
    assert (mailbox.status, mailbox.quota_mb) == (Mailbox.Status.ACTIVE, 2500)
    assert vendor.mailboxes("acme.test")["anna"]["quota_gb"] == 2.5
    assert vendor.accepts_password("acme.test", "anna", GOOD)
    assert GOOD not in html


def test_the_new_row_stands_first_and_is_marked(customer: Browser, service: Service) -> None:
    for number in range(30):
        makers.make_mailbox(service, f"a{number:02}", account_type=7, quota_mb=100)

    response = send(customer, service, local_part="zoe")
    html = customer.get(response["Location"]).content.decode()

    assert html.count("zoe@acme.test</a>") == 1
    assert html.index("is-new") < html.index("zoe@acme.test</a>") < html.index("a00@acme.test</a>")


def test_a_full_address_is_taken_where_its_domain_is_this_one(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    refused = send(customer, service, local_part="anna@other.test")
    taken = send(customer, service, local_part=" Anna@ACME.test ")

    assert refused.status_code == 422
    assert "end in @acme.test" in refused.content.decode()
    assert taken.status_code == 302
    assert list(vendor.mailboxes("acme.test")) == ["anna"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"local_part": ""}, "This field is required."),
        ({"local_part": ".anna"}, "begin and end with a letter or digit"),
        ({"local_part": "an na"}, "begin and end with a letter or digit"),
        ({"local_part": "postmaster"}, "is reserved"),
        ({"password": "short"}, "The password needs at least 8 characters"),
        ({"password": ""}, "This field is required."),
        ({"quota_gb": "0"}, "greater than or equal to 0.1"),
        ({"quota_gb": "1.25"}, "no more than 1 decimal place"),
        ({"quota_gb": "26"}, "25"),
        ({"account_type": "9"}, "not part of this plan"),
        ({"display_name": "x" * 101}, "at most 100 characters"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_the_vendor_is_not_asked(
    customer: Browser, service: Service, vendor: Sandbox, fields: dict[str, str], says: str
) -> None:
    response = send(customer, service, **fields)

    html = response.content.decode()
    name = next(iter(fields))
    assert response.status_code == 422
    assert says in html
    assert f'id="id_{name}-error"' in html
    assert not vendor.calls("addUser")
    assert not Mailbox.objects.exists()


def test_what_has_the_address_already_is_named(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    makers.make_mailbox(service, "anna", vendor=vendor)
    Alias.objects.create(mail_domain=service.mail_domain, local_part="sales", target="x@acme.test")

    mailbox = send(customer, service, local_part="anna").content.decode()
    alias = send(customer, service, local_part="sales").content.decode()

    assert "anna@acme.test is already a mailbox" in mailbox
    assert "sales@acme.test is already an alias" in alias
    assert not vendor.calls("addUser")


def test_a_typed_password_never_comes_back(customer: Browser, service: Service) -> None:
    html = send(customer, service, local_part="").content.decode()

    fresh = value_of(html, "password")
    assert GOOD not in html
    assert not password_problems(fresh)
    assert "A new password was made" in html


def test_the_same_form_sent_twice_makes_one_mailbox(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    key = str(uuid4())

    first = send(customer, service, request_key=key)
    second = send(customer, service, request_key=key)

    assert first["Location"] == second["Location"]
    assert len(vendor.calls("addUser")) == 1
    assert Mailbox.objects.count() == 1


def test_a_full_plan_is_refused_and_the_vendor_is_not_asked(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    service.mail_domain.entitlement = Entitlement(basic_mailboxes=1, enhanced_mailboxes=0)
    service.mail_domain.save()
    makers.make_mailbox(service, "ben", vendor=vendor)

    page = customer.get(at("mailboxes-add", service)).content.decode()
    response = send(customer, service)

    assert "Every mailbox of your plan is in use." in page
    assert "Basic (all 1 in use)" in page
    assert "Enhanced" not in page
    assert response.status_code == 422
    assert list(vendor.mailboxes("acme.test")) == ["ben"]


def test_the_type_that_is_still_free_is_chosen(customer: Browser, service: Service) -> None:
    service.mail_domain.entitlement = Entitlement(basic_mailboxes=1, enhanced_mailboxes=2)
    service.mail_domain.save()
    makers.make_mailbox(service, "ben")

    html = customer.get(at("mailboxes-add", service)).content.decode()

    assert '<option value="2" selected>Enhanced (2 of 2 left)</option>' in html


def test_the_quota_offered_fits_what_is_left(customer: Browser, service: Service) -> None:
    makers.make_mailbox(service, "ben", quota_mb=96_660)

    html = customer.get(at("mailboxes-add", service)).content.decode()

    assert value_of(html, "quota_gb") == "3.3"


def test_no_answer_lists_the_mailbox_as_being_created(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    vendor.faults.add(action="addUser", kind="http_502")

    response = send(customer, service)
    html = customer.get(response["Location"]).content.decode()

    assert "anna@acme.test is being created." in html
    assert "Being created" in html
    assert "every 3s" in html
    assert Mailbox.objects.get().status == Mailbox.Status.CREATING


def test_a_refusal_we_do_not_know_leaves_nothing_behind(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    vendor.faults.add(action="addUser", kind="reject", sentence="<b>ERR 77</b> at line 3")

    response = send(customer, service)

    assert response.status_code == 422
    assert "<b>ERR" not in response.content.decode()
    assert not Mailbox.objects.live().exists()


def test_in_the_dialog_the_form_stands_alone_and_the_page_follows(
    customer: Browser, service: Service
) -> None:
    address = at("mailboxes-add", service)

    asked = customer.get(address, headers=IN_DIALOG).content.decode()
    wrong = customer.post(address, form(local_part=""), headers=IN_DIALOG)
    saved = customer.post(address, form(), headers=IN_DIALOG)

    assert "<html" not in asked
    assert f'hx-post="{address}"' in asked
    assert wrong.status_code == 422
    assert "<html" not in wrong.content.decode()
    assert saved["HX-Redirect"].startswith(at("mailboxes", service))


def test_an_old_new_mark_points_at_nothing(customer: Browser, service: Service) -> None:
    gone = makers.make_mailbox(service, "anna", status="removed")
    makers.make_mailbox(service, "ben")

    for new in (gone.pk, "x", 10**30):
        html = customer.get(f"{at('mailboxes', service)}?new={new}").content.decode()
        assert "is-new" not in html
