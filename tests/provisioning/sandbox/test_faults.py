"""Faults on order: each kind, for which calls, how often, and whether the call was executed."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from provisioning.sandbox import ConnectionDropped, Sandbox
from tests.contract.wire import PATHS, Wire
from tests.provisioning.sandbox.conftest import DOMAIN, user_fields

USER_NOT_ADDED: dict[str, Any] = {}


def post(wire: Wire, action: str, **fields: str) -> httpx.Response:
    """Post a call and return the answer unread."""
    return wire.client.post(PATHS["admin"], data={"action": action, "token": wire.token, **fields})


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_http_error_comes_instead_of_the_call(sandbox: Sandbox, wire: Wire, status: int) -> None:
    sandbox.faults.add(action="addUser", kind=f"http_{status}")

    first = post(wire, "addUser", **user_fields("anna"))

    assert first.status_code == status
    assert sandbox.mailboxes(DOMAIN) == USER_NOT_ADDED
    assert post(wire, "addUser", **user_fields("anna")).json()["returncode"] == 1


def test_an_http_error_may_hide_a_call_that_was_carried_out(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.faults.add(action="addUser", kind="http_502", executed=True)

    assert post(wire, "addUser", **user_fields("anna")).status_code == 502
    assert list(sandbox.mailboxes(DOMAIN)) == ["anna"]


def test_a_fault_of_one_host_leaves_the_other_alone(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.faults.add(kind="http_503", host="cfcp.emailarray.com", count=0)
    call = {"action": "getAllDomains", "token": wire.token}

    through_cdn = wire.client.post("http://cfcp.emailarray.com/admin/json.php", data=call)
    with_port = wire.client.post("http://cfcp.emailarray.com:8080/admin/json.php", data=call)
    origin = wire.client.post("http://cp.emailarray.com/admin/json.php", data=call)

    assert [r.status_code for r in (through_cdn, with_port, origin)] == [503, 503, 200]


def test_a_fault_strikes_after_some_calls_and_as_often_as_told(
    sandbox: Sandbox, wire: Wire
) -> None:
    sandbox.faults.add(action="getAllDomains", kind="http_500", after=2, count=2)

    statuses = [post(wire, "getAllDomains").status_code for _ in range(6)]

    assert statuses == [200, 200, 500, 500, 200, 200]
    assert sandbox.faults.waiting() == []


def test_a_fault_of_another_action_or_path_does_not_strike(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.faults.add(action="login", kind="http_500", api="user")

    assert post(wire, "getAllDomains").status_code == 200
    assert wire.login("reseller", "S3cret!pw").code == 1
    assert len(sandbox.faults.waiting()) == 1


def test_faults_in_a_row_strike_one_call_each(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.faults.add(kind="http_500")
    sandbox.faults.add(kind="rate_limit", retry_after=7)

    first, second, third = (post(wire, "getAllDomains") for _ in range(3))

    assert first.status_code == 500
    assert (second.status_code, second.headers["Retry-After"]) == (429, "7")
    assert third.status_code == 200


def test_a_slow_call_waits_and_is_then_carried_out(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.faults.add(action="addUser", kind="slow", seconds=0.2)
    started = time.monotonic()

    reply = wire.call("addUser", **user_fields("anna"))

    assert time.monotonic() - started >= 0.2
    assert reply.code == 1


@pytest.mark.parametrize(("kind", "executed"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_connection_says_in_process_whether_the_call_ran(
    sandbox: Sandbox, wire: Wire, kind: str, executed: object
) -> None:
    sandbox.faults.add(action="addUser", kind=kind)

    with pytest.raises(ConnectionDropped) as dropped:
        post(wire, "addUser", **user_fields("anna"))

    assert dropped.value.executed is executed
    assert ("anna" in sandbox.mailboxes(DOMAIN)) is executed
    assert [call.executed for call in sandbox.calls("addUser")] == [executed]


def test_a_duplicate_delivery_answers_for_the_second_time(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.faults.add(action="addUser", kind="duplicate")

    reply = wire.call("addUser", **user_fields("anna"))

    assert (reply.code, reply.data) == (0, "User already exists")
    assert list(sandbox.mailboxes(DOMAIN)) == ["anna"]
    assert len(sandbox.calls("addUser")) == 1


def test_an_html_page_comes_with_status_200(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.faults.add(kind="html")

    page = post(wire, "getAllDomains")

    assert page.status_code == 200
    assert page.text.startswith("<!DOCTYPE html>")


def test_cut_json_is_the_first_half_of_a_real_answer(sandbox: Sandbox, wire: Wire) -> None:
    whole = post(wire, "getAllDomains").text
    sandbox.faults.add(kind="cut_json")

    cut = post(wire, "getAllDomains").text

    assert cut == whole[: len(whole) // 2]


def test_a_code_as_string_keeps_the_payload(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.faults.add(kind="code_as_string")

    body = wire.call("getAllDomains").body

    assert body["returncode"] == "1"
    assert isinstance(body["returndata"], list)


@pytest.mark.parametrize(
    ("action", "wrong"),
    [
        ("getAllDomains", lambda data: list(data) == ["0"] and data["0"]["active"] == 1),
        ("getAdminStats", lambda data: data["curemails"] == "0" and data["cureemails"] == 0),
        ("getDomainInfo", lambda data: data["vusers"] == "0" and data["active"] == 1),
        ("isDomainAvailable", lambda data: data == ["Domain is already in use"]),
    ],
)
def test_wrong_types_turn_lists_into_objects_and_text_into_numbers(
    sandbox: Sandbox, wire: Wire, action: str, wrong: Any
) -> None:
    sandbox.faults.add(kind="wrong_types")

    assert wrong(wire.call(action, domain=DOMAIN).data)


def test_an_expired_token_on_the_third_call_stays_expired(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.faults.add(kind="expired_token", after=2)

    codes = [wire.call("getAllDomains").code for _ in range(4)]

    assert codes == [1, 1, 0, 0]
    assert wire.login("reseller", "S3cret!pw").code == 1
    assert wire.call("getAllDomains").code == 1


def test_a_rejection_carries_the_sentence_that_was_ordered(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.faults.add(action="addUser", kind="reject", sentence="Your account is locked")

    reply = wire.call("addUser", **user_fields("anna"))

    assert (reply.code, reply.data) == (0, "Your account is locked")
    assert sandbox.mailboxes(DOMAIN) == USER_NOT_ADDED


@pytest.mark.parametrize("wrong", [{"kind": "nonsense"}, {"kind": "slow", "minutes": 3}])
def test_a_fault_that_does_not_exist_cannot_be_switched_on(
    sandbox: Sandbox, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"Unknown"):
        sandbox.faults.add(**wrong)

    assert sandbox.faults.waiting() == []


def test_clearing_switches_every_fault_off(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.faults.add(kind="http_500", count=0)
    sandbox.faults.clear()

    assert post(wire, "getAllDomains").status_code == 200
