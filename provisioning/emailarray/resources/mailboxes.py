"""The vendor's mailbox actions."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from provisioning.emailarray import errors, readers, wire
from provisioning.emailarray.envelope import Envelope
from provisioning.emailarray.resources.base import Resource
from provisioning.emailarray.types import MailboxCounts, MailboxPage, RemoteMailbox


class Mailboxes(Resource):
    """Mailboxes of a domain; quotas are written in GB and read in MB."""

    def page(self, domain: str, offset: int = 0, limit: int | None = None) -> MailboxPage:
        """Return the mailboxes from row `offset` on; a limit of 0 asks for all of them."""
        limit = self._transport.config.page_size if limit is None else limit
        answer = self._transport.ask(
            "getAllUsersDomain",
            slicing=limit > 0,
            offset=offset,
            limit=limit,
            getOTPAndToken=False,
            showQuota=True,
            domain=wire.domain(domain),
        )
        return self._page("getAllUsersDomain", domain, answer)

    def all(self, domain: str) -> Iterator[RemoteMailbox]:
        """Yield every mailbox once, page by page."""
        limit = self._transport.config.page_size
        offset = 0
        seen: set[str] = set()
        while True:
            page = self.page(domain, offset, limit)
            fresh = [row for row in page.rows if row.username.lower() not in seen]
            for row in fresh:
                # Two rows of one page may share a name as well.
                if row.username.lower() not in seen:
                    seen.add(row.username.lower())
                    yield row
            offset += len(page.rows)
            is_last = len(page.rows) < limit if page.total is None else offset >= page.total
            # Nothing new: the end, or a vendor that ignores the offset.
            if is_last or not fresh:
                return

    def search(
        self, domain: str, text: str, offset: int = 0, limit: int | None = None
    ) -> MailboxPage:
        """Return the mailboxes whose address or name contains the text."""
        limit = self._transport.config.page_size if limit is None else limit
        answer = self._transport.ask(
            "searchUsers",
            domain=wire.domain(domain),
            search=text,
            slicing=limit > 0,
            offset=offset,
            limit=limit,
        )
        return self._page("searchUsers", domain, answer)

    def counts(self, domain: str, letter: Literal["B", "E"] = "B") -> MailboxCounts:
        """Return how many mailboxes the vendor counts; None for what it does not tell."""
        answer = self._transport.read(
            "getTotalUsersDomain", domain=wire.domain(domain), atype=letter
        )
        data = answer.data
        if isinstance(data, dict):
            lowered = {str(key).lower(): value for key, value in data.items()}
            return MailboxCounts(
                basic=readers.whole(lowered.get("basic", lowered.get("0"))),
                enhanced=readers.whole(lowered.get("enhanced", lowered.get("1"))),
            )
        values = [readers.whole(value) for value in data] if isinstance(data, list) else []
        if len(values) > 1:
            return MailboxCounts(basic=values[0], enhanced=values[1])
        number = values[0] if values else readers.whole(data)
        if letter == "E":
            return MailboxCounts(basic=None, enhanced=number)
        return MailboxCounts(basic=number, enhanced=None)

    def get(self, domain: str, username: str) -> RemoteMailbox:
        """
        Return one mailbox.

        :raises NotFound: there is no such mailbox
        """
        answer = self._transport.read(
            "getUserInfo", username=wire.local_part(username), domain=wire.domain(domain)
        )
        row = self._object("getUserInfo", answer.data)
        return self._mailbox("getUserInfo", domain, {"username": username, **row})

    def add(
        self,
        *,
        domain: str,
        username: str,
        password: str,
        quota_gb: Decimal,
        account_type: int,
        display_name: str = "",
        two_factor_allowed: bool = True,
        language: str = "en",
        time_zone: str | None = None,
        date_format: str | None = None,
    ) -> None:
        """
        Create one mailbox; sent once, never repeated.

        :raises AlreadyExists: the address is taken by a mailbox, alias or list
        :raises NotVerified: the domain's ownership is not proven
        :raises LimitReached: the reseller has none left
        :raises InvalidInput: name, password or quota do not please the vendor
        :raises OutcomeUnknown: ask `get` before you try again
        """
        self._transport.write(
            "addUser",
            username=wire.local_part(username),
            domain=wire.domain(domain),
            account_type=account_type,
            password=password,
            quota=quota_gb,
            uname=display_name,
            twofa_allowed=two_factor_allowed,
            user_language=language,
            timezone=time_zone,
            dateformat=date_format,
        )

    def update(
        self,
        *,
        domain: str,
        username: str,
        display_name: str,
        quota_gb: Decimal,
        account_type: int,
        password: str | None = None,
    ) -> None:
        """
        Change one mailbox; name, quota and type are always sent, so read them just before.

        :raises NotFound: there is no such mailbox
        :raises LimitReached: the reseller has none of that type left
        :raises OutcomeUnknown: ask `get` before you try again
        """
        self._transport.write(
            "updateUser",
            editusername=wire.local_part(username),
            editdomain=wire.domain(domain),
            edituname=display_name,
            editaccount_type=account_type,
            editquota=quota_gb,
            editpassword=password or None,
        )

    def enable(self, domain: str, username: str) -> None:
        """Let the mailbox's user in again."""
        self._write("enableUser", domain, username)

    def disable(self, domain: str, username: str) -> None:
        """Lock the mailbox's user out."""
        self._write("disableUser", domain, username)

    def remove(self, domain: str, username: str) -> None:
        """
        Delete the mailbox and all its mail.

        :raises NotFound: there is no such mailbox
        """
        self._write("removeUser", domain, username)

    def _write(self, action: str, domain: str, username: str) -> None:
        self._transport.write(
            action, username=wire.local_part(username), domain=wire.domain(domain)
        )

    def _page(self, action: str, domain: str, answer: Envelope) -> MailboxPage:
        rows = tuple(
            self._mailbox(action, domain, self._object(action, row))
            for row in self._rows(action, answer)
        )
        total = answer.total
        return MailboxPage(rows=rows, total=None if total is None else max(total, len(rows)))

    def _mailbox(self, action: str, domain: str, row: dict[str, Any]) -> RemoteMailbox:
        name = readers.text(row.get("username")) or readers.text(row.get("email"))
        username, host = wire.split_address(name, wire.domain(domain))
        if not username:
            raise errors.Unreadable(action, detail="a mailbox without a name")
        completed = {
            **row,
            "username": username,
            "email": readers.text(row.get("email")) or f"{username}@{host}",
            "mb_per_gb": self._transport.config.mb_per_gb,
        }
        return self._parse(action, RemoteMailbox, completed)
