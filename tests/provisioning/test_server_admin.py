"""Servers in the staff pages: where their password may go, and what the log tells."""

from __future__ import annotations

import pytest
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Activity
from provisioning.models import Server
from tests import makers

pytestmark = pytest.mark.django_db
ENTRANCE = "https://mail.example.test/admin/json.php"
FIELDS: dict[str, object] = {
    "name": "Main",
    "is_active": "on",
    "username": "reseller",
    "password": "",
    "admin_url": ENTRANCE,
    "fallback_admin_url": "",
    "user_url": "https://mail.example.test/json.php",
    "control_panel_url": "https://mail.example.test/processlogin.php",
    "control_panel_hand_off": "post",
    "max_domains": "",
    "mb_per_gb": "1000",
}


@pytest.fixture
def staff() -> Browser:
    browser = Browser()
    browser.force_login(
        makers.make_user(email="root@people.test", is_staff=True, is_superuser=True)
    )
    return browser


@pytest.fixture
def server() -> Server:
    return makers.make_server(
        name="Main",
        username="reseller",
        password="Kept-secret-1",
        admin_url=ENTRANCE,
        fallback_admin_url="",
        user_url=FIELDS["user_url"],
        control_panel_url=FIELDS["control_panel_url"],
    )


def change(staff: Browser, server: Server, **fields: object) -> str:
    """Send the form; return the page, or nothing where it was saved."""
    address = reverse("admin:provisioning_server_change", args=[server.pk])
    answer = staff.post(address, FIELDS | fields)
    return "" if answer.status_code == 302 else answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "somebody"),
        ("admin_url", "https://evil.test/json.php"),
        ("fallback_admin_url", "https://evil.test/json.php"),
        ("user_url", "https://evil.test/json.php"),
        ("control_panel_url", "https://evil.test/json.php"),
    ],
)
def test_the_stored_password_never_goes_to_another_address_or_name(
    staff: Browser, server: Server, field: str, value: str
) -> None:
    before = getattr(server, field)

    page = change(staff, server, **{field: value})

    server.refresh_from_db()
    assert "Enter the password again" in page
    assert "Kept-secret-1" not in page
    assert getattr(server, field) == before
    assert not Activity.objects.exists()


def test_a_new_address_with_its_password_is_saved_and_told(staff: Browser, server: Server) -> None:
    page = change(staff, server, admin_url="https://new.test/json.php", password="Another-one-2")

    server.refresh_from_db()
    line = Activity.objects.get()
    assert page == ""
    assert (server.admin_url, server.password) == ("https://new.test/json.php", "Another-one-2")
    assert (line.action, line.actor_name) == ("server.changed", "root@people.test")
    assert line.before == {"admin_url": ENTRANCE}
    assert line.after == {"admin_url": "https://new.test/json.php", "password": "changed"}


def test_anything_else_is_changed_without_the_password(staff: Browser, server: Server) -> None:
    page = change(staff, server, max_domains="40")

    server.refresh_from_db()
    line = Activity.objects.get()
    assert page == ""
    assert (server.max_domains, server.password) == (40, "Kept-secret-1")
    assert (line.before, line.after) == ({"max_domains": None}, {"max_domains": 40})


def test_saving_without_a_change_leaves_no_line(staff: Browser, server: Server) -> None:
    assert change(staff, server) == ""
    assert not Activity.objects.exists()


@pytest.mark.parametrize("host", ["mail.example.test", "localhost.evil.test", "10.0.0.7", "[::2]"])
def test_plain_http_to_another_machine_is_refused(
    staff: Browser, server: Server, host: str
) -> None:
    address = f"http://{host}/json.php"

    page = change(staff, server, admin_url=address, password="Kept-secret-1")

    server.refresh_from_db()
    assert "Use an https address" in page
    assert server.admin_url == ENTRANCE


@pytest.mark.parametrize("host", ["localhost:9025", "127.0.0.1:9025", "[::1]:9025"])
def test_plain_http_within_this_machine_is_fine(staff: Browser, server: Server, host: str) -> None:
    address = f"http://{host}/json.php"

    page = change(staff, server, admin_url=address, password="Kept-secret-1")

    server.refresh_from_db()
    assert page == ""
    assert server.admin_url == address


def test_a_server_that_is_added_is_told_without_its_secret(staff: Browser) -> None:
    staff.post(reverse("admin:provisioning_server_add"), FIELDS | {"password": "Brand-new-3"})

    line = Activity.objects.get()
    assert Server.objects.get().password == "Brand-new-3"
    assert (line.action, line.object_name) == ("server.added", "Main")
    assert line.actor_name == "root@people.test"
    assert "Brand-new-3" not in str(line.after)


def test_a_server_without_a_password_is_not_added(staff: Browser) -> None:
    answer = staff.post(reverse("admin:provisioning_server_add"), FIELDS)

    assert "Enter the password of the reseller account" in answer.content.decode()
    assert not Server.objects.exists()
