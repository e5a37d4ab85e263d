"""The circuit breaker: what opens it, what does not, and how it closes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pybreaker
import pytest
import stamina
import time_machine

from provisioning.emailarray import EmailArrayClient, ServerBreaker, errors
from tests.provisioning.emailarray.scripted import TOKEN, Sent, Vendor, no, ok

DOWN = httpx.ReadTimeout("slow")
REFUSED = httpx.ConnectError("refused")


def _fail(client: EmailArrayClient, times: int) -> None:
    for _ in range(times):
        with pytest.raises((errors.Unreachable, errors.OutcomeUnknown)):
            client.domains.add("acme.example")


@pytest.mark.parametrize("failure", [DOWN, REFUSED, httpx.Response(502), httpx.Response(429)])
def test_a_server_that_keeps_failing_is_left_alone(
    vendor: Vendor, failure: httpx.HTTPError | httpx.Response
) -> None:
    client = vendor.client(breaker=ServerBreaker(fail_max=3))
    client.domains.remove("acme.example")
    vendor.will("addDomain", failure)
    _fail(client, 3)
    before = len(vendor.sent)

    with pytest.raises(errors.CircuitOpen) as caught:
        client.domains.add("acme.example")

    assert isinstance(caught.value, errors.Unreachable)
    assert len(vendor.sent) == before


def test_an_open_circuit_stops_reads_at_once(vendor: Vendor) -> None:
    client = vendor.client(breaker=ServerBreaker(fail_max=1))
    client.domains.remove("acme.example")
    vendor.will("addDomain", DOWN)
    _fail(client, 1)

    with pytest.raises(errors.CircuitOpen):
        client.domains.footer("acme.example")

    assert vendor.sent_to("getFooterDomain") == []


@pytest.mark.parametrize(
    "answer",
    [no("Domain already exists"), no("Invalid or expired session"), httpx.Response(404)],
    ids=["refusal", "session", "status"],
)
def test_a_server_that_says_no_is_not_failing(
    vendor: Vendor, answer: dict[str, object] | httpx.Response
) -> None:
    breaker = ServerBreaker(fail_max=2)
    client = vendor.client(breaker=breaker)
    vendor.will("addDomain", answer)

    for _ in range(4):
        with pytest.raises((errors.Rejected, errors.AuthenticationFailed)):
            client.domains.add("acme.example")

    assert breaker.state == "closed"
    assert len(vendor.sent_to("addDomain")) >= 4


def test_our_own_full_pool_does_not_open_the_circuit(vendor: Vendor) -> None:
    breaker = ServerBreaker(fail_max=1)
    vendor.will("addDomain", httpx.PoolTimeout("full"))

    with pytest.raises(errors.Busy):
        vendor.client(breaker=breaker).domains.add("acme.example")

    assert breaker.state == "closed"


def test_an_answer_in_between_starts_the_count_anew(vendor: Vendor) -> None:
    breaker = ServerBreaker(fail_max=2)
    client = vendor.client(breaker=breaker)
    vendor.will("addDomain", DOWN, no("Domain already exists"), DOWN)

    _fail(client, 1)
    with pytest.raises(errors.AlreadyExists):
        client.domains.add("acme.example")
    _fail(client, 1)

    assert breaker.state == "closed"


def test_after_its_rest_one_answer_closes_the_circuit(vendor: Vendor) -> None:
    breaker = ServerBreaker(fail_max=1, reset_timeout=30)
    client = vendor.client(breaker=breaker)
    vendor.will("addDomain", DOWN, ok())
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        _fail(client, 1)

    with time_machine.travel("2026-03-01T12:00:31Z", tick=False):
        client.domains.add("acme.example")

    assert breaker.state == "closed"


def test_after_its_rest_one_failure_opens_it_for_another(vendor: Vendor) -> None:
    breaker = ServerBreaker(fail_max=5, reset_timeout=30)
    client = vendor.client(breaker=breaker)
    vendor.will("addDomain", DOWN)
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        _fail(client, 5)

    with time_machine.travel("2026-03-01T12:00:31Z", tick=False):
        _fail(client, 1)

    with (
        time_machine.travel("2026-03-01T12:00:50Z", tick=False),
        pytest.raises(errors.CircuitOpen),
    ):
        client.domains.add("acme.example")
    assert len(vendor.sent_to("addDomain")) == 6


def test_only_one_request_tries_a_resting_server(vendor: Vendor) -> None:
    breaker = ServerBreaker(fail_max=1, reset_timeout=0)
    client = vendor.client(breaker=breaker)
    client.domains.remove("acme.example")
    trying, go_on = threading.Event(), threading.Event()

    def slow(_: Sent) -> dict[str, object]:
        trying.set()
        go_on.wait(5)
        return ok()

    vendor.will("addDomain", DOWN, slow)
    _fail(client, 1)

    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(client.domains.add, "acme.example")
        trying.wait(5)
        with pytest.raises(errors.CircuitOpen):
            client.domains.remove("other.example")
        go_on.set()
        trial.result(5)

    client.domains.remove("other.example")
    assert [one.fields["domain"] for one in vendor.sent_to("removeDomain")] == [
        "acme.example",
        "other.example",
    ]


def test_a_fault_of_ours_during_the_trial_frees_it_for_the_next(vendor: Vendor) -> None:
    breaker = ServerBreaker(fail_max=1, reset_timeout=0)
    client = vendor.client(breaker=breaker)
    vendor.will("addDomain", DOWN, KeyError("bug"), ok())
    _fail(client, 1)

    with pytest.raises(KeyError):
        client.domains.add("acme.example")
    client.domains.add("acme.example")

    assert breaker.state == "closed"


def test_requests_run_side_by_side_through_the_breaker(vendor: Vendor) -> None:
    together = threading.Barrier(4)

    def wait_for_the_others(_: Sent) -> dict[str, object]:
        together.wait(5)
        return ok()

    client = vendor.client(breaker=ServerBreaker())
    client.domains.remove("acme.example")
    vendor.will("addDomain", wait_for_the_others)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(client.domains.add, [f"d{number}.example" for number in range(4)]))

    assert len(vendor.sent_to("addDomain")) == 4


def test_breakers_with_one_storage_agree(vendor: Vendor) -> None:
    storage = pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)
    ours, theirs = (ServerBreaker(fail_max=2, storage=storage, name="s1") for _ in range(2))
    vendor.will("addDomain", DOWN)
    _fail(vendor.client(breaker=ours), 2)

    with pytest.raises(errors.CircuitOpen):
        vendor.client(breaker=theirs).domains.add("acme.example")

    assert theirs.state == "open"


def test_a_failing_login_counts_and_no_read_goes_on_behind_an_open_circuit(
    vendor: Vendor,
) -> None:
    vendor.will("login", DOWN, DOWN, ok(TOKEN))

    with pytest.raises(errors.CircuitOpen):
        vendor.client(breaker=ServerBreaker(fail_max=2)).domains.list()

    assert len(vendor.sent) == 2


def test_an_open_circuit_is_not_waited_for(vendor: Vendor) -> None:
    client = vendor.client(breaker=ServerBreaker(fail_max=1), retry_wait_initial=2)
    vendor.will("addDomain", DOWN)
    _fail(client, 1)
    started = time.monotonic()

    with stamina.set_testing(False), pytest.raises(errors.CircuitOpen):
        client.domains.list()

    assert time.monotonic() - started < 0.5


def test_without_a_breaker_every_call_is_sent(vendor: Vendor) -> None:
    vendor.will("addDomain", DOWN)

    _fail(vendor.client(), 10)

    assert len(vendor.sent_to("addDomain")) == 10
