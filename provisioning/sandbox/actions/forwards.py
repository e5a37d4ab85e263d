"""Forwards: copies that a mailbox sends on; written by the mailbox, listed by the reseller."""

from __future__ import annotations

from provisioning.sandbox import sentences
from provisioning.sandbox.calls import Call, registry
from provisioning.sandbox.rules import is_address
from provisioning.sandbox.sentences import Refused
from provisioning.sandbox.wire import Answer


@registry.action("getAllForwardsDomain", requires=("domain",), domain_field="domain")
def all_forwards(call: Call) -> Answer:
    """Answer one row per mailbox and target."""
    rows = call.world.store.all(
        "SELECT username, forward FROM forwards JOIN mailboxes ON mailboxes.id = mailbox_id"
        " WHERE domain_id = ? ORDER BY username, forward",
        call.domain["id"],
    )
    return call.collection(
        [{"username": row["username"], "forward": row["forward"]} for row in rows]
    )


@registry.action("getForwards", api="user")
def own_forwards(call: Call) -> Answer:
    """Answer the targets of the mailbox that asks."""
    rows = call.world.store.all(
        "SELECT forward FROM forwards WHERE mailbox_id = ? ORDER BY forward", call.caller["id"]
    )
    return call.collection([{"forward": row["forward"]} for row in rows])


@registry.action("addForward", api="user", requires=("newforward",), writes=True)
def add(call: Call) -> Answer:
    """Send a copy to one more address; the mailbox keeps its own."""
    target = call.text("newforward").lower()
    exists = call.world.store.number(
        "SELECT count(*) FROM forwards WHERE mailbox_id = ? AND forward = ?",
        call.caller["id"],
        target,
    )
    if exists:
        raise Refused(sentences.FORWARD_EXISTS)
    if not is_address(target):
        raise Refused(sentences.INVALID_ADDRESS)
    call.world.store.run(
        "INSERT INTO forwards (mailbox_id, forward) VALUES (?, ?)", call.caller["id"], target
    )
    return Answer("Forward added")


@registry.action("removeForward", api="user", requires=("forward",), writes=True)
def remove(call: Call) -> Answer:
    """Stop sending copies to an address."""
    gone = call.world.store.run(
        "DELETE FROM forwards WHERE mailbox_id = ? AND forward = ?",
        call.caller["id"],
        call.text("forward").lower(),
    )
    if not gone:
        raise Refused(sentences.FORWARD_MISSING)
    return Answer("Forward removed")
