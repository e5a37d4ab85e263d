"""Logging in, as a reseller or a mailbox, and one-time passwords."""

from __future__ import annotations

import secrets
import string

from provisioning.sandbox import sentences
from provisioning.sandbox.calls import Call, mailbox_by_address, may_log_in, registry
from provisioning.sandbox.sentences import Refused
from provisioning.sandbox.store import Row, matches
from provisioning.sandbox.wire import Answer
from provisioning.sandbox.world import World

_LETTERS = string.ascii_letters + string.digits


@registry.action("login", requires=("username", "password"), open=True)
def login_as_reseller(call: Call) -> Answer:
    """Open one more session; earlier ones stay open."""
    reseller = call.world.store.one(
        "SELECT * FROM resellers WHERE username = ?", call.text("username")
    )
    if reseller is None or not matches(call.fields.text("password"), reseller["password"]):
        raise Refused(sentences.INVALID_CREDENTIALS)
    token = secrets.token_hex(16)
    call.world.store.run(
        "INSERT INTO sessions (token, last_used, reseller_id) VALUES (?, ?, ?)",
        token,
        call.now,
        reseller["id"],
    )
    return Answer(token)


@registry.action("login", api="user", requires=("username", "password", "domain"), open=True)
def login_as_mailbox(call: Call) -> Answer:
    """Open a mailbox's session with its password or a one-time password."""
    mailbox = open_mailbox(
        call.world,
        username=call.text("username"),
        domain=call.text("domain"),
        password=call.fields.text("password"),
    )
    if mailbox is None:
        raise Refused(sentences.INVALID_LOGIN)
    token = secrets.token_hex(16)
    call.world.store.run(
        "INSERT INTO sessions (token, last_used, mailbox_id) VALUES (?, ?, ?)",
        token,
        call.now,
        mailbox["id"],
    )
    return Answer(token)


@registry.action("getOTPass", requires=("username", "domain"), domain_field="domain")
def issue_one_time_password(call: Call) -> Answer:
    """Issue a password that opens the mailbox once."""
    otp, _ = issue(call.world, call.mailbox(), now=call.now)
    return Answer(otp)


@registry.action("getOTPassAndToken", requires=("username", "domain"), domain_field="domain")
def issue_webmail_login(call: Call) -> Answer:
    """Issue what the webmail's landing page takes; the url has no scheme."""
    return Answer(webmail_login(call.world, call.mailbox(), now=call.now))


def webmail_login(world: World, mailbox: Row, *, now: float) -> dict[str, str]:
    """Issue a one-time password with an access token: `otp`, `token` and `url`."""
    otp, token = issue(world, mailbox, now=now)
    return {"otp": otp, "token": token, "url": world.webmail_url}


def issue(world: World, mailbox: Row, *, now: float) -> tuple[str, str]:
    """Issue a one-time password and its access token; earlier ones stay good."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    otp, access_token = "-".join(groups), secrets.token_hex(5)
    world.store.run(
        "DELETE FROM one_time_passwords WHERE issued_at < ?", now - world.switches.otp_seconds
    )
    world.store.run(
        "INSERT INTO one_time_passwords (mailbox_id, otp, access_token, issued_at)"
        " VALUES (?, ?, ?, ?)",
        mailbox["id"],
        otp,
        access_token,
        now,
    )
    return otp, access_token


def open_mailbox(world: World, *, username: str, domain: str, password: str) -> Row | None:
    """Return the mailbox if this password opens it; a one-time password is spent by it."""
    with world.store.transaction():
        mailbox = mailbox_by_address(world, username, domain)
        if mailbox is None or not may_log_in(world, mailbox):
            return None
        otp = world.store.one(
            "SELECT * FROM one_time_passwords WHERE mailbox_id = ? AND otp = ? AND issued_at >= ?",
            mailbox["id"],
            password,
            world.clock.seconds() - world.switches.otp_seconds,
        )
        if otp is None and not matches(password, mailbox["password"]):
            return None
        _entered(world, mailbox, otp)
        return mailbox


def open_webmail(world: World, *, access_token: str, password: str) -> Row | None:
    """Return the mailbox that an access token with its one-time password opens, once."""
    with world.store.transaction():
        otp = world.store.one(
            "SELECT one_time_passwords.*, username, domain FROM one_time_passwords"
            " JOIN mailboxes ON mailboxes.id = mailbox_id"
            " JOIN domains ON domains.id = mailboxes.domain_id"
            " WHERE access_token = ? AND otp = ? AND issued_at >= ?",
            access_token,
            password,
            world.clock.seconds() - world.switches.otp_seconds,
        )
        if otp is None:
            return None
        mailbox = mailbox_by_address(world, otp["username"], otp["domain"])
        if mailbox is None or not may_log_in(world, mailbox):
            return None
        _entered(world, mailbox, otp)
        return mailbox


def _entered(world: World, mailbox: Row, otp: Row | None) -> None:
    world.store.run(
        "UPDATE mailboxes SET lastauth = ? WHERE id = ?", world.clock.seconds(), mailbox["id"]
    )
    if otp is not None and world.switches.otp_single_use:
        world.store.run("DELETE FROM one_time_passwords WHERE id = ?", otp["id"])
