"""Footer and time zone, as their page tells it."""

from __future__ import annotations

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from billing.models import Service
from provisioning import tasks
from provisioning.models import DomainSettings
from provisioning.sandbox import Sandbox
from tests.clientarea.addresses import at


@pytest.fixture
def known(service: Service) -> Service:
    """A service whose settings have been read."""
    tasks.refresh_domain(mail_domain_id=service.mail_domain_id)
    return service


def send(browser: Browser, service: Service, page: str, **fields: str) -> tuple[int, str]:
    address = at(f"domain-settings-{page}", service)
    response = browser.post(address, fields, follow=True)
    return response.status_code, response.content.decode()


def test_plain_text_is_sent_as_html_and_comes_back_as_text(
    customer: Browser, known: Service, vendor: Sandbox
) -> None:
    _, html = send(customer, known, "footer", format="text", footer="A & B <Ltd>\r\nBerlin")

    assert "The footer is saved." in html
    assert vendor.domains()["acme.test"]["footer"] == "A &amp; B &lt;Ltd&gt;<br>\nBerlin"
    assert "A &amp; B &lt;Ltd&gt;\nBerlin</textarea>" in html


def test_html_is_sent_cleaned_and_shown_as_text(
    customer: Browser, known: Service, vendor: Sandbox
) -> None:
    typed = '<p><b>Acme</b> <a href="https://acme.test/">site</a>'

    _, html = send(customer, known, "footer", format="html", footer=typed)

    assert vendor.domains()["acme.test"]["footer"] == f"{typed}</p>"
    assert "Acme site (https://acme.test/)" in html


def test_an_empty_footer_takes_it_away(customer: Browser, known: Service, vendor: Sandbox) -> None:
    send(customer, known, "footer", format="text", footer="Acme")

    send(customer, known, "footer", format="text", footer="")

    assert vendor.domains()["acme.test"]["footer"] == ""


def test_what_is_not_allowed_is_refused_and_kept_for_putting_right(
    customer: Browser, known: Service, vendor: Sandbox
) -> None:
    typed = "<img src=x onerror=alert(1)>"

    status, html = send(customer, known, "footer", format="html", footer=typed)

    assert status == 422
    assert "&lt;img&gt; is not allowed in a footer." in html
    assert "&lt;img src=x onerror=alert(1)&gt;</textarea>" in html
    assert typed not in html
    assert vendor.calls("setFooterDomain") == []


def test_a_preview_saves_nothing(customer: Browser, known: Service, vendor: Sandbox) -> None:
    status, html = send(customer, known, "footer", format="html", footer="<b>Acme</b>", preview="1")

    assert status == 200
    assert "nothing is saved yet" in html
    assert '<div class="footer-preview">' in html
    assert vendor.calls("setFooterDomain") == []


def test_a_footer_set_elsewhere_is_shown_but_never_as_html(
    customer: Browser, known: Service
) -> None:
    DomainSettings.objects.update(footer='<script>alert(1)</script><b onclick="x">Hi</b>')

    html = customer.get(at("domain-settings", known)).content.decode()

    assert "<script>alert(1)" not in html
    assert '<b onclick="x">' not in html
    assert "&lt;script&gt;alert(1)" in html


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
        ("america/argentina/ushuaia", "America/Argentina/Ushuaia"),
    ],
)
def test_a_time_zone_is_found_by_name_or_city(
    customer: Browser, known: Service, vendor: Sandbox, typed: str, kept: str
) -> None:
    _, html = send(customer, known, "time-zone", time_zone=typed)

    assert f"The time zone is {kept}." in html
    assert vendor.domains()["acme.test"]["dtzone"] == kept
    assert DomainSettings.objects.get().time_zone == kept


@pytest.mark.parametrize(
    ("typed", "words"),
    [("Berl", "Do you mean Europe/Berlin?"), ("Mars", "There is no such time zone")],
)
def test_a_slip_in_a_time_zone_gets_a_suggestion(
    customer: Browser, known: Service, vendor: Sandbox, typed: str, words: str
) -> None:
    status, html = send(customer, known, "time-zone", time_zone=typed)

    assert status == 422
    assert words in html
    assert vendor.calls("updateDomain") == []


FORMS = {
    "footer": ("setFooterDomain", {"format": "text", "footer": "Acme"}),
    "time-zone": ("updateDomain", {"time_zone": "Europe/Berlin"}),
}


@pytest.mark.parametrize("page", FORMS)
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("drop_before", "cannot be reached right now"),
        ("reject", "The request was refused"),
        ("drop_after", "no clear answer"),
        ("html", "no clear answer"),
    ],
)
def test_what_went_wrong_is_said(
    customer: Browser, known: Service, vendor: Sandbox, page: str, *, fault: str, words: str
) -> None:
    call, form = FORMS[page]
    vendor.faults.add(action=call, kind=fault, count=0)

    _, html = send(customer, known, page, **form)

    assert words in html
    assert "is saved" not in html
    assert "The time zone is" not in html


def test_what_the_mail_server_keeps_otherwise_is_said(
    customer: Browser, known: Service, vendor: Sandbox
) -> None:
    vendor.world.store.run(
        "CREATE TRIGGER cut AFTER UPDATE OF footer ON domains BEGIN"
        " UPDATE domains SET footer = 'Ac' WHERE id = NEW.id; END"
    )

    _, html = send(customer, known, "footer", format="text", footer="Acme")

    assert "The mail server has changed what was sent." in html
    assert DomainSettings.objects.get().footer == "Ac"


def test_the_way_to_catch_all_and_alias_domains_is_shown(customer: Browser, known: Service) -> None:
    html = customer.get(at("domain-settings", known)).content.decode()

    assert "Catch-all and alias domains" in html
    assert at("aliases", known) in html


def test_the_page_waits_for_nobody(
    customer: Browser,
    known: Service,
    vendor: Sandbox,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    vendor.forget_calls()

    with django_assert_max_num_queries(8):
        response = customer.get(at("domain-settings", known))

    assert len(response.content) < 100_000
    assert vendor.calls() == []


def test_a_suspended_service_answers_with_what_stands_in_the_way(
    customer: Browser, known: Service, vendor: Sandbox
) -> None:
    known.suspend()
    known.save()

    page = customer.get(at("domain-settings", known))
    change = customer.post(at("domain-settings-footer", known), {"format": "text", "footer": "x"})

    assert "Save footer" not in page.content.decode()
    assert change.status_code == 409
    assert vendor.calls("setFooterDomain") == []
