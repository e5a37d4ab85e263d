"""What only a real connection can show: keep-alive, deadlines, dropped lines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from provisioning.emailarray import EmailArrayClient, MemoryTokenStore, build_http, errors
from tests.provisioning.emailarray.loopback import LoopbackVendor, closed_port, loopback_vendor

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def server() -> Iterator[LoopbackVendor]:
    """A vendor on a loopback socket."""
    with loopback_vendor() as running:
        yield running


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """The real HTTP client."""
    with build_http(pool_size=4) as client:
        yield client


def _client(server: LoopbackVendor, http: httpx.Client, **settings: object) -> EmailArrayClient:
    return EmailArrayClient(server.config(**settings), http=http, tokens=MemoryTokenStore())


def test_calls_one_after_the_other_share_one_connection(
    server: LoopbackVendor, http: httpx.Client
) -> None:
    client = _client(server, http)

    for number in range(20):
        client.domains.add(f"d{number}.example")

    assert server.executed == ["login"] + ["addDomain"] * 20
    assert server.connections == 1


def test_threads_never_open_more_connections_than_the_pool_holds(
    server: LoopbackVendor, http: httpx.Client
) -> None:
    client = _client(server, http)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(client.domains.add, [f"d{number}.example" for number in range(200)]))

    # None was lost to a connection that another thread took for closed.
    assert len(server.executed) == 201
    assert server.connections <= 4


def test_an_answer_that_takes_too_long_ends_at_the_deadline(
    server: LoopbackVendor, http: httpx.Client
) -> None:
    server.mood = "silent"
    started = time.monotonic()

    with pytest.raises(errors.OutcomeUnknown) as caught:
        _client(server, http, read_timeout=0.2).domains.add("acme.example")

    assert caught.value.detail == "ReadTimeout"
    assert time.monotonic() - started < 0.4
    assert server.executed == ["login", "addDomain"]


def test_an_answer_that_comes_drop_by_drop_ends_at_the_bound_of_the_call(
    server: LoopbackVendor, http: httpx.Client
) -> None:
    server.mood = "drips"
    started = time.monotonic()

    with pytest.raises(errors.OutcomeUnknown):
        _client(server, http, read_timeout=1.0, total_timeout=0.3).domains.add("acme.example")

    assert time.monotonic() - started < 1.0
    assert server.executed == ["login", "addDomain"]


@pytest.mark.parametrize("mood", ["drops", "stops"])
def test_a_line_dropped_after_the_write_leaves_it_unknown_and_sent_once(
    server: LoopbackVendor, http: httpx.Client, mood: str
) -> None:
    server.mood = mood

    with pytest.raises(errors.OutcomeUnknown):
        _client(server, http).domains.add("acme.example")

    assert server.executed == ["login", "addDomain"]


def test_the_next_call_works_after_a_dropped_line(
    server: LoopbackVendor, http: httpx.Client
) -> None:
    client = _client(server, http)
    server.mood = "drops"
    with pytest.raises(errors.OutcomeUnknown):
        client.domains.add("acme.example")

    server.mood = "kind"
    client.domains.add("acme.example")

    assert server.executed == ["login", "addDomain", "addDomain"]


def test_a_packed_answer_is_unpacked(server: LoopbackVendor, http: httpx.Client) -> None:
    server.mood = "packed"
    client = _client(server, http)

    client.domains.add("acme.example")
    client.domains.add("acme.example")

    assert server.executed == ["login", "addDomain", "addDomain"]
    assert server.connections == 1


def test_nobody_listening_means_nothing_happened(http: httpx.Client) -> None:
    with loopback_vendor() as server:
        config = server.config()
    client = EmailArrayClient(config, http=http, tokens=MemoryTokenStore())

    with pytest.raises(errors.Unreachable) as caught:
        client.domains.add("acme.example")

    assert caught.value.detail == "ConnectError"
    assert server.executed == []


def test_a_closed_first_host_is_replaced_by_the_second(
    server: LoopbackVendor, http: httpx.Client
) -> None:
    client = _client(
        server,
        http,
        admin_url=f"http://127.0.0.1:{closed_port()}/admin/json.php",
        fallback_admin_url=f"{server.url}/admin/json.php",
    )

    client.domains.add("acme.example")

    assert server.executed == ["login", "addDomain"]


def test_an_answer_that_is_too_long_is_not_read_to_the_end(
    server: LoopbackVendor, http: httpx.Client
) -> None:
    server.mood = "drips"

    with pytest.raises(errors.OutcomeUnknown) as caught:
        _client(server, http, max_response_bytes=50).domains.add("acme.example")

    assert caught.value.detail == "the answer is too long"


def test_a_full_pool_is_told_apart_from_a_vendor_that_is_down(server: LoopbackVendor) -> None:
    server.mood = "silent"
    with build_http(pool_size=1) as http, ThreadPoolExecutor(2) as pool:
        client = _client(server, http, pool_timeout=0.1)
        client.domains.remove("acme.example")
        calls = [pool.submit(client.domains.add, f"d{number}.example") for number in range(2)]
        outcomes = [call.exception(5) for call in calls]

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Busy", "NoneType"]
    assert server.executed.count("addDomain") == 1


def test_an_object_of_the_client_names_its_server_and_nothing_else(
    server: LoopbackVendor, http: httpx.Client
) -> None:
    assert repr(_client(server, http)) == "<EmailArrayClient s>"
    assert repr(MemoryTokenStore()) == "<MemoryTokenStore>"


def test_cookies_of_a_real_answer_are_not_kept(server: LoopbackVendor, http: httpx.Client) -> None:
    _client(server, http).domains.add("acme.example")

    assert not list(http.cookies.jar)
