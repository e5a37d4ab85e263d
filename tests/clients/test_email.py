"""Email: queued with the change it tells of, sent once, kept without its secrets."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.utils import timezone, translation
from pytest_django import Settings

from clients import delivery, tasks
from clients.actors import Actor
from clients.models import Activity, EmailMessage
from clients.operations.email import Secret, queue_email
from tests import makers

pytestmark = pytest.mark.django_db

Post = Callable[[], list[EmailMultiAlternatives]]
LINK = "https://mail.example.test/invitation/very-secret/"
Status = EmailMessage.Status


class Unwilling(BaseEmailBackend):
    """A mail server that answers every message with `refusal`."""

    refusal: Exception = OSError("connection refused")

    def send_messages(self, _messages: Any) -> int:
        raise self.refusal


@pytest.fixture
def refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Have the mail server refuse from now on."""

    def refuse(error: Exception) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.{Unwilling.__name__}"
        monkeypatch.setattr(Unwilling, "refusal", error)

    return refuse


def queue(actor: Actor, **values: Any) -> EmailMessage:
    context = {"link": Secret(LINK), "name": "Ada <b>Keller</b>"}
    fields: dict[str, Any] = {"to": "ada@people.test", "template": "password_reset"}
    return queue_email(context=context, actor=actor, **(fields | values))


def test_a_message_is_sent_once_as_text_and_html(actor: Actor, post: Post) -> None:
    message = queue(actor)

    sent = post()
    again = post()

    assert len(sent) == len(again) == 1
    html, kind = sent[0].alternatives[0]
    assert sent[0].to == ["ada@people.test"]
    assert LINK in sent[0].body
    assert kind == "text/html"
    assert LINK in str(html)
    assert "\n" not in sent[0].subject
    message.refresh_from_db()
    assert message.status == Status.SENT
    assert message.sent_at is not None


def test_the_link_is_nowhere_in_the_database_before_or_after(actor: Actor, post: Post) -> None:
    message = queue(actor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM clients_emailmessage")
        waiting = str(cursor.fetchall())

    post()

    message.refresh_from_db()
    assert LINK not in waiting
    assert LINK not in message.text + message.html
    assert message.sealed == "{}"


def test_an_address_cannot_put_markup_into_the_html(actor: Actor, post: Post) -> None:
    queue(actor, template="email_confirmation")

    html, _ = post()[0].alternatives[0]

    assert "Ada &lt;b&gt;Keller&lt;/b&gt;" in str(html)
    assert "<b>Keller" not in str(html)


def test_a_message_is_written_in_the_language_of_its_reader(actor: Actor) -> None:
    reader = makers.make_user(language="de")

    with translation.override("en"):
        message = queue(actor, user=reader)

    assert message.language == "de"
    assert '<html lang="de">' in message.html


def test_what_is_rolled_back_is_not_mailed(actor: Actor, post: Post) -> None:
    with transaction.atomic():
        queue(actor)
        transaction.set_rollback(True)

    assert not post()
    assert not EmailMessage.objects.exists()


def test_queueing_leaves_a_line_without_the_link(actor: Actor) -> None:
    client = makers.make_client()

    queue(actor, client=client)

    line = Activity.objects.get(action="email.queued")
    assert line.client == client
    assert LINK not in str(line.after)


def test_a_mail_server_that_is_away_is_asked_again_later(
    actor: Actor, refused: Callable[[Exception], None], settings: Settings
) -> None:
    message = queue(actor)
    working = settings.EMAIL_BACKEND
    refused(OSError("connection refused"))

    tasks.sweep_up()
    tasks.send_email(email_id=message.pk)

    message.refresh_from_db()
    assert (message.status, message.attempts) == (Status.QUEUED, 1)
    assert message.error == "connection refused"
    assert not delivery.due(now=timezone.now())

    settings.EMAIL_BACKEND = working
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        tasks.send_email(email_id=message.pk)

    message.refresh_from_db()
    assert (message.status, message.error) == (Status.SENT, "")
    assert LINK in str(mail.outbox[0].body)


def test_an_address_refused_for_good_is_not_tried_again(
    actor: Actor, refused: Callable[[Exception], None]
) -> None:
    message = queue(actor)
    refused(smtplib.SMTPRecipientsRefused({"ada@people.test": (550, b"no such user")}))

    delivery.deliver(message.pk)

    message.refresh_from_db()
    assert message.status == Status.FAILED
    assert message.error == "no such user"
    assert message.sealed == "{}"


def test_a_mail_server_that_stays_away_ends_in_failure(
    actor: Actor, refused: Callable[[Exception], None]
) -> None:
    message = queue(actor)
    refused(OSError("connection refused"))

    for hours in range(0, 200, 20):
        with time_machine.travel(timezone.now() + timedelta(hours=hours)):
            delivery.deliver(message.pk)

    message.refresh_from_db()
    assert message.status == Status.FAILED
    assert message.attempts == len(delivery.WAITS) + 1


def test_what_somebody_is_sending_is_not_sent_by_somebody_else(actor: Actor) -> None:
    message = queue(actor)
    EmailMessage.objects.update(
        status=Status.SENDING, lease_until=timezone.now() + timedelta(minutes=1)
    )

    delivery.deliver(message.pk)

    assert not delivery.due(now=timezone.now())
    assert not mail.outbox


def test_a_lost_worker_s_message_goes_out_under_the_same_id(actor: Actor, post: Post) -> None:
    message = queue(actor)
    EmailMessage.objects.update(
        status=Status.SENDING, attempts=1, lease_until=timezone.now() - timedelta(seconds=1)
    )

    sent = post()

    assert str(message.message_id) in sent[0].extra_headers["Message-ID"]
    message.refresh_from_db()
    assert (message.status, message.attempts) == (Status.SENT, 2)
