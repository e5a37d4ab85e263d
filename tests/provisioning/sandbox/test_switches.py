"""Every open question can be answered the other way."""

from __future__ import annotations

import argparse
import base64
from dataclasses import fields, replace
from typing import Any

import pytest

from provisioning.sandbox import Sandbox, Switches, switches
from tests.contract.wire import Reply, Wire
from tests.provisioning.sandbox.conftest import DOMAIN, PASSWORD, RESELLER, user_fields

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 16


@pytest.fixture(autouse=True)
def _anna(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.add_mailbox(DOMAIN, "zoe")
    sandbox.add_mailbox(
        DOMAIN, "anna", account_type=2, quota_gb=10, usage_mb=20, password="Aa1!aaaa"
    )
    wire.call("addList", newlname="team", domain=DOMAIN, newlisttype="1")
    sandbox.add_domain("empty.test", reseller=RESELLER)


def set_switches(sandbox: Sandbox, **answers: Any) -> None:
    sandbox.switches = replace(sandbox.switches, **answers)


def anna(wire: Wire) -> dict[str, Any]:
    return dict(wire.call("getUserInfo", username="anna", domain=DOMAIN).data)


def log_in_as_anna(wire: Wire, otp: str | None = None) -> Reply:
    password = otp or "Aa1!aaaa"
    login = {"action": "login", "username": "anna", "password": password, "domain": DOMAIN}
    return wire.post("user", login.items())


def test_every_open_question_but_those_about_the_client_has_a_switch() -> None:
    answered = {switch.metadata["question"] for switch in fields(Switches)}

    assert answered == set(range(1, 29))


def test_the_command_line_sets_each_switch_and_keeps_the_defaults() -> None:
    parser = argparse.ArgumentParser()
    switches.add_arguments(parser)

    untouched = switches.from_arguments(parser.parse_args([]))
    changed = switches.from_arguments(
        parser.parse_args(["--gb-factor", "1024", "--no-meta-all", "--list-name", "local"])
    )

    assert untouched == Switches()
    assert changed == Switches(gb_factor=1024, meta_all=False, list_name="local")


def test_a_session_may_end_sooner(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, token_idle_seconds=60)
    sandbox.clock.advance(61)

    assert wire.call("getAllDomains").code == 0


def test_an_expired_session_may_be_told_otherwise(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, expired_session_text="Please log in", expired_session_status=401)
    sandbox.expire_sessions()

    reply = wire.call("getAllDomains")

    assert (reply.status, reply.data) == (401, "Please log in")


def test_a_pending_verification_may_come_as_an_object(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, verification_payload="object")
    sandbox.add_domain("new.test", reseller=RESELLER, verified=False)

    data = wire.call("getDomainVerification", domain="new.test").data

    assert (data["type"], data["host"]) == ("TXT", "mx-verification")
    assert data["value"].startswith("ea-verify=")


def test_unverified_domains_may_stay(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, purge_after_seconds=0)
    sandbox.add_domain("new.test", reseller=RESELLER, verified=False)
    sandbox.clock.advance(10 * 86_400)

    assert wire.login(RESELLER, PASSWORD).code == 1
    assert "new.test" in sandbox.domains()


def test_a_gigabyte_may_have_1024_megabytes(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, gb_factor=1024)

    assert anna(wire)["quota"] == "10240"
    assert wire.call("getDomainInfo", domain=DOMAIN).data["totalQuota"] == 15 * 1024


def test_mailbox_rows_may_carry_numbers(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, row_numbers="number")

    row = anna(wire)

    assert (row["quota"], row["account_type"], row["disabled"], row["usage"]) == (10000, 2, 0, 20)


@pytest.mark.parametrize(("unit", "usage"), [("bytes", "20000000"), ("text", "20 MB")])
def test_usage_may_come_in_another_unit(
    sandbox: Sandbox, wire: Wire, unit: str, usage: str
) -> None:
    set_switches(sandbox, usage_unit=unit)

    assert anna(wire)["usage"] == usage


def test_an_empty_collection_may_be_null_or_a_refusal(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, empty_collections="null")
    null = wire.call("getAllUsersDomain", domain="empty.test")
    set_switches(sandbox, empty_collections="refusal")
    refusal = wire.call("getAllUsersDomain", domain="empty.test")

    assert (null.code, null.data) == (1, None)
    assert (refusal.code, refusal.data) == (0, "No records found")


def test_the_total_may_be_left_out(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, meta_all=False)

    assert "meta" not in wire.call("getAllUsersDomain", domain=DOMAIN).body


def test_list_names_may_be_local_parts_and_both_forms_are_taken(
    sandbox: Sandbox, wire: Wire
) -> None:
    full = wire.call("getAllListsDomain", domain=DOMAIN).data
    set_switches(sandbox, list_name="local")
    local = wire.call("getAllListsDomain", domain=DOMAIN).data

    assert (full[0]["lname"], local[0]["lname"]) == ("team@acme.test", "team")
    assert wire.call("getListMembers", domain=DOMAIN, lname="team@acme.test").code == 1
    assert wire.call("getListMembers", domain=DOMAIN, lname="team").code == 1
    assert wire.call("getListMembers", domain=DOMAIN, lname="team@empty.test").code == 0


@pytest.mark.parametrize(
    ("encoding", "logo", "code"),
    [
        ("base64", base64.b64encode(PNG), 1),
        ("base64", PNG, 0),
        ("raw", PNG, 1),
        ("raw", base64.b64encode(PNG), 0),
    ],
)
def test_only_one_spelling_of_a_logo_may_be_taken(
    sandbox: Sandbox, wire: Wire, encoding: str, logo: bytes, code: int
) -> None:
    set_switches(sandbox, logo_encoding=encoding)
    head = [("action", "setDomainBrandingV2"), ("token", wire.token), ("domain", DOMAIN)]

    assert wire.post("admin", [*head, ("brand[newlogo]", logo)]).code == code


def test_absent_edit_fields_may_fall_back(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, absent_edit_fields="reset")

    wire.call("updateUser", editusername="anna", editdomain=DOMAIN, edituname="Anna")

    assert (anna(wire)["account_type"], anna(wire)["quota"]) == ("1", "1000")


@pytest.mark.parametrize(
    ("takes", "value", "code"),
    [("any", "x", 1), ("address", "x", 0), ("address", "a@b.test", 1), ("flag", "a@b.test", 0),
     ("flag", "1", 1), ("flag", "0", 1), ("address", "", 1)],
)  # fmt: skip
def test_a_catchall_may_be_text_an_address_or_a_flag(
    sandbox: Sandbox, wire: Wire, takes: str, value: str, code: int
) -> None:
    set_switches(sandbox, catchall=takes)

    assert wire.call("updateDomain", domain=DOMAIN, editcatchall=value).code == code


def test_a_new_password_may_have_to_be_repeated(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, credential_change="new-repeat")

    assert wire.call("changePassword", password1="New-1234!", password2="Other-1!").code == 0
    assert wire.call("changePassword", password1="New-1234!", password2="New-1234!").code == 1
    assert wire.login(RESELLER, "New-1234!").code == 1


def test_more_account_types_may_be_ordered(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, account_types="1, 2, 5")

    assert wire.call("addUser", **user_fields("bob", account_type="5")).code == 1


def test_new_domains_may_be_basic(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, new_domain_type="1")
    wire.call("addDomain", newdomain="new.test")

    assert sandbox.domains()["new.test"]["domaintype"] == "1"


def test_a_disabled_mailbox_may_still_open(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, inactive_login="allow")
    wire.call("disableUser", username="anna", domain=DOMAIN)

    assert log_in_as_anna(wire).code == 1


def test_a_one_time_password_may_live_longer_and_be_used_twice(
    sandbox: Sandbox, wire: Wire
) -> None:
    set_switches(sandbox, otp_seconds=3600, otp_single_use=False)
    otp = wire.call("getOTPass", username="anna", domain=DOMAIN).data
    sandbox.clock.advance(3000)

    assert [log_in_as_anna(wire, otp).code for _ in range(2)] == [1, 1]


def test_totals_may_have_other_shapes(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, total_users="object", assigned_quota="string")
    as_object = wire.call("getTotalUsersDomain", domain=DOMAIN, atype="E").data
    set_switches(sandbox, total_users="number")
    as_number = wire.call("getTotalUsersDomain", domain=DOMAIN, atype="E").data

    assert (as_object, as_number) == ({"basic": 1, "enhanced": 1}, 1)
    assert wire.call("getDomainAssignedQuota", domain=DOMAIN).data == "15000"


def test_refusals_may_use_other_words(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, sentences="alternate")

    reply = wire.call("addUser", **user_fields("anna"))

    assert (reply.code, reply.data) == (0, "A user with this name already exists")


def test_an_unknown_action_may_have_another_status(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, refusal_status=400, get_status=403)

    assert wire.call("nonsense").status == 400
    assert wire.call("getDomainInfo").status == 400
    assert wire.client.get("/admin/json.php").status_code == 403


def test_an_answer_may_be_called_html_and_have_noise_before_it(
    sandbox: Sandbox, wire: Wire
) -> None:
    noisy = {"content_type": "text/html", "byte_order_mark": True, "notice_before_json": True}
    set_switches(sandbox, **noisy)

    answer = wire.client.post("/admin/json.php", data={"action": "x"})

    assert answer.headers["Content-Type"] == "text/html"
    assert answer.content.startswith(b"\xef\xbb\xbf<br />")
    assert answer.content.endswith(b'{"returncode":0,"returndata":"Unknown action"}')


def test_a_login_sets_a_cookie_unless_told_not_to(sandbox: Sandbox, wire: Wire) -> None:
    login = {"action": "login", "username": RESELLER, "password": PASSWORD}
    usual = wire.client.post("/admin/json.php", data=login)
    set_switches(sandbox, phpsessid=False)
    bare = wire.client.post("/admin/json.php", data=login)

    assert "PHPSESSID=" in usual.headers["Set-Cookie"]
    assert "Set-Cookie" not in bare.headers


def test_removing_a_mailbox_may_take_what_points_to_it(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, removal_takes="all")
    wire.call("addAlias", alias="info", domain=DOMAIN, forward="anna@acme.test")
    wire.call("addListMember", editlname="team", editdomain=DOMAIN, newmember="anna@acme.test")

    wire.call("removeUser", username="anna", domain=DOMAIN)

    assert (sandbox.aliases(DOMAIN), sandbox.lists(DOMAIN)) == ({}, {"team": []})


def test_names_may_keep_their_case_and_unicode_domains_be_refused(
    sandbox: Sandbox, wire: Wire
) -> None:
    set_switches(sandbox, names="as-sent", idn="refuse")

    assert wire.call("addUser", **user_fields("Bob")).code == 1
    assert "Bob" in sandbox.mailboxes(DOMAIN)
    assert wire.call("addDomain", newdomain="bücher.test").code == 0


def test_switching_dkim_off_may_drop_the_key(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, dkim_disable_drops_key=True)
    wire.call("enableDKIM", domain=DOMAIN)
    wire.call("disableDKIM", domain=DOMAIN)

    assert wire.call("getDKIM", domain=DOMAIN).data["dkim_key"] == ""


def test_an_alias_may_have_several_targets_and_outside_ones_a_cap(
    sandbox: Sandbox, wire: Wire
) -> None:
    two = {"domain": DOMAIN, "alias": "info", "forward": "anna@acme.test, zoe@acme.test"}
    refused = wire.call("addAlias", **two)
    set_switches(sandbox, alias_targets=2, external_alias_cap=0)

    outside = wire.call("addAlias", domain=DOMAIN, alias="out", forward="x@y.test")

    assert refused.data == "Invalid email address"
    assert wire.call("addAlias", **two).code == 1
    assert outside.data == "External alias limit reached"


def test_rows_may_come_by_age_and_pages_be_capped(sandbox: Sandbox, wire: Wire) -> None:
    set_switches(sandbox, row_order="id", max_limit=1)

    page = wire.call("getAllUsersDomain", domain=DOMAIN, slicing="1", offset="0", limit="9999")

    assert [row["username"] for row in page.data] == ["zoe"]
    assert page.body["meta"] == {"all": 2}
