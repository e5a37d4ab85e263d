"""The vendor's doors for a mailbox's user: one-time passwords, webmail, control panel."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

from provisioning.emailarray import errors, readers, wire
from provisioning.emailarray.resources.base import Resource
from provisioning.emailarray.types import (
    ControlPanelLogin,
    OneTimePassword,
    UserSession,
    WebmailLogin,
)


class Sessions(Resource):
    """Fetch these at the moment of the click; they are single-use and short-lived."""

    def one_time_password(self, domain: str, username: str) -> OneTimePassword:
        """
        Return a password that opens the mailbox once.

        :raises NotFound: there is no such mailbox
        """
        value = self._transport.one_time_password(
            domain=wire.domain(domain), username=wire.local_part(username)
        )
        return OneTimePassword(value)

    def webmail_login(self, domain: str, username: str) -> WebmailLogin:
        """
        Return what opens webmail, logged in.

        :raises NotFound: there is no such mailbox
        """
        action = "getOTPassAndToken"
        answer = self._transport.read(
            action, username=wire.local_part(username), domain=wire.domain(domain)
        )
        row = self._object(action, answer.data)
        url, token, otp = (readers.text(row.get(name)) for name in ("url", "token", "otp"))
        if not (url and token and otp):
            raise errors.Unreadable(action, detail="url, token or otp is missing")
        return WebmailLogin(url=self._absolute(action, url), token=token, otp=otp)

    def control_panel_login(self, domain: str, username: str) -> ControlPanelLogin:
        """
        Return what opens the mailbox's control panel, logged in.

        :raises NotFound: there is no such mailbox
        """
        password = self.one_time_password(domain, username)
        address = f"{wire.local_part(username)}@{wire.domain(domain)}"
        return ControlPanelLogin(
            url=self._transport.config.control_panel_url,
            fields={"u": _base64(address), "p": _base64(password.value)},
        )

    def user_login(
        self, domain: str, username: str, one_time_password: OneTimePassword | None = None
    ) -> UserSession:
        """
        Open a session of the mailbox's user on the user API.

        :raises Rejected: the password is spent or the mailbox disabled
        """
        token = self._transport.user_token(
            domain=wire.domain(domain),
            username=wire.local_part(username),
            one_time_password=one_time_password.value if one_time_password else None,
        )
        return UserSession(token)

    def _absolute(self, action: str, url: str) -> str:
        """Give the address a scheme if it has none; refuse one a browser must not post to."""
        if "://" not in url:
            scheme = urlsplit(self._transport.config.admin_url).scheme
            url = f"{scheme}://{url.removeprefix('//')}"
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise errors.Unreadable(action, detail="the webmail address is no web address")
        return url


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
