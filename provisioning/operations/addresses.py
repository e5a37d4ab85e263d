"""Addresses as people type and paste them, checked and spelled one way."""

from __future__ import annotations

import re

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.errors import OperationError
from core.sentences import sentence as _
from provisioning.models import MailDomain
from provisioning.operations.mailboxes import local_part_problem

LONGEST_ADDRESS = 254
# `Anna Keller <anna@example.com>`, as address books paste it.
IN_BRACKETS = re.compile(r"<([^<>]*)>")
BETWEEN = re.compile(r"[,;\r\n\t]+")


class BadAddress(OperationError):
    """What was typed is no address that can be used here."""


def own_local_part(typed: str, mail_domain: MailDomain) -> str:
    """
    Return the part before the @ of an address of this domain; its full address is taken, too.

    :raises BadAddress: it belongs to another domain, or cannot be a name here
    """
    name = typed.strip().lower()
    local_part, at, host = name.rpartition("@")
    if not at:
        local_part = name
    elif host != mail_domain.domain.lower():
        raise BadAddress(
            _("Addresses of this service end in @%(domain)s.") % {"domain": mail_domain.domain},
            code="foreign",
        )
    problem = local_part_problem(local_part)
    if problem:
        raise BadAddress(problem, code="name")
    return local_part


def whole_address(typed: str, mail_domain: MailDomain) -> str:
    """
    Return a full address in lower case; a name alone is one of this domain.

    :raises BadAddress: it is no email address
    """
    name = typed.strip().lower()
    local_part, at, host = name.rpartition("@")
    address = f"{local_part}@{domain_name(host)}" if at else f"{name}@{mail_domain.domain}"
    try:
        validate_email(address)
    except ValidationError:
        address = ""
    if not address or len(address) > LONGEST_ADDRESS:
        raise BadAddress(
            _("“%(typed)s” is not an email address.") % {"typed": typed.strip()[:100]},
            code="syntax",
        )
    return address


def domain_name(typed: str) -> str:
    """Return a domain's name in lower case and as A-labels; nonsense is returned as it is."""
    name = typed.strip().rstrip(".").lower()
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError:
        return name


def pasted(text: str, mail_domain: MailDomain) -> tuple[list[str], list[str]]:
    """
    Return the addresses in a pasted text, each once, and the pieces that are none.

    They may be divided by commas, semicolons, blanks or lines, and carry names.
    """
    addresses: dict[str, None] = {}
    wrong: list[str] = []
    for piece in BETWEEN.split(text):
        named = IN_BRACKETS.search(piece)
        for word in [named[1]] if named else piece.split():
            try:
                addresses[whole_address(word, mail_domain)] = None
            except BadAddress:
                wrong.append(word)
    return list(addresses), wrong
