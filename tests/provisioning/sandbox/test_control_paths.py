"""The knobs over HTTP, and the state file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from provisioning.sandbox import Sandbox, UnusableState, state
from tests.contract.wire import Wire
from tests.provisioning.sandbox.conftest import DOMAIN, PASSWORD, RESELLER

STATE: dict[str, Any] = {
    "resellers": [{"username": "reseller", "password": "S3cret!pw"}],
    "domains": [
        {"domain": "example.com", "reseller": "reseller", "verified": True},
        {"domain": "pending.test", "reseller": "reseller", "verified": False},
    ],
    "mailboxes": [{"domain": "example.com", "username": "anna", "quota_gb": 2}],
}


def test_a_fault_is_added_listed_and_cleared(client: httpx.Client, sandbox: Sandbox) -> None:
    one = {"action": "addUser", "kind": "drop_after", "count": 3}

    added = client.post("/__control/faults", json=[one, {"kind": "http_500", "host": "cfcp.x"}])
    cleared = client.post("/__control/faults", json={"clear": True})

    assert [fault["kind"] for fault in added.json()["faults"]] == ["drop_after", "http_500"]
    assert cleared.json() == {"faults": []}
    client.post("/__control/faults", json=one)
    client.delete("/__control/faults")
    assert sandbox.faults.waiting() == []


def test_records_are_published_and_withdrawn(client: httpx.Client, sandbox: Sandbox) -> None:
    record = {"name": "x.acme.test", "type": "TXT", "value": "hello"}

    client.post("/__control/dns", json=record)
    client.post("/__control/dns", json=[{"domain": DOMAIN, "purpose": "spf"}])
    published = client.get("/__control/dns").json()["records"]
    client.post("/__control/dns", json={**record, "withdraw": True})

    assert record in published
    assert sandbox.zone.texts("acme.test") == ["v=spf1 include:emailarray.com ~all"]
    assert sandbox.zone.texts("x.acme.test") == []


def test_the_clock_is_advanced_and_set(client: httpx.Client, sandbox: Sandbox) -> None:
    before = sandbox.clock.seconds()
    client.post("/__control/clock", json={"advance": 3600})
    advanced = sandbox.clock.seconds() - before
    client.post("/__control/clock", json={"set": "2026-03-04T09:00:00"})

    assert 3600 <= advanced < 3610
    assert client.get("/__control/clock").json()["now"].startswith("2026-03-04T09:00:0")


def test_sessions_can_be_ended(client: httpx.Client, wire: Wire) -> None:
    client.post("/__control/sessions", json={"expire": True})

    assert wire.call("getAllDomains").code == 0


def test_the_state_shows_everything_but_secrets(
    client: httpx.Client, sandbox: Sandbox, wire: Wire
) -> None:
    sandbox.add_mailbox(DOMAIN, "anna", password="Harbor-22!q")
    shown = client.get("/__control/state")

    held = shown.json()

    assert held["domains"][DOMAIN]["mailboxes"]["anna"]["quota_gb"] == 5
    assert held["domains"][DOMAIN]["records"][0]["published"] is False
    assert held["resellers"][RESELLER]["maxdomains"] > 0
    assert all(secret not in shown.text for secret in (PASSWORD, "Harbor-22!q", wire.token))


def test_the_calls_are_listed_by_name(client: httpx.Client, wire: Wire) -> None:
    wire.call("getAllDomains")

    calls = client.get("/__control/calls").json()["calls"]

    assert calls[-1] == {"action": "getAllDomains", "api": "admin", "executed": True}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", b"no json"),
        ("faults", b'{"kind": "nonsense"}'),
        ("faults", b"[]"),
        ("dns", b'{"name": "x.test"}'),
        ("dns", b'{"domain": "unknown.test"}'),
        ("clock", b'{"set": "soon"}'),
        ("state", b'{"hosts": []}'),
    ],
)
def test_a_body_that_makes_no_sense_is_a_400_with_a_reason(
    client: httpx.Client, path: str, body: bytes
) -> None:
    response = client.post(f"/__control/{path}", content=body)

    assert response.status_code == 400
    assert response.json()["error"]


def test_a_state_is_loaded_twice_without_harm(sandbox: Sandbox) -> None:
    state.load(sandbox, STATE)
    first = sandbox.domains(), sandbox.mailboxes("example.com")

    state.load(sandbox, STATE)

    assert (sandbox.domains(), sandbox.mailboxes("example.com")) == first
    assert [domain["verified"] for domain in first[0].values()] == [True, True, False]


def test_loading_does_not_undo_what_happened_since(sandbox: Sandbox, wire: Wire) -> None:
    state.load(sandbox, STATE)
    sandbox.zone.publish_expected("pending.test", "verification")
    wire.call("getDomainVerification", domain="pending.test")
    wire.call("updateDomain", domain="example.com", editdomainactive="0")

    state.load(sandbox, STATE)

    assert sandbox.domains()["pending.test"]["verified"] is True
    assert sandbox.domains()["example.com"]["active"] is False


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"reseller": []},
        {"resellers": [{"username": "x"}]},
        {"domains": [{"domain": "new.test", "reseller": "nobody"}]},
        {"domains": [{"domain": "new.test", "reseller": "reseller"}], "mailboxes": [{"x": 1}]},
    ],
)
def test_an_unusable_state_is_named_and_nothing_of_it_kept(sandbox: Sandbox, wrong: Any) -> None:
    with pytest.raises(UnusableState):
        state.load(sandbox, wrong)

    assert list(sandbox.domains()) == [DOMAIN]


def test_a_database_file_remembers_everything(tmp_path: Path) -> None:
    first = Sandbox(tmp_path / "vendor.sqlite3")
    state.load(first, STATE)
    first.zone.publish_expected("pending.test", "verification")
    first.close()

    second = Sandbox(tmp_path / "vendor.sqlite3")

    assert list(second.mailboxes("example.com")) == ["anna"]
    assert second.zone.holds(second.expected_records("pending.test")[0])
    second.close()
