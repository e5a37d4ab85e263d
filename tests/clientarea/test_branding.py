"""Branding, as its page tells it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from billing.models import Service
from provisioning import tasks
from provisioning.models import Branding
from provisioning.operations.logos import read_logo
from provisioning.sandbox import Sandbox
from tests import pictures
from tests.clientarea.addresses import at
from tests.provisioning.operations.test_logos import POLYGLOTS, REFUSED

FORM = {"name": "Acme Mail", "support_email": "help@acme.test", "color": "#0B6E4F"}


@pytest.fixture
def branded(service: Service) -> Service:
    """A service whose branding has been read."""
    tasks.refresh_domain(mail_domain_id=service.mail_domain_id)
    return service


def upload(content: bytes, name: str = "logo.png", type: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=type)


def send(browser: Browser, service: Service, **fields: Any) -> tuple[int, str]:
    response = browser.post(at("branding", service), FORM | fields, follow=True)
    return response.status_code, response.content.decode()


def remote(vendor: Sandbox) -> tuple[str, str, str]:
    brand = vendor.domains()["acme.test"]
    return brand["brandname"], brand["supportemail"], brand["brandcolor"]


def test_update_gives_webmail_its_look(
    customer: Browser, branded: Service, vendor: Sandbox
) -> None:
    status, html = send(customer, branded)

    assert status == 200
    assert "The new look of webmail is saved." in html
    assert remote(vendor) == ("Acme Mail", "help@acme.test", "0b6e4f")
    assert 'value="#0b6e4f"' in html


def test_saving_without_touching_the_color_writes_no_color(
    customer: Browser, branded: Service, vendor: Sandbox
) -> None:
    customer.get(at("branding", branded))

    send(customer, branded, color="")

    assert remote(vendor) == ("Acme Mail", "help@acme.test", "")


@pytest.mark.parametrize(("typed", "kept"), [("abc", "aabbcc"), ("#FFF", "ffffff"), ("", "")])
def test_colors_are_understood_in_every_spelling(
    customer: Browser, branded: Service, vendor: Sandbox, typed: str, kept: str
) -> None:
    send(customer, branded, color=typed)

    assert remote(vendor)[2] == kept


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("color", "green", "six digits"),
        ("color", '#fff" onload="x', "at most 7 characters"),
        ("support_email", "nobody", "valid email address"),
        ("name", "x" * 101, "at most 100 characters"),
    ],
)
def test_nonsense_is_refused_at_its_field(
    customer: Browser, branded: Service, vendor: Sandbox, field: str, value: str, *, words: str
) -> None:
    status, html = send(customer, branded, **{field: value})

    assert status == 422
    assert words in html
    assert f'id="id_{field}-error"' in html
    assert vendor.calls("setDomainBrandingV2") == []


def test_white_on_yellow_is_warned_of_and_white_on_green_is_not(
    customer: Browser, branded: Service
) -> None:
    _, yellow = send(customer, branded, color="#ffe000", preview="1")
    _, green = send(customer, branded, color="#0b6e4f", preview="1")

    assert "contrast of 1.3 to 1. Below 4.5 it is hard to read" in yellow
    assert "contrast of 6.3 to 1, which is easy to read" in green


def test_a_preview_shows_what_was_typed_and_sends_nothing(
    customer: Browser, branded: Service, vendor: Sandbox
) -> None:
    logo = upload(pictures.png())

    status, html = send(customer, branded, name="<b>Acme</b>", logo=logo, preview="1")

    assert status == 200
    assert "nothing is saved yet" in html
    assert "&lt;b&gt;Acme&lt;/b&gt;" in html
    assert 'fill="#0b6e4f"' in html
    assert f"data:image/png;base64,{read_logo(pictures.png()).preview}" in html
    assert "choose it again" in html
    assert vendor.calls("setDomainBrandingV2") == []
    assert Branding.objects.get().name == ""


@pytest.mark.parametrize(
    ("content", "type"),
    [
        (pictures.png(), "image/png"),
        (pictures.jpeg(), "image/jpeg"),
        (pictures.gif(), "image/gif"),
        (pictures.png(), "text/html"),
    ],
)
def test_a_logo_arrives_written_anew(
    customer: Browser, branded: Service, vendor: Sandbox, content: bytes, type: str
) -> None:
    status, _ = send(customer, branded, logo=upload(content, type=type))

    assert status == 200
    sent = vendor.domains()["acme.test"]["logo_bytes"]
    assert sent == len(read_logo(content).content)
    assert Branding.objects.get().logo_preview == read_logo(content).preview


def test_without_a_file_the_logo_stays(
    customer: Browser, branded: Service, vendor: Sandbox
) -> None:
    send(customer, branded, logo=upload(pictures.png()))

    send(customer, branded, name="Other")

    assert vendor.domains()["acme.test"]["logo_bytes"] > 0
    assert remote(vendor)[0] == "Other"


@pytest.mark.parametrize("content", [each[0] for each in REFUSED.values()], ids=REFUSED)
def test_a_hostile_file_is_neither_kept_nor_sent(
    customer: Browser, branded: Service, vendor: Sandbox, content: bytes
) -> None:
    status, html = send(customer, branded, logo=upload(content))

    assert status == 422
    assert 'id="id_logo-error"' in html
    assert vendor.calls("setDomainBrandingV2") == []
    assert Branding.objects.get().logo_preview == ""


@pytest.mark.parametrize("content", POLYGLOTS.values(), ids=POLYGLOTS)
def test_no_hidden_part_of_a_file_reaches_the_vendor(
    customer: Browser, branded: Service, vendor: Sandbox, content: bytes
) -> None:
    send(customer, branded, logo=upload(content))

    row = vendor.world.store.one("SELECT logo FROM domains")
    assert row is not None
    assert row["logo"]
    assert b"script" not in row["logo"]
    assert b"script" not in base64.b64decode(Branding.objects.get().logo_preview)


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("drop_before", 422, "cannot be reached right now"),
        ("reject", 422, "The request was refused"),
        ("drop_after", 200, "no clear answer"),
        ("cut_json", 200, "no clear answer"),
    ],
)
def test_what_went_wrong_is_said_and_what_was_typed_stays(
    customer: Browser, branded: Service, vendor: Sandbox, fault: str, *, status: int, words: str
) -> None:
    vendor.faults.add(action="setDomainBrandingV2", kind=fault, count=0)

    answered, html = send(customer, branded)

    assert answered == status
    assert words in html
    assert "is saved" not in html
    assert ("Acme Mail" in html) == (status == 422)


def test_reset_asks_first(customer: Browser, branded: Service, vendor: Sandbox) -> None:
    send(customer, branded)

    asked = customer.get(at("branding-reset", branded)).content.decode()
    still = remote(vendor)
    done = customer.post(at("branding-reset", branded), follow=True).content.decode()

    assert "the logo has to be sent again" in asked
    assert still[0] == "Acme Mail"
    assert "Webmail has its usual look again." in done
    assert remote(vendor) == ("", "", "")


def test_a_refused_reset_is_said(customer: Browser, branded: Service, vendor: Sandbox) -> None:
    send(customer, branded)
    vendor.faults.add(action="resetDomainBranding", kind="reject", sentence="Not today")

    response = customer.post(at("branding-reset", branded))

    assert response.status_code == 422
    assert "Not today" in response.content.decode()
    assert Branding.objects.get().name == "Acme Mail"


def test_a_logo_from_elsewhere_is_linked_and_never_loaded(
    customer: Browser, branded: Service
) -> None:
    Branding.objects.update(logo_url="https://vendor.test/logo.png")

    html = customer.get(at("branding", branded)).content.decode()

    assert 'href="https://vendor.test/logo.png"' in html
    assert 'src="https://vendor.test' not in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//vendor.test/x"])
def test_an_address_that_is_no_web_address_is_no_link(
    customer: Browser, branded: Service, url: str
) -> None:
    Branding.objects.update(logo_url=url)

    assert f'href="{url}"' not in customer.get(at("branding", branded)).content.decode()


def test_the_page_waits_for_nobody(
    customer: Browser,
    branded: Service,
    vendor: Sandbox,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    send(customer, branded, logo=upload(pictures.png(1000, 400)))
    vendor.forget_calls()

    with django_assert_max_num_queries(8):
        response = customer.get(at("branding", branded))

    assert len(response.content) < 100_000
    assert vendor.calls() == []
