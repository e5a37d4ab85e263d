"""Aliases: extra addresses without a mailbox."""

from __future__ import annotations

from provisioning.sandbox import sentences
from provisioning.sandbox.actions.mailboxes import name_taken_by
from provisioning.sandbox.calls import Call, registry
from provisioning.sandbox.rules import is_address, is_local_part
from provisioning.sandbox.sentences import Refused
from provisioning.sandbox.wire import Answer


@registry.action(
    "addAlias", requires=("alias", "domain", "forward"), domain_field="domain", writes=True
)
def add(call: Call) -> Answer:
    """Add an address that hands on to one other, inside or outside."""
    alias = call.name("alias")
    if name_taken_by(call, alias):
        raise Refused(sentences.ADDRESS_IN_USE)
    targets = [target.strip().lower() for target in call.text("forward").split(",")]
    too_many = len(targets) > call.world.switches.alias_targets
    if not is_local_part(alias) or too_many or not all(map(is_address, targets)):
        raise Refused(sentences.INVALID_ADDRESS)
    _check_external(call, targets)
    call.world.store.run(
        "INSERT INTO aliases (domain_id, alias, forward) VALUES (?, ?, ?)",
        call.domain["id"],
        alias,
        ",".join(targets),
    )
    return Answer("Alias added")


@registry.action("removeAlias", requires=("alias", "domain"), domain_field="domain", writes=True)
def remove(call: Call) -> Answer:
    """Remove an alias by its local part."""
    gone = call.world.store.run(
        "DELETE FROM aliases WHERE domain_id = ? AND alias = ?",
        call.domain["id"],
        call.name("alias"),
    )
    if not gone:
        raise Refused(sentences.ALIAS_MISSING)
    return Answer("Alias removed")


@registry.action("getAllAliasesDomain", requires=("domain",), domain_field="domain")
def all_aliases(call: Call) -> Answer:
    """Answer the domain's aliases, each with its target."""
    rows = call.world.store.all(
        "SELECT * FROM aliases WHERE domain_id = ? ORDER BY alias", call.domain["id"]
    )
    return call.collection(
        [
            {
                "id": str(row["id"]),
                "alias": row["alias"],
                "domain": call.domain["domain"],
                "forward": row["forward"],
            }
            for row in rows
        ]
    )


def _check_external(call: Call, targets: list[str]) -> None:
    cap, inside = call.world.switches.external_alias_cap, "@" + call.domain["domain"]
    if cap < 0 or all(target.endswith(inside) for target in targets):
        return
    used = call.world.store.number(
        "SELECT count(*) FROM aliases WHERE domain_id = ? AND forward NOT LIKE ?",
        call.domain["id"],
        "%" + inside,
    )
    if used >= cap:
        raise Refused(sentences.ALIAS_LIMIT)
