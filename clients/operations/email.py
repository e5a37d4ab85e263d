"""Ask for an email: it is a row first, and leaves when the change it tells of is committed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from clients import tasks
from clients.actors import Actor
from clients.letters import layout
from clients.models import Client, EmailMessage, User
from clients.models.email import place_of
from clients.operations import activity
from core.wake import wake


@dataclass(frozen=True)
class Secret:
    """Something of an email that must not be read in the history: a one-time link."""

    value: str

    def __repr__(self) -> str:
        return "Secret()"


@transaction.atomic
def queue_email(
    *,
    to: str,
    template: str,
    context: Mapping[str, Any],
    actor: Actor,
    client: Client | None = None,
    user: User | None = None,
) -> EmailMessage:
    """
    Render `emails/<template>.txt` and `.html` and queue them, as the reader reads.

    That is in their language and time zone. The text's first line is the subject. A `Secret` in
    the context is encrypted until it is sent and then erased; the history shows that something
    stood there.
    """
    language = language_of(client, user)
    secrets = {name: each.value for name, each in context.items() if isinstance(each, Secret)}
    content = {
        **context,
        **{name: place_of(name) for name in secrets},
        "brand_name": settings.BRAND_NAME,
        "support_email": settings.SUPPORT_EMAIL,
        "language": language,
    }
    with as_reader(user, language):
        subject, _, text = render_to_string(f"emails/{template}.txt", content).partition("\n")
        subject = branded(subject)
        html = render_to_string(f"emails/{template}.html", {**content, "subject": subject})
    message = EmailMessage(
        client=client,
        user=user,
        to=to,
        subject=subject,
        text=text.strip() + "\n",
        html=layout.inlined(html),
        sealed=json.dumps(secrets),
        template=template,
        language=language,
    )
    return keep(message, actor=actor)


def keep(message: EmailMessage, *, actor: Actor) -> EmailMessage:
    """
    Save a new message with its activity line, and have it sent once all of this is committed.

    One that is withheld is kept for the history alone.
    """
    is_withheld = message.status == EmailMessage.Status.WITHHELD
    message.due_at = timezone.now()
    message.save()
    activity.record(
        action="email.withheld" if is_withheld else "email.queued",
        subject=message,
        name=message.subject,
        client=message.client,
        actor=actor,
        after={"to": message.to, "template": message.template},
    )
    if not is_withheld:
        wake(tasks.send_email, email_id=message.pk)
    return message


def branded(subject: str) -> str:
    """Return a subject as it is sent: on one line, after our name."""
    return " ".join(f"{settings.BRAND_NAME}: {subject}".split())[:250]


@contextmanager
def as_reader(user: User | None, language: str) -> Iterator[None]:
    """Write what comes in this language, and in the reader's time zone."""
    with translation.override(language), timezone.override(_time_zone(user)):
        yield


def _time_zone(user: User | None) -> tzinfo:
    """Return the reader's own, or that of whoever asks for the email."""
    if user is not None and user.time_zone in available_timezones():
        return ZoneInfo(user.time_zone)
    return timezone.get_current_timezone()


def language_of(client: Client | None, user: User | None) -> str:
    """Return the language that a user, or else a client, is written to in."""
    for holder in (user, client):
        if holder is not None and holder.language in dict(settings.LANGUAGES):
            return holder.language
    return translation.get_language() or settings.LANGUAGE_CODE
