"""Mailboxes: listing, searching, adding, changing, switching off and removing."""

from __future__ import annotations

import re
from typing import Any

from provisioning.sandbox import sentences
from provisioning.sandbox.actions.reseller import check_account_allowance, check_quota_allowance
from provisioning.sandbox.actions.sessions import webmail_login
from provisioning.sandbox.calls import Call, registry
from provisioning.sandbox.clock import stamp
from provisioning.sandbox.rules import gigabytes, is_local_part, is_strong_password
from provisioning.sandbox.sentences import Refused
from provisioning.sandbox.store import Row, hidden
from provisioning.sandbox.wire import Answer

_BY_NAME = "SELECT * FROM mailboxes WHERE domain_id = ? ORDER BY username"
_BY_ID = "SELECT * FROM mailboxes WHERE domain_id = ? ORDER BY id"


@registry.action("getAllUsersDomain", requires=("domain",), domain_field="domain")
def all_users(call: Call) -> Answer:
    """Answer one slice of the domain's mailboxes, or all of them; meta.all counts all."""
    return _page(call, _rows(call), with_usage=call.text("showQuota") == "1")


@registry.action("searchUsers", requires=("domain",), domain_field="domain")
def search(call: Call) -> Answer:
    """Answer the mailboxes whose address or name holds the text."""
    wanted = call.text("search").lower()
    found = [
        row
        for row in _rows(call)
        if wanted in f"{row['username']}@{call.domain['domain']}".lower()
        or wanted in row["uname"].lower()
    ]
    return _page(call, found, with_usage=True)


@registry.action("getTotalUsersDomain", requires=("domain",), domain_field="domain")
def totals(call: Call) -> Answer:
    """Answer the number of Basic and of Enhanced mailboxes, in that order."""
    basic, enhanced = (
        int(
            call.world.store.number(
                "SELECT count(*) FROM mailboxes WHERE domain_id = ? AND account_type = ?",
                call.domain["id"],
                account_type,
            )
        )
        for account_type in (1, 2)
    )
    shape = call.world.switches.total_users
    if shape == "object":
        return Answer({"basic": basic, "enhanced": enhanced})
    if shape == "number":
        return Answer(enhanced if call.text("atype").upper() == "E" else basic)
    return Answer([basic, enhanced])


@registry.action("getUserInfo", requires=("username", "domain"), domain_field="domain")
def info(call: Call) -> Answer:
    """Answer one mailbox with its preferences."""
    mailbox = call.mailbox()
    return Answer(
        {
            **_shown(call, mailbox, with_usage=True),
            "timezone": mailbox["timezone"],
            "dateformat": mailbox["dateformat"],
            "localsmtponly": "0",
        }
    )


@registry.action(
    "addUser",
    requires=("username", "domain", "account_type", "password", "quota"),
    domain_field="domain",
    verified=True,
    writes=True,
)
def add(call: Call) -> Answer:
    """Add a mailbox; its name must be free among mailboxes, aliases and lists."""
    username = call.name("username")
    taken = name_taken_by(call, username)
    if taken:
        raise Refused(sentences.USER_EXISTS if taken == "mailbox" else sentences.ADDRESS_IN_USE)
    if not is_local_part(username):
        raise Refused(sentences.INVALID_USERNAME)
    if not is_strong_password(call.fields.text("password")):
        raise Refused(sentences.WEAK_PASSWORD)
    account_type = _account_type(call, call.text("account_type"))
    quota_gb = _quota(call.text("quota"))
    check_account_allowance(call, account_type)
    check_quota_allowance(call, quota_gb)
    call.world.store.run(
        "INSERT INTO mailboxes (domain_id, username, uname, account_type, quota_gb, password,"
        " timezone, dateformat, language, twofa_allowed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        call.domain["id"],
        username,
        call.text("uname"),
        account_type,
        quota_gb,
        hidden(call.fields.text("password")),
        call.text("timezone") or call.domain["dtzone"],
        call.text("dateformat") or "yyyy-mm-dd",
        call.text("user_language") or "en",
        call.text("twofa_allowed", "1"),
    )
    return Answer("User added")


@registry.action(
    "updateUser", requires=("editusername", "editdomain"), domain_field="editdomain", writes=True
)
def update(call: Call) -> Answer:
    """Change name, type, quota or password: those the call carries."""
    mailbox = call.mailbox("editusername")
    resets = call.world.switches.absent_edit_fields == "reset"
    uname, account_type, quota_gb = mailbox["uname"], mailbox["account_type"], mailbox["quota_gb"]
    if "edituname" in call.fields or resets:
        uname = call.text("edituname")
    if call.text("editpassword") and not is_strong_password(call.fields.text("editpassword")):
        raise Refused(sentences.WEAK_PASSWORD)
    if call.text("editaccount_type") or resets:
        account_type = _account_type(call, call.text("editaccount_type", "1"), now=account_type)
    if call.text("editquota") or resets:
        quota_gb = _quota(call.text("editquota", "1"))
    if account_type != mailbox["account_type"]:
        check_account_allowance(call, account_type)
    check_quota_allowance(call, quota_gb - mailbox["quota_gb"])
    password = mailbox["password"]
    if call.text("editpassword"):
        password = hidden(call.fields.text("editpassword"))
    call.world.store.run(
        "UPDATE mailboxes SET uname = ?, account_type = ?, quota_gb = ?, password = ? WHERE id = ?",
        uname,
        account_type,
        quota_gb,
        password,
        mailbox["id"],
    )
    return Answer("User updated")


@registry.action("enableUser", requires=("username", "domain"), domain_field="domain", writes=True)
def enable(call: Call) -> Answer:
    """Switch a mailbox on."""
    _switch(call, disabled=False)
    return Answer("User enabled")


@registry.action("disableUser", requires=("username", "domain"), domain_field="domain", writes=True)
def disable(call: Call) -> Answer:
    """Switch a mailbox off; nobody logs in to it then."""
    _switch(call, disabled=True)
    return Answer("User disabled")


@registry.action("removeUser", requires=("username", "domain"), domain_field="domain", writes=True)
def remove(call: Call) -> Answer:
    """Remove a mailbox and its forwards; aliases and memberships aimed at it stay."""
    mailbox, store = call.mailbox(), call.world.store
    address = f"{mailbox['username']}@{call.domain['domain']}"
    takes = call.world.switches.removal_takes
    if takes == "all":
        store.run("DELETE FROM aliases WHERE forward = ?", address)
        store.run("DELETE FROM members WHERE member = ?", address)
    store.run("DELETE FROM mailboxes WHERE id = ?", mailbox["id"])
    return Answer("User removed")


def name_taken_by(call: Call, name: str) -> str | None:
    """Return what already has this name in the domain: a mailbox, an alias or a list."""
    row = call.world.store.one(
        "SELECT 'mailbox' AS kind FROM mailboxes WHERE domain_id = ? AND username = ?"
        " UNION ALL SELECT 'alias' FROM aliases WHERE domain_id = ? AND alias = ?"
        " UNION ALL SELECT 'list' FROM lists WHERE domain_id = ? AND lname = ?",
        *(call.domain["id"], name) * 3,
    )
    return row["kind"] if row is not None else None


def _rows(call: Call) -> list[Row]:
    by_name = call.world.switches.row_order == "username"
    return call.world.store.all(_BY_NAME if by_name else _BY_ID, call.domain["id"])


def _page(call: Call, rows: list[Row], *, with_usage: bool) -> Answer:
    switches, total = call.world.switches, len(rows)
    if call.text("slicing") == "1":
        offset, limit = call.whole("offset"), call.whole("limit") or total
        if switches.max_limit:
            limit = min(limit, switches.max_limit)
        rows = rows[offset : offset + limit]
    shown = [_shown(call, row, with_usage=with_usage) for row in rows]
    if call.text("getOTPAndToken") == "1" and switches.otp_in_rows:
        for row, mailbox in zip(shown, rows, strict=True):
            row.update(webmail_login(call.world, mailbox, now=call.now))
    return call.collection(shown, **({"meta": {"all": total}} if switches.meta_all else {}))


def _shown(call: Call, mailbox: Row, *, with_usage: bool) -> dict[str, Any]:
    switches = call.world.switches
    number: Any = str if switches.row_numbers == "string" else int
    row = {
        "id": number(mailbox["id"]),
        "username": mailbox["username"],
        "email": f"{mailbox['username']}@{call.domain['domain']}",
        "uname": mailbox["uname"],
        "account_type": number(mailbox["account_type"]),
        "quota": number(round(mailbox["quota_gb"] * switches.gb_factor)),
        "usage": _usage(mailbox["usage_mb"], switches.usage_unit, number),
        "disabled": number(mailbox["disabled"]),
        "lastauth_timestamp": stamp(mailbox["lastauth"]) if mailbox["lastauth"] else None,
    }
    if not with_usage:
        del row["usage"]
    return row


def _usage(megabytes: int, unit: str, number: Any) -> Any:
    if unit == "text":
        return f"{megabytes} MB"
    return number(megabytes * 1_000_000 if unit == "bytes" else megabytes)


def _account_type(call: Call, text: str, *, now: int | None = None) -> int:
    # A mailbox of a kind that cannot be ordered keeps it when it is sent back unchanged.
    known = re.split(r"\s*,\s*", call.world.switches.account_types)
    if text in known or text == str(now):
        return int(text)
    raise Refused(sentences.INVALID_ACCOUNT_TYPE)


def _quota(text: str) -> float:
    quota_gb = gigabytes(text)
    if quota_gb is None:
        raise Refused(sentences.INVALID_QUOTA)
    return quota_gb


def _switch(call: Call, *, disabled: bool) -> None:
    call.world.store.run(
        "UPDATE mailboxes SET disabled = ? WHERE id = ?", int(disabled), call.mailbox()["id"]
    )
