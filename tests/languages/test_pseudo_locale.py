"""Every page in a pseudo-language: what is left in plain English is not translatable."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from provisioning.sandbox import Sandbox
from tests.architecture.tree import ROOT
from tests.browser.account_states import set_account_states
from tests.browser.stage import OUTSIDE, Stage, set_stage
from tests.browser.test_import_pages import pages as import_pages
from tests.clientarea.routes import all_routes
from tests.languages.pseudo import CLOSE, CODE, pseudo_language
from tests.languages.reading import plain_words

# What is the same in every language: addresses, names, protocols, units, what people typed.
NAMES = (
    # What somebody chose or typed.
    *("PolarisMail", r"Business Mail( for)?", "Acme Mail", "Acme GmbH", "Acme", "Zenith Trading"),
    *("Ada Keller", "Ada Lovelace", "Ada", "Keller", "Grace Hopper", "Grace", r"[\w-]+ Example"),
    *("ada", "anna", "barbara", "ken", "linus", "basic", "enhanced", "gold", "Musterstraße"),
    *("Work laptop", r"Message number \d+", "Nothing to do", "Overdue on Payment", "Shoe size"),
    *("no such user here", r"=SUM\(A1:A9\)", "nobody at all", "an"),
    *("Northwind Mail Ltd", "12 Harbour Street", "Bristol BS1 5TR", "Thank you", "GB\\d+", "BIC"),
    *(r"(IBAN|NWND\w*)( ?[\w]{2,4}\b)*", r"CN-\d+-\d+", r"(TRANSFER|BACK)[\d-]+", "USD", "VAT"),
    # Lines of an invoice stay in the language it was issued in.
    *("Promotion SPRING: Business Mail", "Enhanced mailboxes(, five fewer than before)?"),
    *("Fewer Enhanced mailboxes from today on", "Email hosting"),
    # How accounts are called in every language, the headings of a file, and what is measured.
    *("Basic", "Enhanced", "type", "user", "password", "quota", "name", "GB", "MB", "KB"),
    # Techniques, programs and languages.
    *("IMAP", "SMTP", "POP3?", "SSL/TLS", "DNS", "DKIM", "MX", "TXT", "CNAME", "TTL", "IN"),
    *("CSV", "QR", "UTC", "Safari", "iPhone", "Thunderbird", "Outlook", "English", "Deutsch"),
    # Names and values of DNS records.
    *(
        r"\$ORIGIN",
        "webmail",
        "smtp",
        "pop",
        "imap",
        "autodiscover",
        "autoconfig",
        "_dmarc",
        "mx-verification",
    ),
    *(r"ea1?[\w-]*(\._domainkey)?[= ]?\w*", r"v=DKIM1[^⟦]*", r"[A-Za-z0-9+/]{60,}\W*", "#2d5fb4"),
)
DATA = re.compile(
    r"[\w.+%-]*@[\w.-]+|https?://\S+|[\w-]+(\.[\w-]+)+|"
    rf"(?<!\w)({'|'.join(NAMES)})(?!\w)"
)

MANY = 100
TEMPLATES = ROOT / "templates"
EMAILS = sorted(path.stem for path in (TEMPLATES / "emails").glob("*.txt") if path.stem != "base")
IN_THE_WAY = ["429.html", *(f"errors/{path.name}" for path in (TEMPLATES / "errors").iterdir())]


@pytest.fixture(autouse=True)
def _in_the_pseudo_language() -> Iterator[None]:
    with pseudo_language():
        yield


@pytest.fixture
def stage(vendor: Sandbox, db: None) -> Stage:  # noqa: ARG001
    """Every state of a service."""
    return set_stage(vendor)


def test_no_page_has_plain_english_left(stage: Stage) -> None:
    states = set_account_states(stage.user, stage.service.client)
    pages = stage.pages | states.pages | states.protected_pages
    pages |= states.pages_with_second_factors(stage.user) | import_pages(stage) | _routes(stage)
    # A document is printed in its recipient's language, whoever looks at it.
    pages = {name: path for name, path in pages.items() if not path.endswith("/print/")}
    outside = {name: reverse(route) for name, route in OUTSIDE.items()}
    browser = Browser(headers={"accept-language": CODE})

    found = _left(browser, outside)
    browser.force_login(stage.user)
    found += _left(browser, pages)

    assert len(pages) > MANY
    assert not found, "\n".join(found)


def _routes(stage: Stage) -> dict[str, str]:
    """Return an address for each route of the URL table that the stage has something for."""
    domain = stage.service.mail_domain
    ids = {
        "service_id": stage.service.pk,
        "mailbox_id": stage.mailbox.pk,
        "batch_id": stage.batch.pk,
        "alias_id": domain.aliases.latest("pk").pk,
        "forward_id": domain.forwards.latest("pk").pk,
        "list_id": domain.distribution_lists.latest("pk").pk,
        "import_id": domain.imports.latest("pk").pk,
        "email_id": stage.service.client.emails.latest("pk").pk,
    }
    return {
        route.pattern: route.address(ids)
        for route in all_routes()
        if route.knows(ids) and not route.pattern.startswith(("django-admin/", "account/"))
    }


def _left(browser: Browser, pages: dict[str, str]) -> list[str]:
    found = []
    for name, path in pages.items():
        response = browser.get(path) if path else None
        if response and response.headers.get("Content-Type", "").startswith("text/html"):
            words = plain_words(b"".join(response).decode(), data=DATA)
            found += [f"{name}: {text}" for text in words]
    return found


@pytest.mark.parametrize("template", EMAILS)
def test_no_email_has_plain_english_left(template: str) -> None:
    context = {
        "brand_name": "Acme",
        "link": "https://acme.test/",
        "sender_address": "ada@acme.test",
    }

    with translation.override(CODE):
        html = render_to_string(f"emails/{template}.html", context)
        text = render_to_string(f"emails/{template}.txt", context)

    assert CLOSE in html
    assert CLOSE in text
    assert plain_words(html, data=DATA) == []
    assert plain_words(f"<p>{text}</p>", data=DATA) == []


@pytest.mark.parametrize("template", IN_THE_WAY)
def test_no_page_that_is_in_the_way_has_plain_english_left(
    template: str, rf: RequestFactory
) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()

    with translation.override(CODE):
        html = render_to_string(template, request=request)

    assert CLOSE in html
    assert plain_words(html, data=DATA) == []


def test_a_plain_text_among_translated_ones_is_found() -> None:
    with translation.override(CODE):
        page = f"""<title>{gettext("Log in")}</title><p title="Plain">{gettext("Save")} Acme</p>
          <p>{gettext("Sent by %(name)s.") % {"name": "Somebody"}}</p><b>Oops</b>"""

    found = plain_words(page, data=DATA)

    assert [text for text in ("Plain", "Oops") if text in found] == ["Plain", "Oops"]
    assert len(found) == 3
