"""A stand-in with one reseller and one verified domain, and a logged-in wire to it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from provisioning.sandbox import Sandbox
from tests.contract.wire import PATHS, Wire

RESELLER, PASSWORD = "reseller", "S3cret!pw"
DOMAIN = "acme.test"
STRONG = "Lumen-4471!x"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    sandbox.add_reseller(RESELLER, PASSWORD)
    sandbox.add_domain(DOMAIN, reseller=RESELLER)
    yield sandbox
    sandbox.close()


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A browser, more or less: it speaks to the stand-in's pages in process."""
    transport = httpx.WSGITransport(app=sandbox.wsgi)
    with httpx.Client(transport=transport, base_url="http://cp.emailarray.test") as client:
        yield client


@pytest.fixture
def wire(client: httpx.Client) -> Wire:
    wire = Wire(client, PATHS)
    assert wire.login(RESELLER, PASSWORD).code == 1
    return wire


def user_fields(username: str, **other: str) -> dict[str, str]:
    """Return the fields of an acceptable addUser."""
    fields = {
        "username": username,
        "domain": DOMAIN,
        "account_type": "1",
        "password": STRONG,
        "quota": "5",
        "uname": "",
        "twofa_allowed": "1",
        "user_language": "en",
    }
    return {**fields, **other}
