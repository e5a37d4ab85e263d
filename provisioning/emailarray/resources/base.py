"""What every noun of the vendor's API shares: reading lists, rows and objects."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from provisioning.emailarray import errors, readers, transport
from provisioning.emailarray.envelope import Envelope
from provisioning.emailarray.transport import Transport
from provisioning.emailarray.types import Wire

M = TypeVar("M", bound=Wire)


class Resource:
    """One noun; holds the transport and reads the answers it brings."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _rows(self, action: str, answer: Envelope) -> list[Any]:
        """
        Return the entries of a list action's answer.

        :raises Unreadable: the payload is no list: that must never pass for "none"
        :raises Rejected: the vendor refused, other than by saying that the list is empty
        """
        if answer.success is False and errors.means_empty_list(answer.text):
            return []
        found = readers.rows(transport.accepted(action, answer).data)
        if found is None:
            raise errors.Unreadable(action, detail="the payload is no list")
        return found

    def _parse(self, action: str, model: type[M], row: object) -> M:
        """
        Read one object.

        :raises Unreadable: it is no object, or its key field is missing
        """
        if isinstance(row, dict):
            config = self._transport.config
            context = {"mb_per_gb": config.mb_per_gb, "zone": config.vendor_time_zone}
            try:
                return model.model_validate(row, context=context)
            except ValidationError:
                pass
        raise errors.Unreadable(action, detail="the payload is no object of the expected kind")

    def _object(self, action: str, row: object) -> dict[str, Any]:
        if isinstance(row, dict):
            return row
        raise errors.Unreadable(action, detail="the payload is no object")

    def _names(self, action: str, rows: list[Any], field: str) -> list[str]:
        """
        Return one text of each row; rows may be plain texts, too.

        :raises Unreadable: a row without it
        """
        names = [readers.text(row.get(field) if isinstance(row, dict) else row) for row in rows]
        if not all(names):
            raise errors.Unreadable(action, detail=f"a row without {field}")
        return names
