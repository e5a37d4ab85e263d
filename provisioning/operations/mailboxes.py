"""What a customer does to a mailbox; it happens at once."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from clients.actors import Actor
from core.sentences import Sentence
from core.sentences import sentence as _
from core.wake import wake
from provisioning import tasks
from provisioning.emailarray import AlreadyExists
from provisioning.models import Entitlement, Mailbox, MailDomain
from provisioning.workers import mailboxes, removal, room
from provisioning.workers.mailboxes import (
    MailboxChange,
    MailboxSpec,
    UnableToAddMailbox,
    UnableToChangeMailbox,
    require_settled,
)

__all__ = [
    "MailboxChange",
    "MailboxSpec",
    "UnableToAddMailbox",
    "UnableToChangeMailbox",
    "add_mailbox",
    "delete_mailbox",
    "disable_mailbox",
    "enable_mailbox",
    "generate_password",
    "listed",
    "local_part_problem",
    "password_problems",
    "purge_mailbox",
    "require_settled",
    "restorable_until",
    "restore_mailbox",
    "update_mailbox",
]

# The code of a refusal: the address belongs to a mailbox that can be restored.
IN_TRASH = room.IN_TRASH
# The code of a refusal: an earlier change still waits for a clear answer.
UNSETTLED = mailboxes.UNSETTLED
LOCAL_PART = re.compile(r"[a-z0-9]([a-z0-9._+-]{0,62}[a-z0-9])?")
SPECIAL = "!@#$%^&*()_+-=[]{};':\"\\|,.<>/?"
SHORTEST_PASSWORD = 8
# Easily told apart when read aloud or copied by hand.
CLEAR_SPECIAL = "!#%+-=?"
CLEAR_LETTERS = "".join(set(string.ascii_letters) - set("IlOo"))
CLEAR_DIGITS = "23456789"
GENERATED_LENGTH = 16
LONGEST_NAME = 100


def add_mailbox(*, mail_domain: MailDomain, spec: MailboxSpec, actor: Actor) -> Mailbox:
    """
    Create a mailbox at the vendor and keep a record of it.

    Where the vendor gave no clear answer the mailbox is CREATING, and the vendor is asked.

    :raises UnableToAddMailbox: with a reason fit for the customer; nothing was left behind
    """
    problem = local_part_problem(spec.local_part)
    if problem:
        raise UnableToAddMailbox(problem, field="local_part")
    _check(UnableToAddMailbox, spec.password, spec.quota_mb, spec.display_name)
    try:
        mailbox = mailboxes.add(mail_domain, spec, actor)
    except UnableToAddMailbox as error:
        if error.code == AlreadyExists.cause:
            # The vendor has an address that we do not know of: show it.
            wake(tasks.refresh_domain, mail_domain_id=mail_domain.pk)
        raise
    wake(tasks.settle_mailbox, mailbox_id=mailbox.pk)
    return mailbox


def update_mailbox(
    *,
    mailbox: Mailbox,
    change: MailboxChange,
    actor: Actor,
    allowed: Entitlement | None = None,
) -> Mailbox:
    """
    Change type, quota, display name or password, at once.

    `allowed` is what the domain may use once the change is made, where that changes with it: it is
    counted against here, and given to the domain by whoever reacts to `MailboxSettled`.

    Where the vendor gave no clear answer the mailbox is unsettled, and the vendor is asked.

    :raises UnableToChangeMailbox: with a reason fit for the customer; nothing was changed
    """
    _check(UnableToChangeMailbox, change.password, change.quota_mb, change.display_name)
    changed = mailboxes.update(mailbox, change, actor, allowed=allowed)
    wake(tasks.settle_mailbox, mailbox_id=changed.pk)
    return changed


def enable_mailbox(*, mailbox: Mailbox, actor: Actor) -> Mailbox:
    """
    Let people log in to the mailbox again.

    :raises UnableToChangeMailbox: with a reason fit for the customer
    """
    return _settle_if_unclear(mailboxes.enable(mailbox, actor))


def disable_mailbox(*, mailbox: Mailbox, actor: Actor) -> Mailbox:
    """
    Keep people from logging in to the mailbox; its mail stays.

    :raises UnableToChangeMailbox: with a reason fit for the customer
    """
    return _settle_if_unclear(mailboxes.disable(mailbox, actor))


def delete_mailbox(*, mailbox: Mailbox, actor: Actor) -> Mailbox:
    """
    Delete the mailbox: it can be restored for MAILBOX_TRASH_DAYS, and is gone at once where 0.

    :raises UnableToChangeMailbox: with a reason fit for the customer
    """
    return _settle_if_unclear(removal.delete(mailbox, actor))


def restorable_until() -> datetime | None:
    """Return until when a mailbox deleted now can be restored; None where it is gone at once."""
    days: int = settings.MAILBOX_TRASH_DAYS
    return timezone.now() + timedelta(days=days) if days else None


def restore_mailbox(*, mailbox: Mailbox, actor: Actor) -> Mailbox:
    """
    Take a deleted mailbox back, with all its mail; it needs a free slot again.

    :raises UnableToChangeMailbox: the plan is full, or with the vendor's reason
    """
    return _settle_if_unclear(removal.restore(mailbox, actor))


def purge_mailbox(*, mailbox: Mailbox, actor: Actor) -> Mailbox:
    """
    Delete the mailbox and all mail in it now. Nothing brings it back.

    :raises UnableToChangeMailbox: with a reason fit for the customer
    """
    return _settle_if_unclear(removal.remove(mailbox, actor))


def _settle_if_unclear(mailbox: Mailbox) -> Mailbox:
    if mailbox.is_unsettled:
        wake(tasks.settle_mailbox, mailbox_id=mailbox.pk)
    return mailbox


def _check(
    refusal: type[UnableToAddMailbox | UnableToChangeMailbox],
    password: str | None,
    quota_mb: int | None,
    display_name: str | None,
) -> None:
    if password is not None:
        problems = password_problems(password)
        if problems:
            raise refusal(
                _("The password needs %(problems)s.") % {"problems": listed(problems)},
                field="password",
            )
    if quota_mb is not None and quota_mb <= 0:
        raise refusal(_("The quota must be more than 0."), field="quota")
    name = display_name or ""
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise refusal(
            _("A display name has up to %(most)d printable characters.") % {"most": LONGEST_NAME},
            field="display_name",
        )


def local_part_problem(local_part: str) -> str:
    """Say why this cannot be the part before the @ of a new mailbox, or nothing."""
    if not LOCAL_PART.fullmatch(local_part):
        return _(
            "Use 1 to 64 letters a to z, digits, dots, hyphens, underscores or plus signs; "
            "begin and end with a letter or digit."
        )
    if ".." in local_part:
        return _("Two dots cannot follow each other.")
    if local_part in settings.RESERVED_LOCAL_PARTS:
        return _("“%(name)s” is reserved. Choose another name.") % {"name": local_part}
    return ""


def password_problems(password: str) -> list[Sentence]:
    """Return what a password lacks by the vendor's rule: `a digit`, …; empty when it is good."""
    checks = [
        (
            len(password) >= SHORTEST_PASSWORD,
            _("at least %(count)d characters") % {"count": SHORTEST_PASSWORD},
        ),
        (any(char in string.ascii_uppercase for char in password), _("an upper-case letter")),
        (any(char in string.ascii_lowercase for char in password), _("a lower-case letter")),
        (any(char in string.digits for char in password), _("a digit")),
        (any(char in SPECIAL for char in password), _("a special character such as ! or ?")),
        (password.isprintable(), _("only printable characters")),
    ]
    return [lack for is_met, lack in checks if not is_met]


def generate_password() -> str:
    """Return a random password that meets the vendor's rule and is easy to read aloud."""
    alphabet = CLEAR_LETTERS + CLEAR_DIGITS + CLEAR_SPECIAL
    while True:
        password = "".join(secrets.choice(alphabet) for _ in range(GENERATED_LENGTH))
        if not password_problems(password):
            return password


def listed(words: Sequence[Sentence]) -> Sentence:
    """Return the words as a sentence names them: `a, b and c`."""
    *some, last = words
    if not some:
        return last
    first, *others = some
    for word in others:
        first = _("%(words)s, %(next)s") % {"words": first, "next": word}
    return _("%(words)s and %(last)s") % {"words": first, "last": last}
