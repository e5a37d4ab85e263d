"""The reseller's session: kept, fetched once under contention, renewed once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest
import time_machine

from provisioning.emailarray import EmailArrayClient, MemoryTokenStore, errors
from tests.provisioning.emailarray.scripted import PASSWORD, TOKEN, Sent, Vendor, no, ok

EXPIRED = [
    "Invalid or expired session",
    "Session not found",
    "Invalid token",
    "Please log in",
    "Please login again",
    "Your access has expired",
    "Not authorized",
    "Not authorised",
]


def test_calls_share_one_login(vendor: Vendor) -> None:
    client = vendor.client()

    client.domains.add("acme.example")
    client.domains.remove("acme.example")

    assert [one.action for one in vendor.sent] == ["login", "addDomain", "removeDomain"]
    assert {one.fields["token"] for one in vendor.sent[1:]} == {TOKEN}
    assert "token" not in vendor.sent[0].fields


def test_clients_of_one_server_share_one_login(vendor: Vendor) -> None:
    tokens = MemoryTokenStore()

    for _ in range(2):
        vendor.client(tokens=tokens).domains.add("acme.example")

    assert len(vendor.sent_to("login")) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"server_key": "s2"},
        {"username": "another"},
        {"admin_url": "https://other.example/admin/json.php"},
    ],
)
def test_another_server_or_account_has_its_own_session(
    vendor: Vendor, other: dict[str, Any]
) -> None:
    tokens = MemoryTokenStore()

    vendor.client(tokens=tokens).domains.add("acme.example")
    vendor.client(tokens=tokens, **other).domains.add("acme.example")

    assert len(vendor.sent_to("login")) == 2


def test_a_session_is_kept_for_at_most_240_seconds() -> None:
    kept: list[float] = []

    class Remembering(MemoryTokenStore):
        def set(self, key: str, token: str, seconds: float) -> None:
            kept.append(seconds)
            super().set(key, token, seconds)

    Vendor().client(tokens=Remembering()).domains.add("acme.example")

    assert kept == [240]


def test_a_session_that_ran_out_is_fetched_anew(vendor: Vendor) -> None:
    client = vendor.client(token_seconds=0.05)

    client.domains.add("acme.example")
    time.sleep(0.06)
    client.domains.add("acme.example")

    assert len(vendor.sent_to("login")) == 2


def test_a_token_is_forgotten_only_by_whoever_used_it() -> None:
    store = MemoryTokenStore()
    store.set("key", "new", 60)

    store.delete("key", "old")

    assert store.get("key") == "new"
    store.delete("key", "new")
    assert store.get("key") is None


def test_the_clock_of_the_wall_does_not_lengthen_a_session() -> None:
    store = MemoryTokenStore()

    with time_machine.travel("2026-03-01T12:00:00Z", tick=True):
        store.set("key", "token", 60)

    assert store.get("key") == "token"


class Unlocked(MemoryTokenStore):
    """A store whose lock lets everybody in."""

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Lock nothing."""
        del key
        yield


def _eight_at_once(client: EmailArrayClient) -> None:
    barrier = threading.Barrier(8)

    def one_call(number: int) -> None:
        barrier.wait()
        client.domains.add(f"d{number}.example")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one_call, range(8)))


def _slow_login(_: Sent) -> dict[str, object]:
    time.sleep(0.05)
    return ok(TOKEN)


def test_eight_threads_log_in_once(vendor: Vendor) -> None:
    vendor.will("login", _slow_login)

    _eight_at_once(vendor.client())

    assert len(vendor.sent_to("login")) == 1
    assert len(vendor.sent_to("addDomain")) == 8


def test_without_the_lock_they_would_log_in_more_than_once(vendor: Vendor) -> None:
    vendor.will("login", _slow_login)

    _eight_at_once(vendor.client(tokens=Unlocked()))

    assert len(vendor.sent_to("login")) > 1


def test_a_lock_that_is_never_freed_holds_nobody_up_for_ever(vendor: Vendor) -> None:
    tokens = MemoryTokenStore(lock_timeout=0.05)
    held = threading.Event()
    done = threading.Event()
    keys: list[str] = []

    class Remembering(MemoryTokenStore):
        def get(self, key: str) -> str | None:
            keys.append(key)
            return super().get(key)

    vendor.client(tokens=Remembering()).domains.add("acme.example")

    def hold() -> None:
        with tokens.lock(keys[0]):
            held.set()
            done.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)

    vendor.client(tokens=tokens).domains.add("acme.example")
    done.set()
    thread.join(5)

    assert len(vendor.sent_to("addDomain")) == 2


def test_a_session_another_thread_fetched_meanwhile_is_used(vendor: Vendor) -> None:
    class FilledWhileWaiting(MemoryTokenStore):
        @contextmanager
        def lock(self, key: str) -> Iterator[None]:
            self.set(key, "theirs", 60)
            yield

    vendor.client(tokens=FilledWhileWaiting()).domains.add("acme.example")

    assert vendor.sent_to("login") == []
    assert vendor.sent_to("addDomain")[0].fields["token"] == "theirs"


def test_a_failed_login_is_never_kept(vendor: Vendor) -> None:
    vendor.will("login", no("Invalid username or password"), ok(TOKEN))
    client = vendor.client()

    with pytest.raises(errors.AuthenticationFailed) as caught:
        client.domains.add("acme.example")

    assert caught.value.vendor_message == "Invalid username or password"
    assert vendor.sent_to("addDomain") == []
    client.domains.add("acme.example")
    assert vendor.sent_to("addDomain")[0].fields["token"] == TOKEN


@pytest.mark.parametrize("payload", ["", "  ", None, [], {"token": "x"}])
def test_a_login_without_a_token_is_no_login(vendor: Vendor, payload: object) -> None:
    vendor.will("login", ok(payload))

    with pytest.raises(errors.Unreachable):
        vendor.client().domains.add("acme.example")

    assert vendor.sent_to("addDomain") == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_refused_by_status_is_about_the_credentials(vendor: Vendor, status: int) -> None:
    vendor.will("login", httpx.Response(status))

    with pytest.raises(errors.AuthenticationFailed):
        vendor.client().domains.add("acme.example")

    assert len(vendor.sent_to("login")) == 1


@pytest.mark.parametrize(
    "sentence", ["Service temporarily unavailable", "Database error", "Please try again later"]
)
def test_a_login_refused_for_the_vendors_own_trouble_is_no_wrong_password(
    vendor: Vendor, sentence: str
) -> None:
    vendor.will("login", no(sentence), ok(TOKEN))

    vendor.client().domains.add("acme.example")

    assert len(vendor.sent_to("login")) == 2


@pytest.mark.parametrize("sentence", EXPIRED)
def test_an_expired_session_is_renewed_and_the_write_sent_again(
    vendor: Vendor, sentence: str
) -> None:
    vendor.will("login", ok("old-token"), ok("new-token"))
    vendor.will("addDomain", no(sentence), ok())

    vendor.client().domains.add("acme.example")

    used = [one.fields["token"] for one in vendor.sent_to("addDomain")]
    assert used == ["old-token", "new-token"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_session_refused_by_status_is_renewed(vendor: Vendor, status: int) -> None:
    vendor.will("addDomain", httpx.Response(status), ok())

    vendor.client().domains.add("acme.example")

    assert len(vendor.sent_to("login")) == 2


@pytest.mark.parametrize(
    "answer",
    [no("Invalid or expired session"), no("Session not found"), httpx.Response(401)],
    ids=["sentence", "not found", "status"],
)
def test_a_fresh_session_refused_as_well_is_an_authentication_failure(
    vendor: Vendor, answer: dict[str, object] | httpx.Response
) -> None:
    vendor.will("addDomain", answer)

    with pytest.raises(errors.AuthenticationFailed):
        vendor.client().domains.add("acme.example")

    assert len(vendor.sent_to("login")) == 2
    assert len(vendor.sent_to("addDomain")) == 2


def test_a_known_refusal_that_mentions_logging_in_keeps_its_meaning(vendor: Vendor) -> None:
    vendor.will("addUser", no("Login name already exists"))
    client = vendor.client()

    with pytest.raises(errors.AlreadyExists):
        client.mailboxes.add(
            domain="acme.example",
            username="nora",
            password="Lumen-4471!x",
            quota_gb=Decimal(1),
            account_type=1,
        )


def test_the_renewed_session_is_used_from_then_on(vendor: Vendor) -> None:
    vendor.will("login", ok("old-token"), ok("new-token"))
    vendor.will("addDomain", no("Session expired"), ok())
    client = vendor.client()

    client.domains.add("acme.example")
    client.domains.remove("acme.example")

    assert vendor.sent_to("removeDomain")[0].fields["token"] == "new-token"
    assert len(vendor.sent_to("login")) == 2


def test_a_users_session_is_renewed_once_as_well(vendor: Vendor) -> None:
    vendor.will("addForward", no("Session expired"), ok(), api="user")

    vendor.client().forwards.add("acme.example", "nora", "n@mail.example")

    assert len(vendor.sent_to("getOTPass")) == 2
    assert len(vendor.sent_to("addForward", "user")) == 2


@pytest.mark.parametrize("answer", [no("Invalid login"), httpx.Response(401)])
def test_a_user_who_may_not_log_in_says_nothing_about_the_credentials(
    vendor: Vendor, answer: dict[str, object] | httpx.Response
) -> None:
    vendor.will("login", answer, api="user")

    with pytest.raises(errors.Rejected):
        vendor.client().forwards.add("acme.example", "nora", "n@mail.example")

    assert vendor.sent_to("addForward", "user") == []


def test_a_user_session_refused_again_is_an_authentication_failure(vendor: Vendor) -> None:
    vendor.will("addForward", no("Session expired"), api="user")

    with pytest.raises(errors.AuthenticationFailed):
        vendor.client().forwards.add("acme.example", "nora", "n@mail.example")

    assert len(vendor.sent_to("addForward", "user")) == 2


def test_a_login_that_no_page_answers_is_no_verdict_on_the_call(vendor: Vendor) -> None:
    vendor.will("login", httpx.Response(404))

    with pytest.raises(errors.Unreachable):
        vendor.client().domains.remove("acme.example")

    assert vendor.sent_to("removeDomain") == []


def test_the_login_check_ignores_a_kept_session(vendor: Vendor) -> None:
    client = vendor.client()
    client.domains.add("acme.example")
    vendor.will("login", no("Invalid username or password"))

    with pytest.raises(errors.AuthenticationFailed):
        client.reseller.check_login()


def test_the_login_check_sends_the_credentials(vendor: Vendor) -> None:
    vendor.client().reseller.check_login()

    assert vendor.sent[0].fields == {
        "action": "login",
        "username": "acme-api",
        "password": PASSWORD,
    }
    assert len(vendor.sent) == 1
