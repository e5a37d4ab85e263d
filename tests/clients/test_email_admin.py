"""Email in the staff pages: reworded with care, looked at, and read as it was sent."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.urls import reverse

from clients.actors import Actor
from clients.models import EmailMessage, EmailTemplate
from clients.operations import email_templates
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> Browser:
    """Staff who may reword emails, and no more."""
    user = makers.make_user(is_staff=True)
    names = ["add", "change", "delete", "view"]
    rights = Permission.objects.filter(codename__in=[f"{each}_emailtemplate" for each in names])
    user.user_permissions.set(rights)
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def template(actor: Actor) -> EmailTemplate:
    return email_templates.add_template(name="client_signup", language="en", actor=actor)


def page(name: str, *ids: int) -> str:
    return reverse(f"admin:clients_emailtemplate_{name}", args=ids)


def test_own_words_begin_with_the_shipped_ones(clerk: Browser) -> None:
    choice = {"name": "client_signup", "language": "de"}

    first = clerk.post(page("add"), choice)
    again = clerk.post(page("add"), choice)

    template = EmailTemplate.objects.get()
    assert first.status_code == 302
    assert template.body.startswith("Ihr Konto ist bereit")
    assert again.status_code == 200
    assert "already exists" in again.content.decode()


def test_words_are_changed_and_looked_at(clerk: Browser, template: EmailTemplate) -> None:
    words = {"subject": "Ahoy", "body": "Come in: {{home_url}}", "copy_to": ""}

    saved = clerk.post(page("change", template.pk), words)
    shown = clerk.get(page("change", template.pk)).content.decode()
    preview = clerk.get(page("preview", template.pk))

    template.refresh_from_db()
    assert saved.status_code == 302
    assert template.subject == "Ahoy"
    assert "home_url" in shown
    assert "Come in</a>" in preview.content.decode()
    assert "style-src 'unsafe-inline'" in preview.headers["Content-Security-Policy"]
    assert "script-src 'none'" in preview.headers["Content-Security-Policy"]


def test_a_placeholder_that_is_not_there_is_refused_by_name(
    clerk: Browser, template: EmailTemplate
) -> None:
    before = template.body

    answer = clerk.post(page("change", template.pk), {"subject": "A", "body": "{{password}}"})

    template.refresh_from_db()
    assert answer.status_code == 200
    assert "There is no “password” here" in answer.content.decode()
    assert template.body == before


def test_deleted_words_give_way_to_the_shipped_ones(
    clerk: Browser, template: EmailTemplate
) -> None:
    clerk.post(page("delete", template.pk), {"post": "yes"})

    assert not EmailTemplate.objects.exists()


def test_who_may_not_reword_emails_does_not(template: EmailTemplate) -> None:
    browser = Browser()
    browser.force_login(makers.make_user(is_staff=True))

    answers = [
        browser.get(page("preview", template.pk)),
        browser.post(page("change", template.pk), {"subject": "A", "body": "B"}),
    ]

    template.refresh_from_db()
    assert [each.status_code for each in answers] == [403, 403]
    assert template.subject != "A"


def test_staff_read_what_was_not_sent_and_why() -> None:
    browser = Browser()
    browser.force_login(makers.make_user(is_staff=True, is_superuser=True))
    makers.make_emails(makers.make_client(), 1, status="failed", error="no such user")
    message = EmailMessage.objects.get()

    listed = browser.get(reverse("admin:clients_emailmessage_changelist")).content.decode()
    shown = browser.get(reverse("admin:clients_emailmessage_change", args=[message.pk]))

    assert "no such user" in listed
    assert message.text.strip() in shown.content.decode()
    assert browser.get(reverse("admin:clients_emailmessage_add")).status_code == 403
