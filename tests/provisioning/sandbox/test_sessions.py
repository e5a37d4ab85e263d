"""Sessions, one-time passwords and what the clock does to both."""

from __future__ import annotations

import pytest

from provisioning.sandbox import Sandbox, Switches
from tests.contract.wire import Reply, Wire
from tests.provisioning.sandbox.conftest import DOMAIN, PASSWORD, RESELLER


@pytest.fixture(autouse=True)
def _anna(sandbox: Sandbox) -> None:
    sandbox.add_mailbox(DOMAIN, "anna", password="Harbor-22!q")


def open_mailbox(wire: Wire, password: str, username: str = "anna") -> Reply:
    login = {"action": "login", "username": username, "password": password, "domain": DOMAIN}
    return wire.post("user", login.items())


def one_time_password(wire: Wire) -> str:
    return str(wire.call("getOTPass", username="anna", domain=DOMAIN).data)


def test_a_session_ends_fifteen_idle_minutes_after_its_last_use(
    sandbox: Sandbox, wire: Wire
) -> None:
    for _ in range(3):
        sandbox.clock.advance(890)
        assert wire.call("getAllDomains").code == 1

    sandbox.clock.advance(905)

    assert wire.call("getAllDomains").data == "Invalid or expired session"


def test_fifty_sessions_of_one_reseller_are_open_at_once(wire: Wire) -> None:
    tokens = [wire.login(RESELLER, PASSWORD).data for _ in range(50)]

    assert len(set(tokens)) == 50
    for wire.token in tokens:
        assert wire.call("getAllDomains").code == 1


def test_a_new_password_counts_at_the_next_login_and_not_before(wire: Wire) -> None:
    wrong = wire.call("changePassword", password1="Wrong-1!", password2="Other-2!")
    changed = wire.call("changePassword", password1=PASSWORD, password2="Other-2!")

    assert (wrong.data, changed.code) == ("Invalid username or password", 1)
    assert wire.call("getAllDomains").code == 1
    assert wire.login(RESELLER, PASSWORD).code == 0
    assert wire.login(RESELLER, "Other-2!").code == 1


def test_a_one_time_password_opens_one_session_only(wire: Wire) -> None:
    otp = one_time_password(wire)

    assert open_mailbox(wire, otp).code == 1
    assert open_mailbox(wire, otp).data == "Invalid login"


def test_a_one_time_password_opens_no_other_mailbox(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.add_mailbox(DOMAIN, "bob")
    otp = one_time_password(wire)

    assert open_mailbox(wire, otp, "bob").code == 0
    assert open_mailbox(wire, otp).code == 1


def test_a_one_time_password_lives_three_hundred_seconds(sandbox: Sandbox, wire: Wire) -> None:
    early, late = one_time_password(wire), one_time_password(wire)
    sandbox.clock.advance(295)
    assert open_mailbox(wire, early).code == 1

    sandbox.clock.advance(10)

    assert open_mailbox(wire, late).data == "Invalid login"


def test_a_mailbox_opens_with_its_own_password_again_and_again(wire: Wire) -> None:
    assert [open_mailbox(wire, "Harbor-22!q").code for _ in range(2)] == [1, 1]
    assert open_mailbox(wire, "harbor-22!q").code == 0


def test_logging_in_is_seen_in_the_mailbox_row(wire: Wire) -> None:
    before = wire.call("getUserInfo", username="anna", domain=DOMAIN).data
    open_mailbox(wire, "Harbor-22!q")

    after = wire.call("getUserInfo", username="anna", domain=DOMAIN).data

    assert before["lastauth_timestamp"] is None
    assert len(after["lastauth_timestamp"]) == len("2026-03-03 17:40:08")


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("disableUser", {"username": "anna", "domain": DOMAIN}),
        ("updateDomain", {"domain": DOMAIN, "editdomainactive": "0"}),
    ],
)
def test_a_switched_off_mailbox_can_be_managed_but_not_opened(
    wire: Wire, action: str, fields: dict[str, str]
) -> None:
    token = open_mailbox(wire, "Harbor-22!q").data
    wire.call(action, **fields)

    otp = one_time_password(wire)

    assert open_mailbox(wire, otp).data == "Invalid login"
    assert wire.post("user", [("action", "getForwards"), ("token", token)]).code == 0
    assert wire.call("getUserInfo", username="anna", domain=DOMAIN).code == 1


def test_a_mailbox_session_is_worthless_on_the_admin_path(wire: Wire) -> None:
    wire.token = open_mailbox(wire, "Harbor-22!q").data

    assert wire.call("getAllDomains").data == "Invalid or expired session"


def test_a_webmail_login_names_the_landing_page_without_scheme(wire: Wire) -> None:
    login = wire.call("getOTPassAndToken", username="anna", domain=DOMAIN).data

    assert set(login) == {"otp", "token", "url"}
    assert login["url"] == "127.0.0.1:9025/webmail"


def test_rows_carry_one_time_passwords_only_when_asked(sandbox: Sandbox, wire: Wire) -> None:
    plain = wire.call("getAllUsersDomain", domain=DOMAIN, getOTPAndToken="0").data[0]
    asked = wire.call("getAllUsersDomain", domain=DOMAIN, getOTPAndToken="1").data[0]
    sandbox.switches = Switches(otp_in_rows=False)
    refused = wire.call("getAllUsersDomain", domain=DOMAIN, getOTPAndToken="1").data[0]

    assert {"otp", "token", "url"} <= set(asked)
    assert "otp" not in plain
    assert "otp" not in refused


def test_the_log_of_calls_keeps_names_but_no_secret(sandbox: Sandbox, wire: Wire) -> None:
    otp = one_time_password(wire)
    open_mailbox(wire, otp)

    kept = repr(sandbox.calls())

    assert [call.action for call in sandbox.calls()] == ["login", "getOTPass", "login"]
    assert sandbox.calls("login")[1].fields["password"] == "***"
    assert sandbox.calls("getOTPass")[0].fields["username"] == "anna"
    assert all(secret not in kept for secret in (otp, PASSWORD, wire.token))
