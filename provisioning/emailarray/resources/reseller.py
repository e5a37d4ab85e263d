"""The vendor's actions on the reseller's own account."""

from __future__ import annotations

from provisioning.emailarray import errors, wire
from provisioning.emailarray.resources.base import Resource
from provisioning.emailarray.types import Branding, HistoryEntry, ResellerStats


class Reseller(Resource):
    """The account whose credentials this client holds."""

    def check_login(self) -> None:
        """
        Log in now, whatever session is kept.

        :raises AuthenticationFailed: the credentials were refused
        :raises Unreachable: no answer
        """
        self._transport.log_in()

    def stats(self) -> ResellerStats:
        """Return use and allowances of the account."""
        action = "getAdminStats"
        return self._parse(action, ResellerStats, self._transport.read(action).data)

    def brand_info(self) -> Branding:
        """Return the account's own branding."""
        action = "getAdminBrandInfo"
        return self._parse(action, Branding, self._transport.read(action).data or {})

    def action_history(self) -> list[HistoryEntry]:
        """Return the past actions of the account, in the vendor's order."""
        action = "getAccountStats"
        rows = self._rows(action, self._transport.ask(action))
        return [self._parse(action, HistoryEntry, row) for row in rows]

    def change_password(self, *, current: str, new: str) -> None:
        """
        Change the account's password and prove it by a fresh login.

        Afterwards this client still holds the old password: build a new one.

        :raises OutcomeUnknown: the vendor agreed but the new password does not open the account
        """
        action = "changePassword"
        self._transport.write(action, password1=current, password2=new)
        failure = ""
        try:
            self._transport.log_in(password=new)
        except errors.EmailArrayError as error:
            failure = error.cause
        if failure:
            raise errors.OutcomeUnknown(action, detail=f"login with the new password: {failure}")

    def change_email(self, email: str) -> None:
        """Change the account's contact address."""
        self._transport.write("changeEmail", emailadmin=wire.address(email))
