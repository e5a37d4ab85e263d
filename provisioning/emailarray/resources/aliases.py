"""The vendor's alias actions."""

from __future__ import annotations

from typing import Any

from provisioning.emailarray import errors, readers, wire
from provisioning.emailarray.resources.base import Resource
from provisioning.emailarray.types import RemoteAlias


class Aliases(Resource):
    """Extra addresses without mailbox; each leads to exactly one address."""

    def list(self, domain: str) -> list[RemoteAlias]:
        """Return the aliases of a domain."""
        action = "getAllAliasesDomain"
        name = wire.domain(domain)
        rows = self._rows(action, self._transport.ask(action, domain=name))
        return [self._alias(action, name, self._object(action, row)) for row in rows]

    def add(self, domain: str, name: str, target: str) -> None:
        """
        Add an alias; there is no way to change one, so remove and add it.

        :raises AlreadyExists: the name is taken by a mailbox, alias or list
        :raises OutcomeUnknown: ask `list` before you try again
        """
        self._transport.write(
            "addAlias",
            alias=wire.local_part(name),
            domain=wire.domain(domain),
            forward=wire.address(target),
        )

    def remove(self, domain: str, name: str) -> None:
        """
        Remove an alias.

        :raises NotFound: there is no such alias
        """
        self._transport.write(
            "removeAlias", alias=wire.local_part(name), domain=wire.domain(domain)
        )

    def _alias(self, action: str, domain: str, row: dict[str, Any]) -> RemoteAlias:
        name, host = wire.split_address(readers.text(row.get("alias")), domain)
        if not name:
            raise errors.Unreadable(action, detail="an alias without a name")
        return RemoteAlias(
            name=name,
            domain=readers.text(row.get("domain")).lower() or host,
            target=readers.text(row.get("forward")),
            remote_id=readers.text(row.get("id")),
        )
