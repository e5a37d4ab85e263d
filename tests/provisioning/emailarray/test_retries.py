"""Reads are repeated within a bound; writes are sent once."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import httpx
import pytest
import stamina

from provisioning.emailarray import EmailArrayClient, MemoryTokenStore, errors
from tests.provisioning.emailarray.runs import RUNS, golden_vendor
from tests.provisioning.emailarray.scripted import PRIMARY, TOKEN, Sent, Vendor, ok

LOST = httpx.ReadTimeout("slow")
READS = {
    ("user", "getForwards"),
    ("admin", "getAdminStats"),
    ("admin", "getAdminBrandInfo"),
    ("admin", "getAccountStats"),
    ("admin", "getAllDomains"),
    ("admin", "isDomainAvailable"),
    ("admin", "getDomainInfo"),
    ("admin", "getDomainAssignedQuota"),
    ("admin", "getFooterDomain"),
    ("admin", "getAliasDomains"),
    ("admin", "getAllUsersDomain"),
    ("admin", "searchUsers"),
    ("admin", "getTotalUsersDomain"),
    ("admin", "getUserInfo"),
    ("admin", "getOTPass"),
    ("admin", "getOTPassAndToken"),
    ("admin", "getAllAliasesDomain"),
    ("admin", "getAllListsDomain"),
    ("admin", "getListMembers"),
    ("admin", "getAllForwardsDomain"),
    ("admin", "getDKIM"),
    ("admin", "getDomainBrandInfo"),
    ("admin", "login"),
}
# These turn an outage into an answer, or are tested on their own.
APART = {("admin", "getDomainVerification"), ("user", "login"), ("admin", "changePassword")}
WRITES = set(RUNS) - READS - APART


@pytest.mark.parametrize("key", sorted(READS))
def test_every_read_is_sent_three_times_before_it_gives_up(key: tuple[str, str]) -> None:
    vendor = golden_vendor()
    vendor.will(key[1], LOST, api=key[0])

    with pytest.raises(errors.Unreachable):
        RUNS[key](vendor.client())

    assert len(vendor.sent_to(key[1], key[0])) == 3


@pytest.mark.parametrize("key", sorted(WRITES))
def test_every_write_is_sent_exactly_once(key: tuple[str, str]) -> None:
    vendor = golden_vendor()
    vendor.will(key[1], LOST, api=key[0])

    with pytest.raises(errors.OutcomeUnknown):
        RUNS[key](vendor.client())

    assert len(vendor.sent_to(key[1], key[0])) == 1


def test_a_domain_update_is_sent_exactly_once(vendor: Vendor) -> None:
    vendor.will("updateDomain", LOST)

    with pytest.raises(errors.OutcomeUnknown):
        vendor.client().domains.set_active("acme.example", active=False)

    assert len(vendor.sent_to("updateDomain")) == 1


def test_a_login_before_a_write_is_repeated_and_the_write_is_not(vendor: Vendor) -> None:
    vendor.will("login", LOST, LOST, ok(TOKEN))

    vendor.client().domains.add("acme.example")

    assert len(vendor.sent_to("login")) == 3
    assert len(vendor.sent_to("addDomain")) == 1


def test_a_write_whose_login_fails_did_not_happen(vendor: Vendor) -> None:
    vendor.will("login", LOST)

    with pytest.raises(errors.Unreachable):
        vendor.client().domains.add("acme.example")

    assert len(vendor.sent_to("login")) == 3
    assert vendor.sent_to("addDomain") == []


def test_a_login_before_a_read_is_not_repeated_on_top_of_the_reads_attempts(
    vendor: Vendor,
) -> None:
    vendor.will("login", LOST)

    with pytest.raises(errors.Unreachable):
        vendor.client().domains.list()

    assert len(vendor.sent_to("login")) == 3


def test_a_refused_read_is_not_repeated(vendor: Vendor) -> None:
    vendor.will("getFooterDomain", {"returncode": 0, "returndata": "Computer says no"})

    with pytest.raises(errors.Rejected):
        vendor.client().domains.footer("acme.example")

    assert len(vendor.sent_to("getFooterDomain")) == 1


def test_the_number_of_attempts_is_a_setting(vendor: Vendor) -> None:
    vendor.will("getFooterDomain", LOST)

    with pytest.raises(errors.Unreachable):
        vendor.client(retry_attempts=1).domains.footer("acme.example")

    assert len(vendor.sent_to("getFooterDomain")) == 1


def test_the_vendors_wish_to_be_asked_later_is_told(vendor: Vendor) -> None:
    vendor.will("addDomain", httpx.Response(429, headers={"Retry-After": "120"}))

    with pytest.raises(errors.Unreachable) as caught:
        vendor.client().domains.add("acme.example")

    assert caught.value.retry_after == 120
    assert vendor.hosts("addDomain") == [PRIMARY]


def test_a_wish_given_as_a_date_is_read(vendor: Vendor) -> None:
    until = formatdate(time.time() + 90, usegmt=True)
    vendor.will("addDomain", httpx.Response(429, headers={"Retry-After": until}))

    with pytest.raises(errors.Unreachable) as caught:
        vendor.client().domains.add("acme.example")

    assert 80 < (caught.value.retry_after or 0) <= 90


def test_a_wish_that_makes_no_sense_is_ignored(vendor: Vendor) -> None:
    vendor.will("addDomain", httpx.Response(429, headers={"Retry-After": "soon"}))

    with pytest.raises(errors.Unreachable) as caught:
        vendor.client().domains.add("acme.example")

    assert caught.value.retry_after is None


def test_a_read_waits_as_long_as_the_vendor_asks(vendor: Vendor) -> None:
    vendor.will("getFooterDomain", httpx.Response(429, headers={"Retry-After": "0.3"}), ok("Fine"))
    started = time.monotonic()

    with stamina.set_testing(False):
        got = vendor.client(retry_wait_initial=0, retry_wait_jitter=0).domains.footer("a.example")

    assert got == "Fine"
    assert 0.3 < time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("wait", "bounds"),
    [("60", {"total_timeout": 45}), ("5", {"retry_after_max": 3.0})],
)
def test_a_longer_wait_than_the_bounds_is_left_to_the_caller(
    vendor: Vendor, wait: str, bounds: dict[str, Any]
) -> None:
    vendor.will("getFooterDomain", httpx.Response(429, headers={"Retry-After": wait}), ok())

    with pytest.raises(errors.Unreachable) as caught:
        vendor.client(**bounds).domains.footer("acme.example")

    assert caught.value.retry_after == float(wait)

    assert len(vendor.sent_to("getFooterDomain")) == 1


def test_a_read_is_not_repeated_after_its_bound(vendor: Vendor) -> None:
    def slow(_: Sent) -> httpx.Response:
        time.sleep(0.15)
        return httpx.Response(500)

    vendor.will("getFooterDomain", slow)

    with pytest.raises(errors.Unreachable):
        vendor.client(total_timeout=0.2).domains.footer("acme.example")

    assert len(vendor.sent_to("getFooterDomain")) == 2


def test_a_write_that_has_no_time_left_after_the_login_is_not_sent(vendor: Vendor) -> None:
    def slow(_: Sent) -> dict[str, object]:
        time.sleep(0.15)
        return ok(TOKEN)

    vendor.will("login", slow)

    with pytest.raises(errors.Unreachable):
        vendor.client(total_timeout=0.1).domains.add("acme.example")

    assert vendor.sent_to("addDomain") == []


def test_a_call_whose_time_went_by_before_it_was_sent_is_not_sent(vendor: Vendor) -> None:
    class SlowStore(MemoryTokenStore):
        def set(self, key: str, token: str, seconds: float) -> None:
            super().set(key, token, seconds)
            time.sleep(0.15)

    with pytest.raises(errors.Unreachable) as caught:
        vendor.client(tokens=SlowStore(), total_timeout=0.1).domains.add("acme.example")

    assert caught.value.detail == "no time left to send it"
    assert vendor.sent_to("addDomain") == []


def test_every_request_has_its_deadlines(vendor: Vendor) -> None:
    vendor.client(connect_timeout=2, read_timeout=7, pool_timeout=3).domains.add("acme.example")

    assert len(vendor.sent) == 2
    for one in vendor.sent:
        assert one.timeout == {"connect": 2, "read": 7, "write": 7, "pool": 3}


def test_no_deadline_reaches_beyond_the_bound_of_the_call(vendor: Vendor) -> None:
    vendor.client(total_timeout=1.0).domains.add("acme.example")

    assert all(0 < seconds <= 1 for one in vendor.sent for seconds in one.timeout.values())


def test_a_lost_one_time_password_is_replaced_before_a_forward_is_written(
    vendor: Vendor,
) -> None:
    vendor.will("getOTPass", ok("first-otp"), ok("second-otp"))
    vendor.will("login", LOST, ok("user-token"), api="user")

    vendor.client().forwards.add("acme.example", "nora", "n@mail.example")

    spent = [one.fields["password"] for one in vendor.sent_to("login", "user")]
    assert spent == ["first-otp", "second-otp"]
    assert len(vendor.sent_to("addForward", "user")) == 1


def test_a_given_one_time_password_is_sent_once(vendor: Vendor) -> None:
    vendor.will("login", LOST, api="user")
    client = vendor.client()
    password = client.sessions.one_time_password("acme.example", "nora")

    with pytest.raises(errors.Unreachable):
        client.sessions.user_login("acme.example", "nora", password)

    assert len(vendor.sent_to("login", "user")) == 1


def _change_password(client: EmailArrayClient) -> None:
    client.reseller.change_password(current="Reseller#2031", new="Fresh#2032pw")


def test_a_changed_password_is_proven_by_a_fresh_login(vendor: Vendor) -> None:
    client = vendor.client()

    _change_password(client)
    client.domains.footer("acme.example")

    passwords = [one.fields["password"] for one in vendor.sent_to("login")]
    assert passwords == ["Reseller#2031", "Fresh#2032pw"]


def test_a_password_that_does_not_open_the_account_is_an_unknown_outcome(vendor: Vendor) -> None:
    vendor.will("login", ok(TOKEN), {"returncode": 0, "returndata": "Invalid password"})

    with pytest.raises(errors.OutcomeUnknown) as caught:
        _change_password(vendor.client())

    assert "authentication_failed" in caught.value.detail


def test_the_reads_and_writes_here_are_all_there_are() -> None:
    assert set(RUNS) == READS | WRITES | APART
    assert len(RUNS) == 49  # all 50 but updateDomain, which has a test of its own
