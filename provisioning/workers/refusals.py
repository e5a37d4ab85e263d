"""What a customer is told when the vendor did not do it."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from core.sentences import Sentence
from core.sentences import sentence as _
from provisioning.emailarray import (
    AlreadyExists,
    AuthenticationFailed,
    EmailArrayError,
    InvalidInput,
    LimitReached,
    NotFound,
    NotVerified,
    Rejected,
    Unreachable,
)
from provisioning.models import Mailbox

TEXTS: tuple[tuple[type[EmailArrayError], str], ...] = (
    (
        Unreachable,
        gettext_noop(
            "The mail server cannot be reached right now. Nothing was changed; "
            "try again in a few minutes."
        ),
    ),
    (
        AuthenticationFailed,
        gettext_noop(
            "The mail server does not accept our own log-in at the moment. Nothing was changed. "
            "Please tell support."
        ),
    ),
    (AlreadyExists, gettext_noop("%(name)s is already in use at the mail server.")),
    (NotFound, gettext_noop("The mail server does not have %(name)s any more.")),
    (NotVerified, gettext_noop("The domain is not verified at the mail server yet.")),
    (
        LimitReached,
        gettext_noop("The mail server has no room for this at the moment. Please tell support."),
    ),
    (InvalidInput, gettext_noop("The mail server did not accept what was entered.")),
    (Rejected, gettext_noop("The mail server refused.")),
)
UNCLEAR = gettext_noop("The mail server did not answer clearly. Try again in a few minutes.")
# Where the vendor's own words help. They are not translated.
QUOTED = (InvalidInput, Rejected)
# What is said of a mailbox whose state does not allow what was asked.
IN_STATE = {
    Mailbox.Status.CREATING: gettext_noop("%(address)s is being created."),
    Mailbox.Status.ACTIVE: gettext_noop("%(address)s is active."),
    Mailbox.Status.DISABLED: gettext_noop("%(address)s is disabled."),
    Mailbox.Status.TRASHED: gettext_noop("%(address)s is recently deleted."),
    Mailbox.Status.REMOVING: gettext_noop("%(address)s is being deleted."),
    Mailbox.Status.REMOVED: gettext_noop("%(address)s is deleted."),
}


def sentence(error: EmailArrayError, name: str) -> Sentence:
    """Return what happened and what to do, for the object called `name`."""
    text = next((text for kind, text in TEXTS if isinstance(error, kind)), UNCLEAR)
    refusal = _(text) % {"name": name}
    return _quoting(refusal, error) if isinstance(error, QUOTED) else refusal


def _quoting(refusal: Sentence, error: EmailArrayError) -> Sentence:
    """Add what the vendor said, in its own words."""
    if not error.vendor_message:
        return refusal
    return _("%(refusal)s The mail server said: “%(words)s”.") % {
        "refusal": refusal,
        "words": error.vendor_message,
    }


def field_of(error: EmailArrayError) -> str:
    """Return the form's field that the vendor's words are about, if they tell."""
    if isinstance(error, AlreadyExists):
        return "local_part"
    words = error.vendor_message.lower()
    if isinstance(error, InvalidInput):
        for word, field in (
            ("password", "password"),
            ("quota", "quota"),
            ("username", "local_part"),
            ("user name", "local_part"),
        ):
            if word in words:
                return field
    return ""
