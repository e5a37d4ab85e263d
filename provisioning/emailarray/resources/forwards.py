"""The vendor's forward actions: the overview is the reseller's, the rest the mailbox user's."""

from __future__ import annotations

import builtins

from provisioning.emailarray import errors, readers, wire
from provisioning.emailarray.resources.base import Resource
from provisioning.emailarray.types import RemoteForward


class Forwards(Resource):
    """
    Copy rules on mailboxes; the mailbox keeps its own copy.

    All but `list` open a session of the mailbox user with a one-time password, which the vendor
    may refuse for a disabled mailbox (Rejected).
    """

    def list(self, domain: str) -> list[RemoteForward]:
        """Return the forwards of all mailboxes of a domain, one per mailbox and target."""
        action = "getAllForwardsDomain"
        name = wire.domain(domain)
        found = []
        for entry in self._rows(action, self._transport.ask(action, domain=name)):
            row = self._object(action, entry)
            username, _host = wire.split_address(readers.text(row.get("username")), name)
            target = readers.text(row.get("forward"))
            if not username or not target:
                raise errors.Unreadable(action, detail="a forward without mailbox or target")
            found.append(RemoteForward(username=username, target=target))
        return found

    def of_mailbox(self, domain: str, username: str) -> builtins.list[RemoteForward]:
        """Return the forwards of one mailbox."""
        action = "getForwards"
        name = wire.local_part(username)
        answer = self._transport.user_ask(action, domain=wire.domain(domain), username=name)
        targets = self._names(action, self._rows(action, answer), "forward")
        return [RemoteForward(username=name, target=target) for target in targets]

    def add(self, domain: str, username: str, target: str) -> None:
        """
        Send a copy of everything to one more address.

        :raises AlreadyExists: it goes there already
        :raises OutcomeUnknown: ask `of_mailbox` before you try again
        """
        self._transport.user_write(
            "addForward",
            domain=wire.domain(domain),
            username=wire.local_part(username),
            newforward=wire.address(target),
        )

    def remove(self, domain: str, username: str, target: str) -> None:
        """
        Stop sending copies to an address.

        :raises NotFound: none go there
        """
        self._transport.user_write(
            "removeForward",
            domain=wire.domain(domain),
            username=wire.local_part(username),
            forward=wire.address(target),
        )
