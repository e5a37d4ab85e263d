"""The order in which a call is checked, and the rules of names, values and allowances."""

from __future__ import annotations

import pytest

from provisioning.sandbox import Sandbox
from tests.contract.wire import Wire
from tests.provisioning.sandbox.conftest import DOMAIN, RESELLER, user_fields


def test_an_unknown_action_is_named_before_the_session_is_looked_at(wire: Wire) -> None:
    wire.token = "nonsense"

    assert wire.call("deleteUser").data == "Unknown action"


def test_a_bad_session_is_named_before_a_missing_field(wire: Wire) -> None:
    wire.token = "nonsense"

    assert wire.call("addUser").data == "Invalid or expired session"


def test_a_missing_field_is_named_before_the_domain_is_looked_up(wire: Wire) -> None:
    reply = wire.call("addUser", **user_fields("", domain="unknown.test"))

    assert reply.data == "Missing parameter: username"


def test_the_domain_is_looked_up_before_the_password_is_judged(wire: Wire) -> None:
    reply = wire.call("addUser", **user_fields("anna", domain="unknown.test", password="x"))

    assert reply.data == "Domain does not exist"


def test_an_unverified_domain_is_named_before_the_name_is_looked_up(
    sandbox: Sandbox, wire: Wire
) -> None:
    sandbox.add_domain("new.test", reseller=RESELLER, verified=False)
    sandbox.add_mailbox("new.test", "anna")

    assert wire.call("addUser", **user_fields("anna", domain="new.test")).data == (
        "Domain is not verified"
    )


def test_a_taken_name_is_named_before_the_password_is_judged(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.add_mailbox(DOMAIN, "anna")

    assert wire.call("addUser", **user_fields("anna", password="x")).data == "User already exists"


def test_a_bad_value_is_named_before_a_used_up_allowance(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.add_reseller(RESELLER, "S3cret!pw", maxemails=0)

    assert wire.call("addUser", **user_fields("anna", quota="-1")).data == "Invalid quota"
    assert wire.call("addUser", **user_fields("anna")).data == "Account limit reached"
    assert sandbox.mailboxes(DOMAIN) == {}


def test_the_same_name_means_another_action_on_the_other_path(wire: Wire) -> None:
    pairs = [("action", "getAllDomains"), ("token", wire.token)]

    assert wire.post("admin", pairs).code == 1
    assert wire.post("user", pairs).data == "Unknown action"


def test_another_resellers_domain_does_not_exist(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.add_reseller("rival", "Rival-1234!")
    sandbox.add_domain("rival.test", reseller="rival")

    assert wire.call("removeDomain", domain="rival.test").data == "Domain does not exist"
    assert wire.call("addDomain", newdomain="rival.test").data == "Domain is already in use"
    assert wire.call("isDomainAvailable", domain="rival.test").code == 0
    assert "rival.test" in sandbox.domains()


@pytest.mark.parametrize(
    ("action", "fields", "sentence"),
    [
        ("addUser", user_fields("info"), "Address is already in use"),
        ("addUser", user_fields("team"), "Address is already in use"),
        ("addUser", user_fields("ANNA"), "User already exists"),
        ("addAlias", {"alias": "anna", "forward": "x@y.test"}, "Address is already in use"),
        ("addAlias", {"alias": "team", "forward": "x@y.test"}, "Address is already in use"),
        ("addAlias", {"alias": "info", "forward": "x@y.test"}, "Address is already in use"),
        ("addList", {"newlname": "anna", "newlisttype": "1"}, "Address is already in use"),
        ("addList", {"newlname": "info", "newlisttype": "1"}, "Address is already in use"),
        ("addList", {"newlname": "team", "newlisttype": "1"}, "List already exists"),
    ],
)
def test_mailboxes_aliases_and_lists_share_one_name_space(
    sandbox: Sandbox, wire: Wire, action: str, fields: dict[str, str], sentence: str
) -> None:
    sandbox.add_mailbox(DOMAIN, "anna")
    wire.call("addAlias", alias="info", domain=DOMAIN, forward="anna@acme.test")
    wire.call("addList", newlname="team", domain=DOMAIN, newlisttype="1")

    reply = wire.call(action, **{"domain": DOMAIN, **fields})

    assert (reply.code, reply.data) == (0, sentence)


@pytest.mark.parametrize(
    "password", ["Ab1!xyz", "lumen-4471", "LUMEN-4471!", "Lumen-abcd!", "Lumen44715"]
)
def test_a_password_lacking_one_of_the_five_things_is_refused(
    sandbox: Sandbox, wire: Wire, password: str
) -> None:
    reply = wire.call("addUser", **user_fields("anna", password=password))

    assert reply.data == "Password does not meet the requirements"
    assert sandbox.mailboxes(DOMAIN) == {}


def test_a_password_arrives_as_it_was_typed(sandbox: Sandbox, wire: Wire) -> None:
    wire.call("addUser", **user_fields("anna", password=' Ä+b&c=1%"<Z '))

    assert sandbox.accepts_password(DOMAIN, "anna", ' Ä+b&c=1%"<Z ')
    assert not sandbox.accepts_password(DOMAIN, "anna", 'Ä+b&c=1%"<Z')


@pytest.mark.parametrize("username", [".anna", "anna.", "an na", "anna@x", "a" * 65, "ännä"])
def test_an_unusable_user_name_is_refused(wire: Wire, username: str) -> None:
    assert wire.call("addUser", **user_fields(username)).data == "Invalid username"


@pytest.mark.parametrize("quota", ["0", "-1", "abc", "1e3", "1,5"])
def test_an_unusable_quota_is_refused(wire: Wire, quota: str) -> None:
    assert wire.call("addUser", **user_fields("anna", quota=quota)).data == "Invalid quota"


def test_a_quota_is_written_in_gigabytes_and_read_in_thousands_of_megabytes(wire: Wire) -> None:
    wire.call("addUser", **user_fields("anna", quota="0.5"))

    assert wire.call("getUserInfo", username="anna", domain=DOMAIN).data["quota"] == "500"


def test_the_quota_allowance_is_kept_on_adding_and_on_raising(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.add_reseller(RESELLER, "S3cret!pw", maxquota=10_000)
    wire.call("addUser", **user_fields("anna", quota="8"))

    added = wire.call("addUser", **user_fields("bob", quota="2.5"))
    raised = wire.call("updateUser", editusername="anna", editdomain=DOMAIN, editquota="11")
    lowered = wire.call("updateUser", editusername="anna", editdomain=DOMAIN, editquota="7")

    assert (added.data, raised.data, lowered.code) == (
        "Quota limit reached",
        "Quota limit reached",
        1,
    )
    assert {name: row["quota_gb"] for name, row in sandbox.mailboxes(DOMAIN).items()} == {
        "anna": 7.0
    }


def test_an_upgrade_needs_a_free_enhanced_mailbox(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.add_reseller(RESELLER, "S3cret!pw", maxeemails=1)
    sandbox.add_mailbox(DOMAIN, "anna")
    sandbox.add_mailbox(DOMAIN, "boss", account_type=2)

    reply = wire.call("updateUser", editusername="anna", editdomain=DOMAIN, editaccount_type="2")

    assert reply.data == "Account limit reached"
    assert sandbox.mailboxes(DOMAIN)["anna"]["account_type"] == 1


def test_the_domain_allowance_is_kept(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.add_reseller(RESELLER, "S3cret!pw", maxdomains=1)

    assert wire.call("addDomain", newdomain="second.test").data == "Account limit reached"
    assert list(sandbox.domains()) == [DOMAIN]


def test_a_mailbox_of_an_unknown_kind_keeps_it_but_none_can_be_ordered(
    sandbox: Sandbox, wire: Wire
) -> None:
    sandbox.add_mailbox(DOMAIN, "exchange", account_type=7)
    same = {"editusername": "exchange", "editdomain": DOMAIN, "editaccount_type": "7"}

    assert wire.call("addUser", **user_fields("anna", account_type="7")).data == (
        "Invalid account type"
    )
    assert wire.call("updateUser", **same).code == 1
    assert sandbox.mailboxes(DOMAIN)["exchange"]["account_type"] == 7


def test_absent_edit_fields_leave_a_mailbox_as_it_is(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.add_mailbox(DOMAIN, "anna", account_type=2, quota_gb=7.5, uname="Anna")

    wire.call("updateUser", editusername="anna", editdomain=DOMAIN, edituname="Anna B")

    anna = sandbox.mailboxes(DOMAIN)["anna"]
    assert (anna["uname"], anna["account_type"], anna["quota_gb"]) == ("Anna B", 2, 7.5)


def test_a_refused_call_changes_nothing_and_leaves_no_line_in_the_history(
    sandbox: Sandbox, wire: Wire
) -> None:
    sandbox.add_mailbox(DOMAIN, "anna", uname="Anna")
    fields = {"editusername": "anna", "editdomain": DOMAIN, "edituname": "X", "editquota": "-1"}

    assert wire.call("updateUser", **fields).code == 0

    assert sandbox.mailboxes(DOMAIN)["anna"]["uname"] == "Anna"
    assert wire.call("getAccountStats").data == []


def test_the_history_names_writes_newest_first(wire: Wire) -> None:
    wire.call("addUser", **user_fields("anna"))
    wire.call("getAllDomains")
    wire.call("disableUser", username="anna", domain=DOMAIN)

    rows = wire.call("getAccountStats").data

    assert [(row["action"], row["username"]) for row in rows] == [
        ("disableUser", RESELLER),
        ("addUser", RESELLER),
    ]


def test_removing_a_mailbox_takes_its_forwards_but_not_what_points_to_it(
    sandbox: Sandbox, wire: Wire
) -> None:
    wire.call("addUser", **user_fields("anna"))
    wire.call("addAlias", alias="info", domain=DOMAIN, forward="anna@acme.test")
    wire.call("addList", newlname="team", domain=DOMAIN, newlisttype="1")
    wire.call("addListMember", editlname="team", editdomain=DOMAIN, newmember="Anna@acme.test")

    assert wire.call("removeUser", username="anna", domain=DOMAIN).code == 1

    assert sandbox.mailboxes(DOMAIN) == {}
    assert sandbox.aliases(DOMAIN) == {"info": "anna@acme.test"}
    assert sandbox.lists(DOMAIN) == {"team": ["anna@acme.test"]}


def test_rows_are_sliced_by_offset_and_sorted_by_name(sandbox: Sandbox, wire: Wire) -> None:
    for name in ("carl", "anna", "bob", "dora"):
        sandbox.add_mailbox(DOMAIN, name)

    page = wire.call("getAllUsersDomain", domain=DOMAIN, slicing="1", offset="1", limit="2")
    everything = wire.call("getAllUsersDomain", domain=DOMAIN, slicing="0", offset="0", limit="0")

    assert [row["username"] for row in page.data] == ["bob", "carl"]
    assert page.body["meta"] == {"all": 4}
    assert len(everything.data) == 4


def test_a_search_looks_at_addresses_and_names(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.add_mailbox(DOMAIN, "anna", uname="Anna Berg")
    sandbox.add_mailbox(DOMAIN, "bob", uname="Bob Stone")

    found = wire.call("searchUsers", domain=DOMAIN, search="BERG")

    assert [row["username"] for row in found.data] == ["anna"]
    assert found.body["meta"] == {"all": 1}
