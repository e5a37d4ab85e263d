"""The types a strictly typed client needs: a number where it decodes a number, text elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.sandbox import Sandbox
from tests.contract.conftest import DOMAIN, Party

LISTS = [
    "getAllDomains",
    "getAccountStats",
    "getAliasDomains",
    "getAllUsersDomain",
    "searchUsers",
    "getAllAliasesDomain",
    "getAllListsDomain",
    "getAllForwardsDomain",
]
NUMBERS_OF_A_DOMAIN = {"expiry_notifications", "vusers", "aliases", "lists", "totalQuota"}


def types_of(values: dict[str, Any]) -> set[type]:
    return {type(value) for value in values.values() if value is not None}


@pytest.fixture(autouse=True)
def _something_of_everything(sandbox: Sandbox, stand_in: Party) -> None:
    """Empty collections prove nothing: give the stand-in a row of each kind."""
    call = stand_in.wire.call
    call("addAlias", alias="info", domain=DOMAIN, forward=f"nora@{DOMAIN}")
    call("addList", newlname="team", domain=DOMAIN, newlisttype="1")
    call("addListMember", editlname="team", editdomain=DOMAIN, newmember="guest@partner.example")
    call("addAliasDomain", domain=DOMAIN, adomain="acme-mail.example")
    otp = call("getOTPass", username="nora", domain=DOMAIN).data
    login = [("action", "login"), ("username", "nora"), ("password", otp), ("domain", DOMAIN)]
    token = stand_in.wire.post("user", login).data
    stand_in.wire.post(
        "user", [("action", "addForward"), ("token", token), ("newforward", "nora@mail.example")]
    )
    assert sandbox.forwards(DOMAIN) == {"nora": ["nora@mail.example"]}


@pytest.mark.parametrize("action", LISTS)
def test_a_collection_is_an_array_of_objects(party: Party, action: str) -> None:
    reply = party.wire.call(action, domain=party.domain)

    assert reply.code == 1
    assert isinstance(reply.data, list)
    assert all(isinstance(row, dict) for row in reply.data)


@pytest.mark.parametrize("action", LISTS)
def test_the_stand_in_shows_at_least_one_row_of_each_kind(stand_in: Party, action: str) -> None:
    assert stand_in.wire.call(action, domain=stand_in.domain).data


def test_members_of_a_list_are_an_array_of_objects_of_text(stand_in: Party) -> None:
    rows = stand_in.wire.call("getListMembers", domain=DOMAIN, lname="team").data

    assert rows == [{"member": "guest@partner.example"}]


def test_every_field_of_a_domain_row_is_text(party: Party) -> None:
    rows = party.wire.call("getAllDomains").data

    assert rows
    for row in rows:
        assert {"id", "domain", "isauditdomain", "domaintype", "active"} <= set(row)
        assert types_of(row) == {str}


def test_only_curemails_is_a_number_among_the_counters(party: Party) -> None:
    counters = party.wire.call("getAdminStats").data

    assert type(counters.pop("curemails")) is int
    assert types_of(counters) == {str}
    assert "cureemails" in counters


def test_five_fields_of_a_domain_are_whole_numbers_and_the_others_text(party: Party) -> None:
    info = party.wire.call("getDomainInfo", domain=party.domain).data

    assert set(info) >= NUMBERS_OF_A_DOMAIN
    assert types_of({name: info[name] for name in NUMBERS_OF_A_DOMAIN}) == {int}
    assert types_of({k: v for k, v in info.items() if k not in NUMBERS_OF_A_DOMAIN}) == {str}


def test_the_dkim_flag_is_text_in_an_object(party: Party) -> None:
    state = party.wire.call("getDKIM", domain=party.domain).data

    assert state["dkim_enabled"] in ("0", "1")
    assert types_of(state) == {str}


def test_enabling_dkim_answers_a_sentence_with_host_and_key_beside_it(stand_in: Party) -> None:
    reply = stand_in.wire.call("enableDKIM", domain=DOMAIN)

    assert isinstance(reply.data, str)
    assert reply.body["dkimhost"] == "ea1._domainkey"
    assert reply.body["dkimkey"].startswith("v=DKIM1; k=rsa; p=")


def test_the_id_of_an_alias_domain_is_a_number(party: Party) -> None:
    rows = party.wire.call("getAliasDomains", domain=party.domain).data

    assert all(type(row["alias_domain_id"]) is int for row in rows)
    assert all(type(row["alias_domain"]) is str for row in rows)


def test_every_field_of_the_history_is_text(party: Party) -> None:
    rows = party.wire.call("getAccountStats").data

    for row in rows:
        assert set(row) >= {"action", "username", "remoteip", "date1"}
        assert types_of(row) == {str}


def test_availability_is_told_by_a_sentence(stand_in: Party) -> None:
    free = stand_in.wire.call("isDomainAvailable", domain="free.example")
    taken = stand_in.wire.call("isDomainAvailable", domain=DOMAIN)

    assert (free.code, type(free.data)) == (1, str)
    assert (taken.code, type(taken.data)) == (0, str)


def test_the_value_of_a_pending_verification_is_text(sandbox: Sandbox, stand_in: Party) -> None:
    sandbox.add_domain("pending.example", reseller=stand_in.username, verified=False)

    reply = stand_in.wire.call("getDomainVerification", domain="pending.example")

    assert reply.code == 1
    assert isinstance(reply.data, str)
    assert isinstance(reply.body["message"], str)


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("getAliasDomains", {}),
        ("getAllUsersDomain", {}),
        ("searchUsers", {"search": "x"}),
        ("getAllAliasesDomain", {}),
        ("getAllListsDomain", {}),
        ("getAllForwardsDomain", {}),
    ],
)
def test_an_empty_collection_is_an_empty_array(
    sandbox: Sandbox, stand_in: Party, action: str, fields: dict[str, str]
) -> None:
    sandbox.add_domain("empty.example", reseller=stand_in.username)

    reply = stand_in.wire.call(action, domain="empty.example", **fields)

    assert (reply.code, reply.data) == (1, [])
