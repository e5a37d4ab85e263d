"""The account frame's pages in every state, for the walk over all pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from allauth.usersessions.models import UserSession
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from clients.models import Client, EmailMessage, Invitation, User
from clients.models.membership import PRESETS
from tests.makers import make_client, make_emails, make_member

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"


@dataclass(frozen=True)
class AccountStates:
    """What there is besides services: users, invitations, emails, devices, another client."""

    member: User
    session: UserSession
    failed_email: EmailMessage
    email: EmailMessage
    client: Client

    @property
    def pages(self) -> dict[str, str]:
        """Return every page of the account frame, by a name fit for a file."""
        membership = self.client.memberships.get(user=self.member)
        return {
            "account-details": reverse("clientarea:account-details"),
            "profile": reverse("clientarea:profile"),
            "users": reverse("clientarea:users"),
            "users-invite": reverse("clientarea:users-invite"),
            "users-edit": reverse("clientarea:users-edit", args=[membership.pk]),
            "users-remove": reverse("clientarea:users-remove", args=[membership.pk]),
            "emails": reverse("clientarea:emails"),
            "emails-none": f"{reverse('clientarea:emails')}?search=zzz",
            "email": reverse("clientarea:email", args=[self.email.pk]),
            "email-failed": reverse("clientarea:email", args=[self.failed_email.pk]),
            "security": reverse("clientarea:security"),
            "reauthenticate": reverse("account_reauthenticate"),
        }

    @property
    def protected_pages(self) -> dict[str, str]:
        """Return the pages that ask first who one is."""
        return {
            "profile-email": reverse("clientarea:profile-email"),
            "app-add": reverse("mfa_activate_totp"),
            "passkey-add": reverse("mfa_add_webauthn"),
            "session-end": reverse("clientarea:session-end", args=[self.session.pk]),
        }

    def pages_with_second_factors(self, owner: User) -> dict[str, str]:
        """Give the owner an app, a passkey and codes; return the pages that then are there."""
        TOTP.activate(owner, "JBSWY3DPEHPK3PXP")
        RecoveryCodes.activate(owner)
        # A name is all that these pages read of a key; nothing could log in with this one.
        key = WebAuthn.add(owner, "Work laptop", {}).instance
        return {
            "security-full": reverse("clientarea:security"),
            "app-remove": reverse("mfa_deactivate_totp"),
            "passkey-name": reverse("mfa_edit_webauthn", args=[key.pk]),
            "passkey-remove": reverse("mfa_remove_webauthn", args=[key.pk]),
            "codes": reverse("mfa_view_recovery_codes"),
            "codes-new": reverse("mfa_generate_recovery_codes"),
        }


def set_account_states(owner: User, client: Client) -> AccountStates:
    """Fill the account frame of this owner and client."""
    now = timezone.now()
    member = make_member(
        client=client, permissions=list(PRESETS["mail"]), email="mia.hahn@people.test"
    )
    make_member(
        client=client,
        permissions=["products", "emails", "profile"],
        email="a.colleague.with.a.rather.long.address@department.people.test",
    )
    for number, days in enumerate((5, -1)):
        Invitation.objects.create(
            client=client,
            email=f"guest{number}@people.test",
            permissions=list(PRESETS["books"]),
            token_hash=f"{number:064}",
            invited_by=owner,
            expires_at=now + timedelta(days=days),
            sent_at=now,
        )
    other = make_client(name="Zenith Trading")
    owner.memberships.create(client=other, permissions=["products"])
    make_emails(client, 30)
    make_emails(
        client, 1, status="failed", error="550 5.1.1 no such user here", to="gone@people.test"
    )
    elsewhere = Browser()
    elsewhere.force_login(owner)
    session = UserSession.objects.create(
        user=owner,
        ip="203.0.113.7",
        session_key=elsewhere.session.session_key,
        user_agent=PHONE,
    )
    return AccountStates(
        member=member,
        session=session,
        failed_email=client.emails.get(status="failed"),
        email=client.emails.filter(status="sent").latest("pk"),
        client=client,
    )
