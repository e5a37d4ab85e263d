"""The state file: resellers, domains and mailboxes to begin with, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provisioning.sandbox.sandbox import Sandbox

_PARTS = ("resellers", "domains", "mailboxes")


class UnusableState(ValueError):
    """The state file does not say what it should; the text tells where."""


def load(sandbox: Sandbox, state: Any) -> None:
    """
    Bring a stand-in into this state; doing it twice changes nothing more.

    What already exists and is not named stays. A domain that is verified stays verified.

    :param state: `{"resellers": [{"username", "password", …allowances}],
        "domains": [{"domain", "reseller", "verified", "active"}],
        "mailboxes": [{"domain", "username", "account_type", "quota_gb", …}]}`, each part optional
    :raises UnusableState: if it is none, with nothing of it loaded
    """
    if not isinstance(state, dict) or set(state) - set(_PARTS):
        raise UnusableState(f"A state is an object with {', '.join(_PARTS)}")
    try:
        with sandbox.world.store.transaction():
            for entry in state.get("resellers", []):
                sandbox.add_reseller(**entry)
            for entry in state.get("domains", []):
                sandbox.add_domain(**entry)
            for entry in state.get("mailboxes", []):
                sandbox.add_mailbox(**entry)
    except (TypeError, ValueError, LookupError) as error:
        raise UnusableState(f"The state cannot be loaded: {error}") from error


def snapshot(sandbox: Sandbox) -> dict[str, Any]:
    """Return what a stand-in holds, without any secret, as plain values."""
    domains = {}
    for name, domain in sandbox.domains().items():
        domains[name] = {
            **domain,
            "mailboxes": sandbox.mailboxes(name),
            "aliases": sandbox.aliases(name),
            "lists": sandbox.lists(name),
            "forwards": sandbox.forwards(name),
            "records": [
                {
                    "purpose": record.purpose,
                    "name": record.name,
                    "type": record.rtype,
                    "value": record.value,
                    "guessed": record.guessed,
                    "published": sandbox.zone.holds(record),
                }
                for record in sandbox.expected_records(name)
            ],
        }
    return {
        "now": sandbox.clock.now().isoformat(),
        "resellers": sandbox.resellers(),
        "domains": domains,
        "faults": sandbox.faults.waiting(),
        "calls": len(sandbox.calls()),
    }
