"""The reseller's own account: counters, history, brand, password and address."""

from __future__ import annotations

from provisioning.sandbox import sentences
from provisioning.sandbox.calls import Call, registry
from provisioning.sandbox.clock import stamp
from provisioning.sandbox.rules import is_address
from provisioning.sandbox.sentences import Refused
from provisioning.sandbox.store import hidden, matches
from provisioning.sandbox.wire import Answer

UNLIMITED = -1
_HISTORY_DEPTH = 100


@registry.action("getAdminStats")
def counters(call: Call) -> Answer:
    """Answer what is used and allowed: `curemails` a number, all others numeric text."""
    reseller = call.caller
    factor = call.world.switches.gb_factor
    return Answer(
        {
            "curemails": mailboxes_of_type(call, 1),
            "cureemails": str(mailboxes_of_type(call, 2)),
            "curocemails": "0",
            "curexemails": "0",
            "maxemails": str(reseller["maxemails"]),
            "maxeemails": str(reseller["maxeemails"]),
            "maxocemails": str(reseller["maxocemails"]),
            "maxexemails": str(reseller["maxexemails"]),
            "curdomains": str(domains_held(call)),
            "maxdomains": str(reseller["maxdomains"]),
            "curquota": str(round(gigabytes_assigned(call) * factor)),
            "maxquota": str(reseller["maxquota"]),
            "autogrow_quota": "0",
        }
    )


@registry.action("getAdminBrandInfo")
def brand(call: Call) -> Answer:
    """Answer the reseller's own brand, all text."""
    return Answer(
        {
            "basic_logo": "",
            "basic_logo_href": "",
            "supportemail": call.caller["email"],
            "brandname": "",
            "brandlink": "",
            "brandcolor": "",
        }
    )


@registry.action("getAccountStats")
def history(call: Call) -> Answer:
    """Answer the writes of this reseller, newest first."""
    rows = call.world.store.all(
        "SELECT * FROM history WHERE reseller_id = ? ORDER BY id DESC LIMIT ?",
        call.caller["id"],
        _HISTORY_DEPTH,
    )
    return call.collection(
        [
            {
                "action": row["action"],
                "username": row["username"],
                "remoteip": row["remoteip"],
                "date1": stamp(row["at"]),
            }
            for row in rows
        ]
    )


@registry.action("changePassword", requires=("password1", "password2"), writes=True)
def change_password(call: Call) -> Answer:
    """Change the reseller's password; open sessions stay open."""
    first, second = call.fields.text("password1"), call.fields.text("password2")
    if call.world.switches.credential_change == "current-new":
        if not matches(first, call.caller["password"]):
            raise Refused(sentences.INVALID_CREDENTIALS)
    elif first != second:
        raise Refused(sentences.PASSWORDS_DIFFER)
    call.world.store.run(
        "UPDATE resellers SET password = ? WHERE id = ?", hidden(second), call.caller["id"]
    )
    return Answer("Password changed")


@registry.action("changeEmail", requires=("emailadmin",), writes=True)
def change_email(call: Call) -> Answer:
    """Change the reseller's contact address."""
    address = call.text("emailadmin")
    if not is_address(address):
        raise Refused(sentences.INVALID_ADDRESS)
    call.world.store.run("UPDATE resellers SET email = ? WHERE id = ?", address, call.caller["id"])
    return Answer("Email updated")


def domains_held(call: Call) -> int:
    """Count the caller's domains, verified or not."""
    return int(
        call.world.store.number(
            "SELECT count(*) FROM domains WHERE reseller_id = ?", call.caller["id"]
        )
    )


def mailboxes_of_type(call: Call, account_type: int) -> int:
    """Count the caller's mailboxes of a type over all domains, disabled ones included."""
    return int(
        call.world.store.number(
            "SELECT count(*) FROM mailboxes JOIN domains ON domains.id = domain_id"
            " WHERE reseller_id = ? AND account_type = ?",
            call.caller["id"],
            account_type,
        )
    )


def gigabytes_assigned(call: Call) -> float:
    """Add up the quotas of the caller's mailboxes."""
    return call.world.store.number(
        "SELECT sum(quota_gb) FROM mailboxes JOIN domains ON domains.id = domain_id"
        " WHERE reseller_id = ?",
        call.caller["id"],
    )


def check_account_allowance(call: Call, account_type: int) -> None:
    """
    Refuse one more mailbox of a type whose allowance is used up.

    :raises Refused: then; types without a known allowance are let through
    """
    column = {1: "maxemails", 2: "maxeemails"}.get(account_type)
    if column is None or call.caller[column] == UNLIMITED:
        return
    if mailboxes_of_type(call, account_type) >= call.caller[column]:
        raise Refused(sentences.ACCOUNT_LIMIT)


def check_quota_allowance(call: Call, more_gb: float) -> None:
    """
    Refuse more quota than the allowance leaves; giving some back always passes.

    :raises Refused: then
    """
    allowed_mb = call.caller["maxquota"]
    if more_gb <= 0 or allowed_mb == UNLIMITED:
        return
    wanted_mb = (gigabytes_assigned(call) + more_gb) * call.world.switches.gb_factor
    if round(wanted_mb) > allowed_mb:
        raise Refused(sentences.QUOTA_LIMIT)
