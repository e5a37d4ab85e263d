"""The command that points the product at a reseller account."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from clients.models import Activity
from provisioning.models import Server
from provisioning.sandbox import Sandbox
from tests import vendor as stand_in

pytestmark = pytest.mark.django_db


def add(**options: object) -> str:
    out = StringIO()
    call_command(
        "add_server",
        "Main",
        stand_in.USERNAME,
        admin_url=stand_in.ADMIN_URL,
        fallback_admin_url="",
        user_url=stand_in.USER_URL,
        stdout=out,
        **options,
    )
    return out.getvalue()


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("EMAILARRAY_PASSWORD", stand_in.PASSWORD)
    return stand_in.PASSWORD


def test_a_server_is_added_after_its_log_in_worked(vendor: Sandbox, password: str) -> None:
    said = add()

    server = Server.objects.get()
    assert server.health == Server.Health.OK
    assert (server.password, server.fallback_admin_url) == (password, "")
    assert len(vendor.calls("login")) == 1
    assert password not in said
    assert Activity.objects.get().action == "server.added"


def test_nothing_is_saved_when_the_log_in_is_refused(vendor: Sandbox) -> None:
    vendor.add_reseller(stand_in.USERNAME, "changed since")

    with pytest.raises(CommandError, match="The vendor refused"):
        add()

    assert not Server.objects.exists()


def test_a_name_is_taken_once(vendor: Sandbox) -> None:
    add()

    with pytest.raises(CommandError, match="already"):
        add()

    assert len(vendor.calls("login")) == 1


def test_a_missing_password_is_said_plainly(
    vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EMAILARRAY_PASSWORD")

    with pytest.raises(CommandError, match="Set EMAILARRAY_PASSWORD"):
        add()

    assert vendor.calls() == []
