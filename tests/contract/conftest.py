"""The two parties the contract is held against: the stand-in, and a real account on request."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from provisioning.sandbox import Sandbox
from tests.contract.wire import PATHS, Wire

RESELLER, PASSWORD = "acme-api", "Reseller#2031"
DOMAIN, MAILBOX = "acme.example", "nora"
_LIVE_USER_URL = "https://cp.emailarray.com/json.php"


@dataclass
class Party:
    """Somebody who speaks the contract: a logged-in wire, a domain and one mailbox in it."""

    wire: Wire
    username: str
    password: str
    domain: str
    mailbox: str


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the real account alone unless `-m live` asks for it, and its data unless told."""
    wanted = "live" in (config.option.markexpr or "")
    writes = os.environ.get("EMAILARRAY_LIVE_WRITES") == "1"
    left_out = []
    for item in items:
        if item.get_closest_marker("live") is None:
            continue
        changes = "writable_party" in getattr(item, "fixturenames", ())
        if not wanted or (changes and not writes):
            left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A stand-in with one verified domain and one mailbox, as in the recorded examples."""
    sandbox = Sandbox()
    sandbox.add_reseller(RESELLER, PASSWORD)
    sandbox.add_domain(DOMAIN, reseller=RESELLER)
    sandbox.add_mailbox(
        DOMAIN, MAILBOX, account_type=2, quota_gb=10, uname="Nora Quist", usage_mb=2310
    )
    yield sandbox
    sandbox.close()


@pytest.fixture
def stand_in(sandbox: Sandbox) -> Iterator[Party]:
    """The stand-in in process, logged in."""
    urls = {api: f"http://cp.emailarray.test{path}" for api, path in PATHS.items()}
    with httpx.Client(transport=httpx.WSGITransport(app=sandbox.wsgi)) as client:
        wire = Wire(client, urls)
        wire.login(RESELLER, PASSWORD)
        yield Party(wire, RESELLER, PASSWORD, DOMAIN, MAILBOX)


@pytest.fixture
def live_account() -> Iterator[Party]:
    """The real account that the environment names, logged in."""
    urls = {
        "admin": os.environ["EMAILARRAY_ADMIN_URL"],
        "user": os.environ.get("EMAILARRAY_USER_URL", _LIVE_USER_URL),
    }
    username, password = os.environ["EMAILARRAY_USERNAME"], os.environ["EMAILARRAY_PASSWORD"]
    domain = os.environ["EMAILARRAY_DOMAIN"]
    with httpx.Client(timeout=30) as client:
        wire = Wire(client, urls)
        wire.login(username, password)
        everyone = wire.call("getAllUsersDomain", domain=domain, slicing="1", offset="0", limit="1")
        mailbox = everyone.data[0]["username"] if everyone.data else ""
        yield Party(wire, username, password, domain, mailbox)


_PARTIES = [
    "stand_in",
    pytest.param("live_account", marks=[pytest.mark.live, pytest.mark.enable_socket]),
]


@pytest.fixture(params=_PARTIES)
def party(request: pytest.FixtureRequest) -> Party:
    """Either party, for tests that only read."""
    found: Party = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=_PARTIES)
def writable_party(request: pytest.FixtureRequest) -> Party:
    """Either party, for tests that write; a real one only if the environment agrees."""
    found: Party = request.getfixturevalue(request.param)
    return found
