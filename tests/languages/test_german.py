"""A German reader: pages, dates, sizes and emails; and who decides on the language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client as Browser
from django.utils import timezone, translation

from billing.models import Service
from clientarea.templatetags.mail import gigabytes
from clients.actors import Actor
from clients.models import User
from clients.operations.email import queue_email
from provisioning.models import Mailbox, MailboxBatch, MailboxBatchItem
from provisioning.sandbox import Sandbox
from provisioning.workers import batches
from tests import makers

LAST_LOGIN = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)


@pytest.fixture
def service(owner: User, vendor: Sandbox) -> Service:
    """The owner's active service with one mailbox in it."""
    client = makers.make_client(owner=owner)
    service = makers.make_service(client=client, domain="acme.test", vendor=vendor)
    makers.make_mailbox(
        service,
        "anna",
        vendor=vendor,
        quota_mb=4500,
        usage_mb=1500,
        last_login_at=LAST_LOGIN,
    )
    return service


@pytest.fixture
def owner(db: None) -> User:  # noqa: ARG001
    """Somebody who reads German and lives in Vienna."""
    return makers.make_user(
        email="ada@people.test", first_name="Ada", language="de", time_zone="Europe/Vienna"
    )


@pytest.fixture
def reader(owner: User) -> Browser:
    """Their browser, which asks for English."""
    browser = Browser(headers={"accept-language": "en"})
    browser.force_login(owner)
    return browser


def accounts(reader: Browser, service: Service) -> str:
    return reader.get(f"/services/{service.pk}/accounts/").content.decode()


def test_dates_and_sizes_are_written_in_german(reader: Browser, service: Service) -> None:
    html = accounts(reader, service)

    assert "23.11.2026" in html
    assert "4,5 GB" in html
    assert "23 Nov 2026" not in html
    assert "4.5 GB" not in html


def test_dates_and_sizes_are_written_in_english(
    reader: Browser, service: Service, owner: User
) -> None:
    User.objects.filter(pk=owner.pk).update(language="en", time_zone="")

    html = accounts(reader, service)

    assert "23 Nov 2026" in html
    assert "4.5 GB" in html
    assert "23.11.2026" not in html


def test_the_time_zone_of_the_profile_moves_the_times(
    reader: Browser, service: Service, owner: User
) -> None:
    address = f"/services/{service.pk}/accounts/{Mailbox.objects.get().pk}/"

    in_vienna = reader.get(address).content.decode()
    User.objects.filter(pk=owner.pk).update(time_zone="Asia/Kolkata")
    in_kolkata = reader.get(address).content.decode()

    assert "23.11.2026, 23:30" in in_vienna
    assert "24.11.2026, 04:00" in in_kolkata
    assert "22:30" not in in_vienna + in_kolkata


def test_large_sizes_have_points_between_thousands() -> None:
    with translation.override("de"):
        text = gigabytes(1_234_500, 1000)

    assert text == "1.234,5 GB"


def test_the_profile_goes_before_what_the_browser_asks(reader: Browser, service: Service) -> None:
    answer = reader.get(f"/services/{service.pk}/accounts/")

    assert answer["Content-Language"] == "de"
    assert "Postfach anlegen" in answer.content.decode()
    assert "Add Mailbox" not in answer.content.decode()


@pytest.mark.parametrize(
    ("asked", "title"),
    [("de-AT,de;q=0.9,en;q=0.5", "Anmelden"), ("en-GB", "Log in"), ("fr", "Log in")],
)
def test_before_the_log_in_the_browser_decides(asked: str, title: str) -> None:
    html = Browser(headers={"accept-language": asked}).get("/account/login/").content.decode()

    assert f"<h1>{title}</h1>" in html


def test_a_visitor_chooses_a_language_and_stays_on_the_page() -> None:
    browser = Browser(headers={"accept-language": "en"})

    answer = browser.post("/language/", {"language": "de", "next": "/account/login/?next=/users/"})

    assert answer["Location"] == "/account/login/?next=/users/"
    assert "<h1>Anmelden</h1>" in browser.get("/account/login/").content.decode()


def test_a_choice_of_language_leads_nowhere_else() -> None:
    answer = Browser().post("/language/", {"language": "de", "next": "https://elsewhere.test/"})

    assert answer["Location"] == "/"


def test_an_email_is_written_in_its_readers_language(
    owner: User, actor: Actor, post: Callable[[], list[EmailMultiAlternatives]]
) -> None:
    with translation.override("en"):
        queue_email(
            to=owner.email,
            template="password_reset",
            context={"link": "https://acme.test/"},
            actor=actor,
            user=owner,
        )

    (sent,) = post()

    assert "Passwort" in sent.subject
    assert "Der Link funktioniert einmal." in str(sent.body)
    assert "password" not in str(sent.body)


def test_an_email_tells_the_time_of_its_reader(owner: User, actor: Actor) -> None:
    context = {"title": "", "text": "", "happened_at": LAST_LOGIN}

    with timezone.override(ZoneInfo("Asia/Kolkata")):
        message = queue_email(
            to=owner.email, template="login_notice", context=context, actor=actor, user=owner
        )

    assert "23. November 2026, 23:30 CET" in message.text
    assert "04:00" not in message.text


def test_an_exported_list_is_in_its_readers_words(reader: Browser, service: Service) -> None:
    answer = reader.get(f"/services/{service.pk}/accounts/export/")

    text = b"".join(answer).decode()

    assert ";Aktiv;" in text or ",Aktiv," in text
    assert "Active" not in text


def test_what_a_background_job_said_is_read_in_german(
    reader: Browser, service: Service, owner: User
) -> None:
    mailbox = Mailbox.objects.get()
    Mailbox.objects.filter(pk=mailbox.pk).update(account_type=1, usage_mb=4400)
    batch = MailboxBatch.objects.create(
        mail_domain=service.mail_domain,
        action=MailboxBatch.Action.SET_QUOTA,
        quota_mb=1000,
        requested_by=owner,
        requested_by_name=owner.name,
    )
    MailboxBatchItem.objects.create(batch=batch, mailbox=mailbox)

    with translation.override("en"):
        batches.run(batch.pk)
    html = reader.get(f"/services/{service.pk}/accounts/bulk/{batch.pk}/").content.decode()

    assert "anna@acme.test enthält bereits 4,4 GB an E-Mails." in html
    assert "already holds" not in html


def test_a_refusal_is_said_in_german(reader: Browser, service: Service) -> None:
    form = {
        "local_part": "anna",
        "password": "Secret-Word-1",
        "quota_gb": "5",
        "account_type": "1",
        "request_key": str(uuid4()),
    }

    answer = reader.post(f"/services/{service.pk}/accounts/add/", form)

    assert answer.status_code == 422
    assert "anna@acme.test ist bereits ein Postfach." in answer.content.decode()
