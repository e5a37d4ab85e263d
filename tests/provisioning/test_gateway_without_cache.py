"""The gateway while the cache is down: each call logs in for itself."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from polarismail.demo.ports import HOST, free_port
from provisioning import gateway
from provisioning.sandbox import Sandbox
from tests import makers

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]


@pytest.fixture
def no_cache(settings: Settings) -> None:
    """Nobody listens where the cache should be."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://{HOST}:{free_port()}/0",
        }
    }


@pytest.mark.usefixtures("no_cache")
def test_calls_are_made_without_a_cache(vendor: Sandbox) -> None:
    server = makers.make_server()

    for _ in range(2):
        with gateway.vendor(server) as client:
            client.domains.list()

    assert len(vendor.calls("getAllDomains")) == 2
    assert len(vendor.calls("login")) == 2


@pytest.mark.usefixtures("no_cache")
def test_an_expired_session_is_renewed_without_a_cache(vendor: Sandbox) -> None:
    server = makers.make_server()
    vendor.faults.add(kind="expired_token", action="getAllDomains")

    with gateway.vendor(server) as client:
        assert client.domains.list() == []

    assert len(vendor.calls("getAllDomains")) == 2
