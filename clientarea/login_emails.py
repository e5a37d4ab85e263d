"""Emails about a login: one-time links, and what has happened to it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clients.actors import Actor
from clients.models import User
from clients.operations import users
from clients.operations.email import Secret, queue_email

# What people are told; the keys are what allauth calls the event, and what the log calls it.
EVENTS: dict[str, tuple[str | Promise, str | Promise]] = {
    "password_changed": (
        _("Your password was changed"),
        _("The password of your login was changed. Every device was logged out."),
    ),
    "password_reset": (
        _("Your password was changed"),
        _("A new password was chosen by the link we sent. Every device was logged out."),
    ),
    "email_changed_away": (
        _("Your email address was changed"),
        _("Your login has another email address now; this one no longer works."),
    ),
    "totp_activated": (
        _("Authenticator app added"),
        _("From now on your login asks for a code of your authenticator app."),
    ),
    "totp_deactivated": (
        _("Authenticator app removed"),
        _("Your login no longer asks for a code of your authenticator app."),
    ),
    "webauthn_added": (
        _("Passkey added"),
        _("A passkey or security key was added to your login."),
    ),
    "webauthn_removed": (
        _("Passkey removed"),
        _("A passkey or security key was removed from your login."),
    ),
    "recovery_codes_generated": (
        _("New recovery codes"),
        _("New recovery codes were made. The old ones no longer work."),
    ),
}
LONGEST_BROWSER = 200


def send_link(*, to: str, template: str, link: str, user: User, ip_address: str | None) -> None:
    """Queue an email with a one-time link that somebody asked for, logged in or not."""
    with transaction.atomic():
        queue_email(
            to=to,
            template=template,
            context={"link": Secret(link), "name": user.name},
            user=user,
            actor=Actor.visitor(ip_address=ip_address),
        )


def notify(*, user: User, event: str, to: str, browser: str, ip_address: str | None) -> None:
    """Write down one of `EVENTS` and tell the address about it."""
    title, text = EVENTS[event]
    actor = Actor.from_user(user, ip_address=ip_address)
    with transaction.atomic():
        if event != "email_changed_away":  # the change itself has left its line
            users.record_event(user=user, event=event, actor=actor)
        queue_email(
            to=to,
            template="login_notice",
            context={
                "title": title,
                "text": text,
                "happened_at": timezone.now(),
                "browser": browser[:LONGEST_BROWSER],
                "ip_address": ip_address,
            },
            user=user,
            actor=actor,
        )
