"""Which failure of the first host lets a call go to the second, and what each failure means."""

from __future__ import annotations

import httpx
import pytest

from provisioning.emailarray import errors
from tests.provisioning.emailarray.scripted import ORIGIN, PRIMARY, TOKEN, Vendor, ok

REQUEST = httpx.Request("POST", "https://vendor.example/")
NOT_SENT = [
    httpx.ConnectError("refused", request=REQUEST),
    httpx.ConnectTimeout("slow", request=REQUEST),
]
BROKEN = [
    httpx.ReadTimeout("slow", request=REQUEST),
    httpx.ReadError("reset", request=REQUEST),
    httpx.WriteError("reset", request=REQUEST),
    httpx.WriteTimeout("slow", request=REQUEST),
    httpx.RemoteProtocolError("gone", request=REQUEST),
    httpx.DecodingError("bad gzip", request=REQUEST),
]
SERVER_ERRORS = [httpx.Response(code, text="<h1>Oops</h1>") for code in (500, 502, 503, 504, 520)]


def _named(value: object) -> str:
    return str(value.status_code) if isinstance(value, httpx.Response) else type(value).__name__


@pytest.mark.parametrize("failure", NOT_SENT, ids=_named)
def test_a_write_that_never_left_goes_to_the_other_host(
    vendor: Vendor, failure: httpx.HTTPError
) -> None:
    vendor.will("addDomain", failure, ok())

    vendor.client().domains.add("acme.example")

    assert vendor.hosts("addDomain") == [PRIMARY, ORIGIN]
    assert [one.outcome for one in vendor.observed] == ["ok", "unreachable", "ok"]


@pytest.mark.parametrize("failure", NOT_SENT, ids=_named)
def test_a_write_that_reached_no_host_did_not_happen(
    vendor: Vendor, failure: httpx.HTTPError
) -> None:
    vendor.will("addDomain", failure)

    with pytest.raises(errors.Unreachable) as caught:
        vendor.client().domains.add("acme.example")

    assert vendor.hosts("addDomain") == [PRIMARY, ORIGIN]
    assert caught.value.detail == type(failure).__name__


@pytest.mark.parametrize("failure", BROKEN, ids=_named)
def test_a_write_broken_off_may_have_happened_and_goes_nowhere_else(
    vendor: Vendor, failure: httpx.HTTPError
) -> None:
    vendor.will("addDomain", failure, ok())

    with pytest.raises(errors.OutcomeUnknown):
        vendor.client().domains.add("acme.example")

    assert vendor.hosts("addDomain") == [PRIMARY]


@pytest.mark.parametrize("answer", SERVER_ERRORS, ids=_named)
def test_a_write_answered_with_a_server_error_goes_nowhere_else(
    vendor: Vendor, answer: httpx.Response
) -> None:
    vendor.will("addDomain", answer, ok())

    with pytest.raises(errors.OutcomeUnknown):
        vendor.client().domains.add("acme.example")

    assert vendor.hosts("addDomain") == [PRIMARY]


def test_a_write_that_broke_on_the_second_host_may_have_happened(vendor: Vendor) -> None:
    vendor.will("addDomain", NOT_SENT[0], BROKEN[0], ok())

    with pytest.raises(errors.OutcomeUnknown):
        vendor.client().domains.add("acme.example")

    assert vendor.hosts("addDomain") == [PRIMARY, ORIGIN]


@pytest.mark.parametrize("failure", [*NOT_SENT, *SERVER_ERRORS], ids=_named)
def test_a_read_goes_to_the_other_host_within_one_attempt(
    vendor: Vendor, failure: httpx.HTTPError | httpx.Response
) -> None:
    vendor.will("getFooterDomain", failure, ok("Fine"))

    assert vendor.client().domains.footer("acme.example") == "Fine"
    assert vendor.hosts("getFooterDomain") == [PRIMARY, ORIGIN]
    assert {one.attempt for one in vendor.observed} == {1}


@pytest.mark.parametrize("failure", BROKEN, ids=_named)
def test_a_read_broken_off_is_repeated_on_the_same_host(
    vendor: Vendor, failure: httpx.HTTPError
) -> None:
    vendor.will("getFooterDomain", failure, ok("Fine"))

    assert vendor.client().domains.footer("acme.example") == "Fine"
    assert vendor.hosts("getFooterDomain") == [PRIMARY, PRIMARY]
    assert [one.attempt for one in vendor.observed] == [1, 1, 2]


def test_a_login_moves_to_the_other_host_like_a_read(vendor: Vendor) -> None:
    vendor.will("login", httpx.Response(502), ok(TOKEN))

    vendor.client().domains.add("acme.example")

    assert vendor.hosts("login") == [PRIMARY, ORIGIN]
    assert vendor.hosts("addDomain") == [PRIMARY]


@pytest.mark.parametrize("failure", [*NOT_SENT, *SERVER_ERRORS[:2]], ids=_named)
def test_the_users_api_has_no_other_host(
    vendor: Vendor, failure: httpx.HTTPError | httpx.Response
) -> None:
    vendor.will("addForward", failure, ok(), api="user")

    with pytest.raises((errors.Unreachable, errors.OutcomeUnknown)):
        vendor.client().forwards.add("acme.example", "nora", "n@mail.example")

    assert len(vendor.sent_to("addForward", "user")) == 1


@pytest.mark.parametrize("fallback", ["", "https://cfcp.emailarray.com/admin/json.php"])
def test_without_a_second_host_there_is_no_fail_over(vendor: Vendor, fallback: str) -> None:
    vendor.will("addDomain", NOT_SENT[0], ok())

    with pytest.raises(errors.Unreachable):
        vendor.client(fallback_admin_url=fallback).domains.add("acme.example")

    assert vendor.hosts("addDomain") == [PRIMARY]


def test_a_host_that_refused_connections_is_tried_last_for_a_while(vendor: Vendor) -> None:
    vendor.will("getFooterDomain", NOT_SENT[0], ok("Fine"))
    client = vendor.client()

    client.domains.footer("acme.example")
    client.domains.add("acme.example")

    assert vendor.hosts("addDomain") == [ORIGIN]


def test_a_host_that_is_to_be_tried_last_is_still_tried(vendor: Vendor) -> None:
    vendor.will("getFooterDomain", NOT_SENT[0], ok("Fine"))
    vendor.will("addDomain", NOT_SENT[0], ok())
    client = vendor.client()

    client.domains.footer("acme.example")
    client.domains.add("acme.example")

    assert vendor.hosts("addDomain") == [ORIGIN, PRIMARY]


def test_without_memory_the_first_host_stays_first(vendor: Vendor) -> None:
    vendor.will("getFooterDomain", NOT_SENT[0], ok("Fine"))
    client = vendor.client(failover_memory=0)

    client.domains.footer("acme.example")
    client.domains.add("acme.example")

    assert vendor.hosts("addDomain") == [PRIMARY]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, errors.OutcomeUnknown),
        (400, errors.Rejected),
        (404, errors.Rejected),
        (405, errors.Rejected),
        (408, errors.OutcomeUnknown),
        (413, errors.Rejected),
        (429, errors.Unreachable),
        (503, errors.OutcomeUnknown),
        (204, errors.OutcomeUnknown),
    ],
)
def test_each_other_status_of_a_write_has_its_meaning(
    vendor: Vendor, status: int, error: type[errors.EmailArrayError]
) -> None:
    vendor.will("addDomain", httpx.Response(status, headers={"Location": "/elsewhere"}), ok())

    with pytest.raises(errors.EmailArrayError) as caught:
        vendor.client().domains.add("acme.example")

    assert type(caught.value) is error
    assert vendor.hosts("addDomain") == [PRIMARY]


def test_a_refusal_inside_a_client_error_keeps_its_meaning(vendor: Vendor) -> None:
    body = {"returncode": 0, "returndata": "Domain already exists"}
    vendor.will("addDomain", httpx.Response(409, json=body))

    with pytest.raises(errors.AlreadyExists):
        vendor.client().domains.add("acme.example")


def test_a_full_pool_is_not_the_vendors_fault_and_changes_no_host(vendor: Vendor) -> None:
    vendor.will("addDomain", httpx.PoolTimeout("full", request=REQUEST), ok())

    with pytest.raises(errors.Busy):
        vendor.client().domains.add("acme.example")

    assert vendor.hosts("addDomain") == [PRIMARY]
