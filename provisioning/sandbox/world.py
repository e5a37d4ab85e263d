"""What every action works on: the store, the clock, the zones and the open questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from provisioning.sandbox.clock import Clock
from provisioning.sandbox.store import Row, Store
from provisioning.sandbox.switches import Switches
from provisioning.sandbox.zone import Zone

DEFAULT_WEBMAIL = "127.0.0.1:9025/webmail"


@dataclass
class World:
    """The stand-in's state, shared by its API, its pages and its DNS server."""

    store: Store
    clock: Clock
    zone: Zone
    switches: Switches
    webmail_url: str = DEFAULT_WEBMAIL
    #: How ownership records are looked up: over real DNS once a DNS server runs.
    texts: Callable[[str], list[str]] = field(default=lambda _: [])

    def purge(self) -> None:
        """Drop the domains that stayed unverified for too long."""
        after = self.switches.purge_after_seconds
        if after:
            self.store.run(
                "DELETE FROM domains WHERE verified = 0 AND added_at <= ?",
                self.clock.seconds() - after,
            )

    def check_ownership(self, domain: Row) -> bool:
        """Look for the ownership record now; once verified, a domain stays so."""
        if domain["verified"]:
            return True
        if domain["verification"] not in self.texts(f"mx-verification.{domain['domain']}"):
            return False
        self.store.run("UPDATE domains SET verified = 1 WHERE id = ?", domain["id"])
        return True
