"""Send the email that waits: claim, send, record."""

from __future__ import annotations

import json
import smtplib
from datetime import datetime, timedelta
from email.utils import parseaddr
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F, Value
from django.utils import timezone

from clients.models import EmailMessage
from clients.models.email import PLACE
from core.db import require_no_transaction

log = structlog.get_logger(__name__)

Status = EmailMessage.Status
# How long to wait before each further attempt; after the last one a message has failed.
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
)
# Longer than any task may run.
LEASE = timedelta(minutes=6)
AT_ONCE = 200
REFUSED = 500
LONGEST_ERROR = 500


def due(*, now: datetime) -> list[int]:
    """Take back what a lost worker held, and return the ids of what should be sent."""
    # Whether a lost worker's message left is not known: it goes out again, under the same id.
    EmailMessage.objects.abandoned(at=now).update(
        status=Status.QUEUED, claimed_by=None, lease_until=None
    )
    return list(
        EmailMessage.objects.due(at=now).order_by("due_at").values_list("pk", flat=True)[:AT_ONCE]
    )


def deliver(email_id: int) -> None:
    """Send one message, unless it was sent or somebody else is sending it."""
    message = _claim(email_id, now=timezone.now())
    if message is None:
        return
    require_no_transaction()
    try:
        _as_mail(message).send()
    except (smtplib.SMTPException, OSError) as error:
        _record_failure(message, error, now=timezone.now())
    else:
        _record(message, status=Status.SENT, sent_at=timezone.now(), sealed="{}", error="")


def _claim(email_id: int, *, now: datetime) -> EmailMessage | None:
    claim = uuid4()
    # A guarded update holds on SQLite as well, which knows no row locks.
    claimed = (
        EmailMessage.objects.due(at=now)
        .filter(pk=email_id)
        .update(
            status=Status.SENDING,
            claimed_by=claim,
            lease_until=now + LEASE,
            attempts=F("attempts") + Value(1),
        )
    )
    return EmailMessage.objects.get(pk=email_id, claimed_by=claim) if claimed else None


def _as_mail(message: EmailMessage) -> EmailMultiAlternatives:
    secrets: dict[str, str] = json.loads(message.sealed)
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    host = sender.partition("@")[2] or "localhost"
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=_unsealed(message.text, secrets),
        to=[message.to],
        headers={
            "Message-ID": f"<{message.message_id}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(_unsealed(message.html, secrets), "text/html")
    return mail


def _unsealed(text: str, secrets: dict[str, str]) -> str:
    return PLACE.sub(lambda place: secrets[place[1]], text)


def _record_failure(message: EmailMessage, error: Exception, *, now: datetime) -> None:
    reason = _in_words(error)[:LONGEST_ERROR]
    log.warning("email not sent", email=message.pk, attempts=message.attempts, reason=reason)
    if _is_final(error) or message.attempts > len(WAITS):
        _record(message, status=Status.FAILED, error=reason, sealed="{}")
    else:
        wait = WAITS[message.attempts - 1]
        _record(message, status=Status.QUEUED, error=reason, due_at=now + wait)


def _record(message: EmailMessage, **values: object) -> None:
    # Only who holds the claim may say what became of the message.
    EmailMessage.objects.filter(pk=message.pk, claimed_by=message.claimed_by).update(
        claimed_by=None, lease_until=None, **values
    )


def _is_final(error: Exception) -> bool:
    """Tell whether the mail server has said no for good, rather than not now."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= REFUSED for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False  # our own log-in: somebody will put it right
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= REFUSED


def _in_words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(_text_of(answer) for _, answer in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return _text_of(error.smtp_error)
    return str(error) or type(error).__name__


def _text_of(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
