"""Ask for an email: it is a row first, and leaves when the change it tells of is committed."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    language = _language(client, user)
    secrets = {name: each.value for name, each in context.items() if isinstance(each, Secret)}
    content = {
        **context,
        **{name: place_of(name) for name in secrets},
        "brand_name": settings.BRAND_NAME,
        "support_email": settings.SUPPORT_EMAIL,
        "language": language,
    }
    with translation.override(language), timezone.override(_time_zone(user)):
        subject, _, text = render_to_string(f"emails/{template}.txt", content).partition("\n")
        subject = " ".join(f"{settings.BRAND_NAME}: {subject}".split())[:250]
        html = render_to_string(f"emails/{template}.html", {**content, "subject": subject})
    message = EmailMessage.objects.create(
        client=client,
        user=user,
        to=to,
        subject=subject,
        text=text.strip() + "\n",
        html=html,
        sealed=json.dumps(secrets),
        template=template,
        language=language,
        due_at=timezone.now(),
    )
    activity.record(
        action="email.queued",
        subject=message,
        name=subject,
        client=client,
        actor=actor,
        after={"to": to, "template": template},
    )
    wake(tasks.send_email, email_id=message.pk)
    return message


def _time_zone(user: User | None) -> tzinfo:
    """Return the reader's own, or that of whoever asks for the email."""
    if user is not None and user.time_zone in available_timezones():
        return ZoneInfo(user.time_zone)
    return timezone.get_current_timezone()


def _language(client: Client | None, user: User | None) -> str:
    for holder in (user, client):
        if holder is not None and holder.language in dict(settings.LANGUAGES):
            return holder.language
    return translation.get_language() or settings.LANGUAGE_CODE
