"""The stand-in over real sockets: HTTP as other people's clients speak it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import httpx
import pytest

from provisioning.sandbox import Sandbox, Served
from tests.contract.wire import PATHS, Wire
from tests.provisioning.sandbox.conftest import DOMAIN, PASSWORD, RESELLER, user_fields

pytestmark = pytest.mark.enable_socket
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def served(sandbox: Sandbox) -> Iterator[Served]:
    with sandbox.serve() as served:
        yield served


@pytest.fixture
def live(served: Served) -> Iterator[Wire]:
    with httpx.Client(base_url=served.url, timeout=5) as client:
        wire = Wire(client, PATHS)
        wire.login(RESELLER, PASSWORD)
        yield wire


def head_of(stream: socket.socket) -> bytes:
    """Read up to the blank line after a response's head."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = stream.recv(1)
        if not byte:
            return head
        head += byte
    return head


def test_two_requests_share_one_connection(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)
    body = urlencode({"action": "login", "username": RESELLER, "password": PASSWORD})

    connection.request("POST", PATHS["admin"], body, FORM)
    token = json.load(connection.getresponse())["returndata"]
    first_socket = connection.sock
    connection.request(
        "POST", PATHS["admin"], urlencode({"action": "getAllDomains", "token": token}), FORM
    )
    answer = json.load(connection.getresponse())

    assert answer["returncode"] == 1
    assert connection.sock is first_socket
    connection.close()


def test_a_refused_get_leaves_the_connection_usable(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)

    connection.request("GET", PATHS["admin"])
    refused = connection.getresponse()
    refused.read()
    first_socket = connection.sock
    connection.request("POST", PATHS["admin"], "action=x", FORM)

    assert refused.status == 405
    assert json.load(connection.getresponse())["returndata"] == "Unknown action"
    assert connection.sock is first_socket
    connection.close()


def test_a_body_of_two_mebibytes_waits_for_100_continue(
    sandbox: Sandbox, served: Served, live: Wire
) -> None:
    logo = b"GIF89a" + bytes(range(256)) * 1900
    filler = b"x" * (2 * 1024 * 1024)
    pairs = {
        "action": "setDomainBrandingV2", "token": live.token, "domain": DOMAIN,
        "brand[newlogo]": logo, "filler": filler,
    }  # fmt: skip
    body = urlencode(pairs).encode()
    head = (
        f"POST /admin/json.php HTTP/1.1\r\nHost: cp.emailarray.com\r\nAccept: */*\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        f"Expect: 100-continue\r\n\r\n"
    )

    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as stream:
        stream.sendall(head.encode())
        interim = head_of(stream)
        stream.sendall(body)
        final = head_of(stream)

    assert len(body) > 2 * 1024 * 1024
    assert interim.startswith(b"HTTP/1.1 100 ")
    assert final.startswith(b"HTTP/1.1 200 ")
    assert sandbox.domains()[DOMAIN]["logo_bytes"] == len(logo)


def test_a_chunked_body_is_read(live: Wire) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"action=getAll"
        yield f"Domains&token={live.token}".encode()

    answer = live.client.post(PATHS["admin"], content=pieces(), headers=FORM)

    assert answer.json()["returncode"] == 1


@pytest.mark.parametrize("length", ["nonsense", "-5", str(100 * 1024 * 1024)])
def test_an_impossible_length_is_refused_and_the_connection_closed(
    served: Served, length: str
) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as stream:
        request = f"POST /json.php HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        stream.sendall(request.encode())

        assert head_of(stream).split()[1] in (b"400", b"413")


def test_an_old_client_gets_its_answer_and_the_end(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as stream:
        stream.sendall(b"POST /json.php HTTP/1.0\r\nContent-Length: 8\r\n\r\naction=x")
        answer = b"".join(iter(lambda: stream.recv(4096), b""))

    assert b"Connection: close" in answer
    assert answer.endswith(b'{"returncode":0,"returndata":"Unknown action"}')


@pytest.mark.parametrize(("kind", "added"), [("drop_before", []), ("drop_after", ["anna"])])
def test_a_dropped_connection_is_an_error_of_the_transport(
    sandbox: Sandbox, live: Wire, kind: str, added: list[str]
) -> None:
    sandbox.faults.add(action="addUser", kind=kind)

    with pytest.raises(httpx.TransportError):
        live.call("addUser", **user_fields("anna"))

    assert list(sandbox.mailboxes(DOMAIN)) == added
    assert live.call("getAllDomains").code == 1


def test_faults_come_over_the_wire_as_they_are(sandbox: Sandbox, live: Wire) -> None:
    sandbox.faults.add(kind="rate_limit", retry_after=3)
    sandbox.faults.add(kind="cut_json")
    call = {"action": "getAllDomains", "token": live.token}

    limited = live.client.post(PATHS["admin"], data=call)
    cut = live.client.post(PATHS["admin"], data=call)

    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "3")
    with pytest.raises(ValueError, match=r"."):
        cut.json()


def test_a_slow_call_does_not_hold_up_the_others(sandbox: Sandbox, live: Wire) -> None:
    sandbox.faults.add(action="getAdminStats", kind="slow", seconds=1)
    slow = threading.Thread(target=live.call, args=("getAdminStats",))
    slow.start()
    started = time.monotonic()

    answer = live.call("getAllDomains")

    assert answer.code == 1
    assert time.monotonic() - started < 0.8
    slow.join()


def test_of_eight_adding_the_same_mailbox_one_wins(sandbox: Sandbox, live: Wire) -> None:
    start = threading.Barrier(8)

    def add() -> object:
        start.wait()
        return live.call("addUser", **user_fields("anna")).data

    with ThreadPoolExecutor(8) as pool:
        answers = [future.result() for future in [pool.submit(add) for _ in range(8)]]

    assert sorted(map(str, answers)) == ["User added"] + ["User already exists"] * 7
    assert list(sandbox.mailboxes(DOMAIN)) == ["anna"]


def test_of_eight_for_the_last_free_mailbox_one_wins(sandbox: Sandbox, live: Wire) -> None:
    sandbox.add_reseller(RESELLER, PASSWORD, maxemails=1)

    def add(number: int) -> int:
        return int(live.call("addUser", **user_fields(f"user{number}")).code)

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(add, range(8)))

    assert sum(codes) == 1
    assert len(sandbox.mailboxes(DOMAIN)) == 1


def test_closing_ends_the_connections_that_are_kept_alive(sandbox: Sandbox) -> None:
    served = sandbox.serve()
    with httpx.Client(base_url=served.url, timeout=2) as client:
        assert client.post(PATHS["user"]).status_code == 200

        served.close()

        with pytest.raises(httpx.TransportError):
            client.post(PATHS["user"])


def test_the_webmail_address_follows_the_port(sandbox: Sandbox, served: Served, live: Wire) -> None:
    sandbox.add_mailbox(DOMAIN, "anna")

    login = live.call("getOTPassAndToken", username="anna", domain=DOMAIN).data

    assert login["url"] == f"127.0.0.1:{served.port}/webmail"
    form = {"accessToken": login["token"], "password": login["otp"]}
    assert "Mailbox open: anna@acme.test" in httpx.post(f"http://{login['url']}", data=form).text
