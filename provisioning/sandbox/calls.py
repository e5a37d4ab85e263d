"""One call of the API on its way through the checks, in the vendor's order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from provisioning.sandbox import sentences
from provisioning.sandbox.rules import domain_name
from provisioning.sandbox.sentences import Refused
from provisioning.sandbox.store import Row
from provisioning.sandbox.wire import Answer, Fields
from provisioning.sandbox.world import World

Api = Literal["admin", "user"]
Handler = Callable[["Call"], Answer]


@dataclass(frozen=True)
class Action:
    """An action's name, its checks and what carries it out."""

    name: str
    api: Api
    handler: Handler
    requires: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    domain_field: str | None = None
    verified: bool = False
    writes: bool = False
    open: bool = False


@dataclass
class Call:
    """What an action is given: the fields, and who asks about which domain."""

    world: World
    fields: Fields
    host: str
    remote: str
    now: float
    known_caller: Row | None = None
    known_domain: Row | None = None

    @property
    def caller(self) -> Row:
        """The reseller of an admin call, the mailbox of a user call."""
        return _known(self.known_caller)

    @property
    def domain(self) -> Row:
        """The domain the call is about, which is the caller's own."""
        return _known(self.known_domain)

    def text(self, name: str, default: str = "") -> str:
        """Return a field without surrounding blanks."""
        return self.fields.text(name, default).strip()

    def name(self, field: str) -> str:
        """Return a user, alias or list name in the case in which it is stored."""
        text = self.text(field)
        return text.lower() if self.world.switches.names == "lower" else text

    def whole(self, name: str) -> int:
        """Return a field as a whole number; 0 where it is none, as PHP casts it."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() else 0

    def domain_in(self, field: str) -> str:
        """
        Return a domain name as it is stored.

        :raises Refused: if it is not a domain name
        """
        convert = self.world.switches.idn == "convert"
        name = domain_name(self.text(field), convert=convert)
        if name is None:
            raise Refused(sentences.INVALID_DOMAIN)
        return name

    def mailbox(self, field: str = "username") -> Row:
        """
        Return the mailbox of the domain that this field names.

        :raises Refused: if there is none
        """
        row = self.world.store.one(
            "SELECT * FROM mailboxes WHERE domain_id = ? AND username = ?",
            self.domain["id"],
            self.name(field),
        )
        if row is None:
            raise Refused(sentences.USER_MISSING)
        return row

    def collection(self, rows: list[Any], **beside: Any) -> Answer:
        """
        Answer a list, as an array even when it is empty.

        :raises Refused: for an empty list, if the switches say so
        """
        if not rows and self.world.switches.empty_collections == "refusal":
            raise Refused(sentences.NO_RECORDS)
        empty_as_null = not rows and self.world.switches.empty_collections == "null"
        return Answer(None if empty_as_null else rows, beside=beside)


def _known(row: Row | None) -> Row:
    if row is None:
        raise RuntimeError("The action asks for what its checks did not look up")
    return row


class Registry:
    """Every action the stand-in knows, by path and name."""

    def __init__(self) -> None:
        self._actions: dict[tuple[Api, str], Action] = {}

    def action(
        self,
        name: str,
        *,
        api: Api = "admin",
        requires: tuple[str, ...] = (),
        present: tuple[str, ...] = (),
        domain_field: str | None = None,
        verified: bool = False,
        writes: bool = False,
        open: bool = False,
    ) -> Callable[[Handler], Handler]:
        """
        Register a handler under an action's exact name.

        `requires` must not be empty, `present` may be; `domain_field` names the domain the caller
        must own; `verified` refuses a domain whose ownership is not proven; `writes` makes it one
        transaction and a line in the reseller's history; `open` needs no session.
        """

        def register(handler: Handler) -> Handler:
            self._actions[api, name] = Action(
                name=name,
                api=api,
                handler=handler,
                requires=requires,
                present=present,
                domain_field=domain_field,
                verified=verified,
                writes=writes,
                open=open,
            )
            return handler

        return register

    def find(self, api: Api, name: str) -> Action | None:
        """Return the action of that name on that path."""
        return self._actions.get((api, name))

    def names(self, api: Api) -> list[str]:
        """Return the names known on a path, sorted."""
        return sorted(name for kind, name in self._actions if kind == api)


registry = Registry()


def execute(action: Action, call: Call) -> Answer:
    """
    Carry out a call: session, fields, domain, then the action's own checks and its work.

    :raises Refused: with the vendor's sentence; nothing was changed then
    """
    world = call.world
    with world.store.lock:
        world.purge()
        if not action.open:
            call.known_caller = _session(action.api, call)
        _check_fields(action, call)
        if action.domain_field:
            call.known_domain = _owned_domain(call, action.domain_field)
        if action.verified and not call.domain["verified"]:
            raise Refused(sentences.DOMAIN_NOT_VERIFIED)
        if not action.writes:
            return action.handler(call)
        with world.store.transaction():
            answer = action.handler(call)
            if action.api == "admin":
                _write_history(action, call)
            return answer


def _session(api: Api, call: Call) -> Row:
    switches, store = call.world.switches, call.world.store
    owner = "reseller_id" if api == "admin" else "mailbox_id"
    refused = Refused(switches.expired_session_text, status=switches.expired_session_status)
    session = store.one("SELECT * FROM sessions WHERE token = ?", call.fields.text("token"))
    if session is None or session[owner] is None:
        raise refused
    if call.now - session["last_used"] > switches.token_idle_seconds:
        store.run("DELETE FROM sessions WHERE token = ?", session["token"])
        raise refused
    if abs(call.now - session["last_used"]) >= 1:
        store.run("UPDATE sessions SET last_used = ? WHERE token = ?", call.now, session["token"])
    if api == "admin":
        caller = store.one("SELECT * FROM resellers WHERE id = ?", session[owner])
    else:
        caller = mailbox_by_id(call.world, session[owner])
        if caller is not None and not may_log_in(call.world, caller):
            raise refused
    if caller is None:
        raise refused
    return caller


def _check_fields(action: Action, call: Call) -> None:
    status = call.world.switches.refusal_status
    for name in action.requires:
        if not call.fields.text(name):
            raise Refused(sentences.MISSING_PARAMETER.format(name), status=status)
    for name in action.present:
        if name not in call.fields:
            raise Refused(sentences.MISSING_PARAMETER.format(name), status=status)


def _owned_domain(call: Call, field: str) -> Row:
    name = domain_name(call.text(field), convert=call.world.switches.idn == "convert")
    row = call.world.store.one(
        "SELECT * FROM domains WHERE domain = ? AND reseller_id = ?", name, call.caller["id"]
    )
    if row is None:
        raise Refused(sentences.DOMAIN_MISSING)
    return row


def _write_history(action: Action, call: Call) -> None:
    call.world.store.run(
        "INSERT INTO history (reseller_id, action, username, remoteip, at) VALUES (?, ?, ?, ?, ?)",
        call.caller["id"],
        action.name,
        call.caller["username"],
        call.remote,
        call.now,
    )


_MAILBOX = (
    "SELECT mailboxes.*, domains.domain, domains.active FROM mailboxes"
    " JOIN domains ON domains.id = mailboxes.domain_id"
)


def mailbox_by_id(world: World, mailbox_id: int) -> Row | None:
    """Return a mailbox with its domain's name and state."""
    return world.store.one(_MAILBOX + " WHERE mailboxes.id = ?", mailbox_id)


def mailbox_by_address(world: World, username: str, domain: str) -> Row | None:
    """Return a mailbox with its domain's name and state."""
    return world.store.one(
        _MAILBOX + " WHERE mailboxes.username = ? AND domains.domain = ?",
        username.lower() if world.switches.names == "lower" else username,
        domain_name(domain),
    )


def may_log_in(world: World, mailbox: Row) -> bool:
    """Tell whether a mailbox of this state opens to its user."""
    if world.switches.inactive_login == "allow":
        return True
    return bool(mailbox["active"]) and not mailbox["disabled"]
