"""What nobody outside the vendor knows: every open question about its API as a switch."""

from __future__ import annotations

import argparse
import typing
from dataclasses import dataclass, field, fields
from typing import Any, Literal


def _switch(question: int, text: str, *, default: Any) -> Any:
    return field(default=default, metadata={"question": question, "help": text})


@dataclass(frozen=True, kw_only=True)
class Switches:
    """The answers this stand-in gives to the open questions; each default is a guess."""

    token_idle_seconds: int = _switch(1, "a session ends after this many idle seconds", default=900)
    expired_session_text: str = _switch(
        2, "what a refused session is told", default="Invalid or expired session"
    )
    expired_session_status: int = _switch(2, "HTTP status of a refused session", default=200)
    verification_payload: Literal["string", "object"] = _switch(
        3,
        "the record's value as a string, or as an object with type, host and value",
        default="string",
    )
    purge_after_seconds: int = _switch(
        3, "an unverified domain is dropped after this long; 0 keeps it", default=86400
    )
    gb_factor: int = _switch(4, "megabytes in a gigabyte: 1000 or 1024", default=1000)
    row_numbers: Literal["string", "number"] = _switch(
        5, "ids, quota, usage, account_type and disabled of a mailbox row", default="string"
    )
    usage_unit: Literal["mb", "bytes", "text"] = _switch(
        6, "usage in megabytes, in bytes, or as text with its unit", default="mb"
    )
    empty_collections: Literal["list", "null", "refusal"] = _switch(
        7, "an empty collection is [], null, or code 0 'No records found'", default="list"
    )
    meta_all: bool = _switch(8, "paged lists carry meta.all", default=True)
    list_name: Literal["address", "local"] = _switch(
        9, "lname is the full address or the local part", default="address"
    )
    logo_encoding: Literal["any", "base64", "raw"] = _switch(
        10, "which spelling of newlogo is taken; 'any' also takes data URLs", default="any"
    )
    absent_edit_fields: Literal["keep", "reset"] = _switch(
        11, "edit fields that updateUser does not carry stay, or fall back", default="keep"
    )
    catchall: Literal["any", "address", "flag"] = _switch(
        12, "editcatchall takes any text, an address, or 0 and 1", default="any"
    )
    credential_change: Literal["current-new", "new-repeat"] = _switch(
        13, "what password1 and password2 mean", default="current-new"
    )
    account_types: str = _switch(
        14, "account types that may be written, comma separated", default="1,2"
    )
    new_domain_type: str = _switch(15, "domaintype of a new domain", default="2")
    inactive_login: Literal["refuse", "allow"] = _switch(
        16, "logging in to a disabled mailbox or an inactive domain", default="refuse"
    )
    otp_seconds: int = _switch(17, "life of a one-time password", default=300)
    otp_single_use: bool = _switch(17, "a one-time password opens one session only", default=True)
    otp_in_rows: bool = _switch(
        18, "getOTPAndToken=1 adds otp, token and url to rows", default=True
    )
    total_users: Literal["list", "object", "number"] = _switch(
        19,
        "getTotalUsersDomain: [basic, enhanced], an object, or the number of atype",
        default="list",
    )
    assigned_quota: Literal["object", "string"] = _switch(
        19, "getDomainAssignedQuota: an object with totalquota, or the bare value", default="object"
    )
    sentences: Literal["standard", "alternate"] = _switch(
        20, "the wording of refusals; 'alternate' says the same in other words", default="standard"
    )
    refusal_status: int = _switch(
        21, "HTTP status for an unknown action or a missing parameter", default=200
    )
    get_status: int = _switch(21, "HTTP status of a GET on an API path", default=405)
    content_type: str = _switch(22, "Content-Type of answers", default="application/json")
    byte_order_mark: bool = _switch(22, "a byte order mark before the JSON", default=False)
    notice_before_json: bool = _switch(22, "a PHP notice before the JSON", default=False)
    phpsessid: bool = _switch(23, "login sets a PHPSESSID cookie, which nobody reads", default=True)
    removal_takes: Literal["forwards", "all"] = _switch(
        24,
        "what goes with a mailbox; 'all' adds aliases and memberships aimed at it",
        default="forwards",
    )
    names: Literal["lower", "as-sent"] = _switch(
        25, "user, alias and list names are stored in lower case, or as sent", default="lower"
    )
    idn: Literal["convert", "refuse"] = _switch(
        25, "domain names in Unicode are turned into A-labels, or refused", default="convert"
    )
    dkim_disable_drops_key: bool = _switch(26, "disableDKIM forgets host and key", default=False)
    alias_targets: int = _switch(27, "targets one alias may have, comma separated", default=1)
    external_alias_cap: int = _switch(
        27, "aliases of a domain that may point outside it; -1 is no cap", default=-1
    )
    row_order: Literal["username", "id"] = _switch(28, "order of mailbox rows", default="username")
    max_limit: int = _switch(28, "the largest page a paged list gives; 0 is no cap", default=0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one option per switch to a command line."""
    types = typing.get_type_hints(Switches)
    group = parser.add_argument_group(
        "open questions", "What the vendor really does here is not known; each default is a guess."
    )
    for switch in fields(Switches):
        name = "--" + switch.name.replace("_", "-")
        text = f"{switch.metadata['help']} (default: %(default)s)"
        kind = types[switch.name]
        if kind is bool:
            group.add_argument(
                name, action=argparse.BooleanOptionalAction, default=switch.default, help=text
            )
        elif typing.get_origin(kind) is Literal:
            choices = typing.get_args(kind)
            group.add_argument(name, choices=choices, default=switch.default, help=text)
        else:
            group.add_argument(
                name, type=kind, default=switch.default, help=text, metavar=kind.__name__.upper()
            )


def from_arguments(arguments: argparse.Namespace) -> Switches:
    """Read the switches back from a parsed command line."""
    return Switches(**{switch.name: getattr(arguments, switch.name) for switch in fields(Switches)})
