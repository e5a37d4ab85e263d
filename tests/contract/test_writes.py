"""A whole life of a mailbox, an alias and a list, each step answered as recorded and read back."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.conftest import Party
from tests.contract.golden import differences, example
from tests.contract.wire import Reply

_STRONG = "Lumen-4471!x"


@pytest.fixture
def name(writable_party: Party) -> Iterator[str]:
    """A name nobody has; whatever was made under it is removed at the end."""
    name = f"contract-{secrets.token_hex(4)}"
    yield name
    call, domain = writable_party.wire.call, writable_party.domain
    call("removeUser", domain=domain, username=name)
    call("removeAlias", domain=domain, alias=name)
    call("removeList", domain=domain, lname=name)


def accepted(reply: Reply, action: str) -> bool:
    """Tell whether a write was accepted with a sentence, as recorded."""
    return reply.code == 1 and differences(reply.body, example(action).response) == []


def add_mailbox(party: Party, name: str) -> Reply:
    return party.wire.call(
        "addUser",
        username=name,
        domain=party.domain,
        account_type="1",
        password=_STRONG,
        quota="1",
        uname="Contract Test",
        twofa_allowed="1",
        user_language="en",
    )


def rows(party: Party, action: str) -> list[dict[str, Any]]:
    data = party.wire.call(action, domain=party.domain, slicing="0", showQuota="1").data
    return [dict(row) for row in data]


def test_a_mailbox_is_added_changed_switched_off_and_removed(
    writable_party: Party, name: str
) -> None:
    party, who = writable_party, {"username": name, "domain": writable_party.domain}

    assert accepted(add_mailbox(party, name), "addUser")
    assert add_mailbox(party, name).code == 0
    changed = party.wire.call(
        "updateUser",
        editusername=name,
        editdomain=party.domain,
        edituname="Other Name",
        editaccount_type="1",
        editquota="0.5",
    )
    assert accepted(changed, "updateUser")
    assert accepted(party.wire.call("disableUser", **who), "disableUser")
    info = party.wire.call("getUserInfo", **who)
    assert differences(info.body, example("getUserInfo").response) == []
    assert (info.data["uname"], str(info.data["disabled"])) == ("Other Name", "1")
    assert str(info.data["quota"]) in ("500", "512")
    assert accepted(party.wire.call("enableUser", **who), "enableUser")
    assert accepted(party.wire.call("removeUser", **who), "removeUser")
    assert name not in [row["username"] for row in rows(party, "getAllUsersDomain")]


def test_an_alias_is_added_listed_and_removed(writable_party: Party, name: str) -> None:
    party, target = writable_party, f"{writable_party.mailbox}@{writable_party.domain}"

    added = party.wire.call("addAlias", alias=name, domain=party.domain, forward=target)
    listed = {row["alias"]: row["forward"] for row in rows(party, "getAllAliasesDomain")}
    removed = party.wire.call("removeAlias", alias=name, domain=party.domain)

    assert accepted(added, "addAlias")
    assert listed[name] == target
    assert accepted(removed, "removeAlias")


def test_a_list_gets_a_member_and_is_removed(writable_party: Party, name: str) -> None:
    party, guest = writable_party, "guest@partner.example"

    added = party.wire.call("addList", newlname=name, domain=party.domain, newlisttype="1")
    joined = party.wire.call(
        "addListMember", editlname=name, editdomain=party.domain, newmember=guest
    )
    members = party.wire.call("getListMembers", lname=name, domain=party.domain).data
    left = party.wire.call("removeListMember", lname=name, domain=party.domain, member=guest)
    removed = party.wire.call("removeList", lname=name, domain=party.domain)

    assert accepted(added, "addList")
    assert accepted(joined, "addListMember")
    assert members == [{"member": guest}]
    assert accepted(left, "removeListMember")
    assert accepted(removed, "removeList")


def test_a_one_time_password_lets_the_mailbox_forward_its_mail(
    writable_party: Party, name: str
) -> None:
    party, target = writable_party, "elsewhere@partner.example"
    add_mailbox(party, name)
    otp = party.wire.call("getOTPass", username=name, domain=party.domain).data
    login = {"action": "login", "username": name, "password": otp, "domain": party.domain}

    opened = party.wire.post("user", login.items())
    token = ("token", opened.data)
    added = party.wire.post("user", [("action", "addForward"), token, ("newforward", target)])
    listed = party.wire.post("user", [("action", "getForwards"), token]).data
    removed = party.wire.post("user", [("action", "removeForward"), token, ("forward", target)])

    assert opened.code == 1
    assert (added.code, type(added.data)) == (1, str)
    assert listed == [{"forward": target}]
    assert (removed.code, type(removed.data)) == (1, str)
