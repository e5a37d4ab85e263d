"""Distribution lists and their members."""

from __future__ import annotations

from provisioning.sandbox import sentences
from provisioning.sandbox.actions.mailboxes import name_taken_by
from provisioning.sandbox.calls import Call, registry
from provisioning.sandbox.rules import is_address, is_local_part
from provisioning.sandbox.sentences import Refused
from provisioning.sandbox.store import Row
from provisioning.sandbox.wire import Answer

_DISTRIBUTION_LIST = "1"


@registry.action(
    "addList", requires=("newlname", "domain", "newlisttype"), domain_field="domain", writes=True
)
def add(call: Call) -> Answer:
    """Add an empty list."""
    name = _local_part(call, "newlname")
    taken = name_taken_by(call, name)
    if taken:
        raise Refused(sentences.LIST_EXISTS if taken == "list" else sentences.ADDRESS_IN_USE)
    if not is_local_part(name):
        raise Refused(sentences.INVALID_ADDRESS)
    if call.text("newlisttype") != _DISTRIBUTION_LIST:
        raise Refused(sentences.INVALID_LIST_TYPE)
    call.world.store.run(
        "INSERT INTO lists (domain_id, lname, listtype) VALUES (?, ?, ?)",
        call.domain["id"],
        name,
        call.text("newlisttype"),
    )
    return Answer("List added")


@registry.action("getAllListsDomain", requires=("domain",), domain_field="domain")
def all_lists(call: Call) -> Answer:
    """Answer the domain's lists; the name is the full address."""
    rows = call.world.store.all(
        "SELECT * FROM lists WHERE domain_id = ? ORDER BY lname", call.domain["id"]
    )
    full = call.world.switches.list_name == "address"
    tail = "@" + call.domain["domain"] if full else ""
    return call.collection(
        [{"lname": row["lname"] + tail, "listtype": row["listtype"]} for row in rows]
    )


@registry.action("removeList", requires=("lname", "domain"), domain_field="domain", writes=True)
def remove(call: Call) -> Answer:
    """Remove a list with its members."""
    call.world.store.run("DELETE FROM lists WHERE id = ?", _found(call, "lname")["id"])
    return Answer("List removed")


@registry.action("getListMembers", requires=("lname", "domain"), domain_field="domain")
def members(call: Call) -> Answer:
    """Answer the list's members, in the order they joined."""
    rows = call.world.store.all(
        "SELECT member FROM members WHERE list_id = ? ORDER BY id", _found(call, "lname")["id"]
    )
    return call.collection([{"member": row["member"]} for row in rows])


@registry.action(
    "addListMember",
    requires=("editlname", "editdomain", "newmember"),
    domain_field="editdomain",
    writes=True,
)
def add_member(call: Call) -> Answer:
    """Add one address, inside or outside."""
    list_id, member = _found(call, "editlname")["id"], call.text("newmember").lower()
    if _is_member(call, list_id, member):
        raise Refused(sentences.MEMBER_EXISTS)
    if not is_address(member):
        raise Refused(sentences.INVALID_ADDRESS)
    call.world.store.run("INSERT INTO members (list_id, member) VALUES (?, ?)", list_id, member)
    return Answer("Member added")


@registry.action(
    "removeListMember",
    requires=("lname", "domain", "member"),
    domain_field="domain",
    writes=True,
)
def remove_member(call: Call) -> Answer:
    """Take one address off the list."""
    gone = call.world.store.run(
        "DELETE FROM members WHERE list_id = ? AND member = ?",
        _found(call, "lname")["id"],
        call.text("member").lower(),
    )
    if not gone:
        raise Refused(sentences.MEMBER_MISSING)
    return Answer("Member removed")


def _local_part(call: Call, field: str) -> str:
    """Return a list's local part; the full address of the same domain is taken too."""
    local, at, domain = call.name(field).partition("@")
    if at and domain.lower() != call.domain["domain"]:
        return call.name(field)
    return local


def _found(call: Call, field: str) -> Row:
    row = call.world.store.one(
        "SELECT * FROM lists WHERE domain_id = ? AND lname = ?",
        call.domain["id"],
        _local_part(call, field),
    )
    if row is None:
        raise Refused(sentences.LIST_MISSING)
    return row


def _is_member(call: Call, list_id: int, member: str) -> bool:
    return bool(
        call.world.store.number(
            "SELECT count(*) FROM members WHERE list_id = ? AND member = ?", list_id, member
        )
    )
