"""How logging in differs from allauth's defaults."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clientarea import visits
from clientarea.login_emails import notify, send_link
from clients.actors import Actor
from clients.models import User
from clients.models.encrypted_field import cipher
from clients.operations import users

# Templates of allauth that hold a link: ours, and where allauth puts the link.
LINKS = {
    "account/email/password_reset_key": ("password_reset", "password_reset_url"),
    "account/email/email_confirmation": ("email_confirmation", "activate_url"),
}

# Sentences of allauth's that people here read. Our catalogue has them again, as its German is on
# closer terms with people than ours.
FAMILIAR = (
    gettext_noop("Please type your current password."),
    gettext_noop("You must type the same password each time."),
    gettext_noop("Be patient, you are sending too many requests."),
)


class ResetTokens(PasswordResetTokenGenerator):
    """
    Each link for a new password carries its number; a newer number ends the older links.

    Not derived from allauth's: its module imports this class while it is itself being imported.
    Django's own ends a link too when the email, the password or the last log-in changes.
    """

    def make_token(self, user: User) -> str:
        users.count_reset(user)
        return super().make_token(user)

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}|{user.password_resets}"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """People sign up with an order, not here; email goes through our own queue and history."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        visits.begin(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mails that hold a one-time link; no others are asked for by what we offer."""
        template, name = LINKS[template_prefix]
        send_link(
            to=email,
            template=template,
            link=context[name],
            user=context["user"],
            ip_address=self.get_client_ip(self.request),
        )

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,  # noqa: ARG002
        email: str | None = None,
    ) -> None:
        """Write down what happened to a login, and tell its owner."""
        notify(
            user=user,
            event=template_prefix.rpartition("/")[2],
            to=email or user.email,
            browser=self.get_http_user_agent(self.request),
            ip_address=self.get_client_ip(self.request),
        )

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Make a confirmed address the one its user logs in with, and tell the old one."""
        user = cast("User", email_address.user)
        before = user.email
        actor = Actor.from_user(user, ip_address=self.get_client_ip(request))
        try:
            with transaction.atomic():
                users.change_email(user=user, email=email_address.email, actor=actor)
                EmailAddress.objects.filter(user=user).exclude(pk=email_address.pk).delete()
                email_address.verified = email_address.primary = True
                email_address.save()
        except users.UnableToChangeUser as error:
            messages.error(request, error.user_message)
            return False
        if before != email_address.email:
            self.send_notification_mail("account/email/email_changed_away", user, email=before)
            messages.success(
                request, _("You log in as %(email)s from now on.") % {"email": email_address.email}
            )
        else:
            messages.success(request, _("Your address is confirmed."))
        return True

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        return reverse("account_login")  # every session has ended, this one too


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Second factors under the reseller's name; their secrets are ciphertext in the database."""

    def encrypt(self, text: str) -> str:
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return str(settings.BRAND_NAME)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Propose a name that tells keys apart."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Passkey %(number)d") % {"number": number}

    def _get_site_name(self) -> str:
        return str(settings.BRAND_NAME)
