"""The vendor's DKIM actions."""

from __future__ import annotations

from collections.abc import Mapping

from provisioning.emailarray import readers, transport, wire
from provisioning.emailarray.resources.base import Resource
from provisioning.emailarray.types import Dkim, DkimState


class DkimKeys(Resource):
    """The signing of a domain's outgoing mail."""

    def get(self, domain: str) -> Dkim:
        """Return whether mail is signed, with the record to publish."""
        action = "getDKIM"
        answer = self._transport.ask(action, domain=wire.domain(domain))
        payload = answer.data
        if answer.success is False and not isinstance(payload, dict):
            transport.accepted(action, answer)
        row = self._object(action, payload or {})
        host, key = readers.text(row.get("dkim_host")), readers.text(row.get("dkim_key"))
        if readers.switch(row.get("dkim_enabled")):
            return Dkim(DkimState.ENABLED, host, key)
        return Dkim(DkimState.ISSUED if host or key else DkimState.DISABLED, host, key)

    def enable(self, domain: str) -> Dkim:
        """Sign from now on; host and key may be missing from the answer, then ask `get`."""
        answer = self._transport.write("enableDKIM", domain=wire.domain(domain))
        places: list[Mapping[str, object]] = [answer.body]
        if isinstance(answer.data, dict):
            places.append(answer.data)
        return Dkim(
            DkimState.ENABLED,
            _first(places, "dkimhost", "dkim_host"),
            _first(places, "dkimkey", "dkim_key"),
            answer.text,
        )

    def disable(self, domain: str) -> None:
        """Stop signing; the vendor may keep the key."""
        self._transport.write("disableDKIM", domain=wire.domain(domain))


def _first(places: list[Mapping[str, object]], *names: str) -> str:
    found = (readers.text(place.get(name)) for place in places for name in names)
    return next((text for text in found if text), "")
