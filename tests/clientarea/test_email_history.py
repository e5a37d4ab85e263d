"""Email history: what was sent, without the links that work once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client as Browser

from clients.actors import Actor
from clients.models import Client, EmailMessage, User
from clients.operations import email_templates
from clients.operations.email_templates import NewWords
from clients.operations.letters import queue_letter
from tests import makers

Post = Callable[[], list[EmailMultiAlternatives]]


@pytest.fixture
def client(owner: User) -> Client:
    """The owner's client."""
    return makers.make_client(owner=owner, name="Acme")


def page(browser: Browser, address: str) -> str:
    return " ".join(browser.get(address, follow=True).content.decode().split())


def links_in(messages: list[EmailMultiAlternatives]) -> list[str]:
    found = [re.search(r"http://testserver(\S+)", str(message.body)) for message in messages]
    return [match[1] for match in found if match]


def test_the_history_shows_the_clients_mail_and_ones_own(
    customer: Browser, client: Client, post: Post
) -> None:
    makers.make_client(owner=makers.make_user(email="eve@people.test"))
    customer.post("/users/invite/", {"email": "mia@people.test", "role": "mail"})
    Browser().post("/account/password/reset/", {"email": "ada@people.test"})
    Browser().post("/account/password/reset/", {"email": "eve@people.test"})
    post()
    reader = Browser()
    reader.force_login(makers.make_member(client=client, permissions=["emails"]))

    mine, readers = page(customer, "/emails/"), page(reader, "/emails/")

    assert "You are invited to Acme" in mine
    assert "Reset your password" in mine
    assert mine.count("<tr>") == 3
    assert "You are invited to Acme" in readers
    assert "Reset your password" not in readers


def test_a_message_is_shown_without_its_link(customer: Browser, client: Client, post: Post) -> None:
    customer.post("/users/invite/", {"email": "mia@people.test", "role": "mail"})
    link = links_in(post())[0]
    message = client.emails.get()

    html = page(customer, f"/emails/{message.pk}/")

    assert link not in html
    assert "a link that works once is hidden here" in html
    assert "mia@people.test" in html
    assert "Sent" in html


def test_the_history_is_searched_and_paged(customer: Browser, client: Client) -> None:
    makers.make_emails(client, 60)

    first, found = page(customer, "/emails/"), page(customer, "/emails/?search=number+7")
    nothing = page(customer, "/emails/?search=zzz")

    assert "Message number 59" in first
    assert "Message number 34" not in first
    assert "1–25 of 60" in first  # noqa: RUF001
    assert "Message number 7" in found
    assert "Message number 59" not in found
    assert "No email matches" in nothing


@pytest.mark.usefixtures("client")
def test_an_email_of_somebody_else_is_not_found(customer: Browser) -> None:
    makers.make_emails(makers.make_client(), 1)
    foreign = EmailMessage.objects.get()

    assert customer.get(f"/emails/{foreign.pk}/").status_code == 404
    assert "No emails yet" in page(customer, "/emails/")


def test_a_failed_message_says_why(customer: Browser, client: Client) -> None:
    makers.make_emails(client, 1, status="failed", error="no such user")
    message = client.emails.get()

    assert "no such user" in page(customer, f"/emails/{message.pk}/")
    assert "Failed" in page(customer, "/emails/")


def test_a_message_of_a_kind_that_is_switched_off_says_so_in_the_readers_language(
    customer: Browser, owner: User, client: Client
) -> None:
    actor = Actor.from_user(owner)
    off = email_templates.add_template(name="service_restored", language="en", actor=actor)
    words = NewWords(subject=off.subject, body=off.body, is_disabled=True)
    email_templates.save_template(template=off, words=words, actor=actor)
    values = dict.fromkeys(("client_name", "domain", "product", "service_url"), "acme.test")
    message = queue_letter(
        to=client.email, letter="service_restored", values=values, actor=actor, client=client
    )

    english = page(customer, f"/emails/{message.pk}/")
    User.objects.filter(pk=owner.pk).update(language="de")
    german = page(customer, f"/emails/{message.pk}/")

    assert "Nicht gesendet" in page(customer, "/emails/")
    assert "This kind of email is switched off." in english
    assert "E-Mails dieser Art sind abgeschaltet." in german
    assert "we try again" not in english
