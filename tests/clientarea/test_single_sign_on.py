"""Webmail and Control Panel: a one-time log-in, handed over without a trace."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.test import Client as Browser

from billing.models import Service
from clients.models import Activity
from provisioning.models import Mailbox, Server
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at, of


@pytest.fixture
def anna(service: Service, vendor: Sandbox) -> Mailbox:
    return makers.make_mailbox(service, "anna", vendor=vendor)


def fields_of(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))


def form_of(html: str) -> tuple[str, str]:
    found = re.search(r'<form id="hand-off"\s+method="(\w+)"\s+action="([^"]+)"', html)
    assert found
    return found[1], found[2]


@pytest.mark.parametrize("name", ["webmail", "control-panel"])
def test_a_click_hands_over_a_fresh_log_in_by_post(
    customer: Browser, service: Service, anna: Mailbox, name: str
) -> None:
    response = customer.post(of(name, service, anna))

    html = response.content.decode()
    method, url = form_of(html)
    secrets = [value for value in fields_of(html).values() if value]
    assert response.status_code == 200
    assert method == "post"
    assert secrets
    assert not urlsplit(url).query
    assert not any(secret in url for secret in secrets)
    assert ">Continue</button>" in html
    assert "hand-off.js" in html


@pytest.mark.parametrize("name", ["webmail", "control-panel"])
def test_the_answer_is_kept_by_nobody_and_sends_only_to_the_vendor(
    customer: Browser, service: Service, anna: Mailbox, name: str
) -> None:
    response = customer.post(of(name, service, anna))

    parts = urlsplit(form_of(response.content.decode())[1])
    policy = response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert f"form-action 'self' {parts.scheme}://{parts.netloc};" in f"{policy};"


def test_no_other_page_may_send_a_form_elsewhere(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    customer.post(of("webmail", service, anna))

    policy = customer.get(at("mailboxes", service))["Content-Security-Policy"]

    assert "form-action 'self';" in f"{policy};"


def test_nothing_secret_is_written_down(customer: Browser, service: Service, anna: Mailbox) -> None:
    html = customer.post(of("webmail", service, anna)).content.decode()

    line = Activity.objects.get(action="mailbox.webmail_opened")
    secrets = [value for value in fields_of(html).values() if value]
    assert line.object_name == "anna@acme.test"
    assert not any(secret in str(line.__dict__) for secret in secrets)


def test_a_reloaded_tab_leads_back_and_spends_nothing(
    customer: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    vendor.forget_calls()

    response = customer.get(of("webmail", service, anna))

    assert response["Location"] == at("mailboxes", service)
    assert not vendor.calls()


def test_a_server_that_wants_get_gets_get(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    Server.objects.update(control_panel_hand_off="get")

    html = customer.post(of("control-panel", service, anna)).content.decode()

    assert form_of(html)[0] == "get"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("webmail", "https://login.emailarray.com"),
        ("control-panel", "https://cp.emailarray.com"),
    ],
)
def test_when_the_vendor_is_down_the_way_by_hand_is_shown(
    *, customer: Browser, service: Service, anna: Mailbox, vendor: Sandbox, name: str, address: str
) -> None:
    vendor.faults.add(action="*", kind="drop_before", count=0)

    response = customer.post(of(name, service, anna))

    html = response.content.decode()
    assert response.status_code == 502
    assert "did not open" in html
    assert address in html
    assert "hand-off" not in html


def test_a_disabled_mailbox_is_not_opened(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    closed = makers.make_mailbox(service, "closed", status="disabled", vendor=vendor)
    vendor.forget_calls()

    page = customer.get(at("mailboxes", service)).content.decode()
    response = customer.post(of("webmail", service, closed))

    button = re.search(r"<button[^>]*webmail/[^>]*>", page)
    assert button
    assert "disabled" in button[0]
    assert response.status_code == 502
    assert "closed@acme.test is disabled." in response.content.decode()
    assert not vendor.calls()
