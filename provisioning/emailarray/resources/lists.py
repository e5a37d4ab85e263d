"""The vendor's mailing list actions."""

from __future__ import annotations

import builtins

from provisioning.emailarray import errors, readers, wire
from provisioning.emailarray.resources.base import Resource
from provisioning.emailarray.types import RemoteList

DISTRIBUTION_LIST = "1"


class Lists(Resource):
    """Distribution lists and their members."""

    def list(self, domain: str) -> list[RemoteList]:
        """Return the lists of a domain."""
        action = "getAllListsDomain"
        asked = wire.domain(domain)
        found = []
        for entry in self._rows(action, self._transport.ask(action, domain=asked)):
            row = self._object(action, entry)
            # The vendor may send the full address or the name alone.
            name, host = wire.split_address(readers.text(row.get("lname")), asked)
            if not name:
                raise errors.Unreadable(action, detail="a list without a name")
            if host == asked:
                list_type = readers.text(row.get("listtype"))
                found.append(RemoteList(name=name, domain=host, list_type=list_type))
        return found

    def add(self, domain: str, name: str, list_type: str = DISTRIBUTION_LIST) -> None:
        """
        Add an empty list.

        :raises AlreadyExists: the name is taken by a mailbox, alias or list
        :raises OutcomeUnknown: ask `list` before you try again
        """
        self._transport.write(
            "addList",
            newlname=wire.local_part(name),
            domain=wire.domain(domain),
            newlisttype=list_type,
        )

    def remove(self, domain: str, name: str) -> None:
        """
        Remove a list.

        :raises NotFound: there is no such list
        """
        self._transport.write("removeList", lname=wire.local_part(name), domain=wire.domain(domain))

    def members(self, domain: str, name: str) -> builtins.list[str]:
        """
        Return the addresses on a list.

        :raises NotFound: there is no such list
        """
        action = "getListMembers"
        answer = self._transport.ask(
            action, lname=wire.local_part(name), domain=wire.domain(domain)
        )
        return self._names(action, self._rows(action, answer), "member")

    def add_member(self, domain: str, name: str, member: str) -> None:
        """
        Put one address on a list.

        :raises AlreadyExists: it is on it
        """
        self._transport.write(
            "addListMember",
            editlname=wire.local_part(name),
            editdomain=wire.domain(domain),
            newmember=wire.address(member),
        )

    def remove_member(self, domain: str, name: str, member: str) -> None:
        """
        Take one address off a list.

        :raises NotFound: it is not on it
        """
        self._transport.write(
            "removeListMember",
            lname=wire.local_part(name),
            domain=wire.domain(domain),
            member=wire.address(member),
        )
