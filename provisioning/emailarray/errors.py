"""Errors by cause, and the closed table that maps the vendor's sentences to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar


class EmailArrayError(Exception):
    """
    Something about one call went wrong; the class says what that means for the caller.

    `action` is the vendor's action name ("" when nothing was sent), `vendor_message` the vendor's
    own sentence with secrets masked, `detail` a short technical reason, `retry_after` the seconds
    the vendor asked us to wait. Nothing in here, nor in its cause or context, holds a secret.
    """

    cause: ClassVar[str] = "error"
    meaning: ClassVar[str] = "the call failed"

    def __init__(
        self,
        action: str,
        vendor_message: str = "",
        detail: str = "",
        retry_after: float | None = None,
    ) -> None:
        # All four go into `args`, so that the error survives pickling.
        super().__init__(action, vendor_message, detail, retry_after)
        self.action = action
        self.vendor_message = vendor_message
        self.detail = detail
        self.retry_after = retry_after

    def __str__(self) -> str:
        text = f"{self.action}: {self.meaning}" if self.action else self.meaning
        if self.vendor_message:
            text += f': "{self.vendor_message}"'
        if self.detail:
            text += f" ({self.detail})"
        return text


class Unreachable(EmailArrayError):
    """Provably nothing happened at the vendor; the call may be made again later."""

    cause = "unreachable"
    meaning = "the vendor could not be reached"


class CircuitOpen(Unreachable):
    """The server failed too often lately, so no request was sent."""

    cause = "circuit_open"
    meaning = "the server is resting after repeated failures"


class Busy(Unreachable):
    """All connections of this process are in use; says nothing about the vendor."""

    cause = "busy"
    meaning = "no free connection to the vendor"


class Unreadable(Unreachable):
    """A read was answered with something that makes no sense; nothing was changed by it."""

    cause = "unreadable"
    meaning = "the vendor's answer could not be read"


class OutcomeUnknown(EmailArrayError):
    """A write may or may not have happened: ask the vendor before trying again."""

    cause = "outcome_unknown"
    meaning = "the vendor may or may not have done it"


class AuthenticationFailed(EmailArrayError):
    """The vendor refused our credentials or a session it had just given us."""

    cause = "authentication_failed"
    meaning = "the vendor refused the credentials"


class Rejected(EmailArrayError):
    """The vendor understood the call and said no; nothing was changed."""

    cause = "rejected"
    meaning = "the vendor refused"


class NotFound(Rejected):
    """The thing named in the call does not exist."""

    cause = "not_found"
    meaning = "not found"


class AlreadyExists(Rejected):
    """The name is taken."""

    cause = "already_exists"
    meaning = "already exists"


class LimitReached(Rejected):
    """An allowance of the reseller is used up."""

    cause = "limit_reached"
    meaning = "a limit is reached"


class InvalidInput(Rejected):
    """A value was refused, by the vendor or already here (then `action` is empty)."""

    cause = "invalid_input"
    meaning = "a value is not valid"


class NotVerified(Rejected):
    """The domain's ownership is not proven yet."""

    cause = "not_verified"
    meaning = "the domain is not verified"


@dataclass(frozen=True)
class Sentence:
    """One row of the table: sentences like `sample` mean `error`."""

    pattern: re.Pattern[str]
    error: type[Rejected]
    sample: str


def _row(pattern: str, error: type[Rejected], sample: str) -> Sentence:
    return Sentence(re.compile(pattern, re.IGNORECASE), error, sample)


# The vendor has no error codes and its sentences are not documented, so the patterns are
# tolerant. The first match wins and the order carries meaning: "does not exist" must be seen
# before "exist", "Invalid quota" before "quota". A sentence without a row is a plain Rejected.
SENTENCES: tuple[Sentence, ...] = (
    _row(r"unverified|not (yet )?(been )?verified", NotVerified, "Domain is not verified"),
    _row(
        r"verif\w* (is )?(required|pending|first|failed|needed)",
        NotVerified,
        "Ownership verification required",
    ),
    _row(r"(do|does|did)(n'?t| not) exist", NotFound, "User does not exist"),
    _row(r"not (be )?(found|exist)", NotFound, "Alias not found"),
    _row(
        r"\bno such\b|unknown (user|domain|mailbox|alias|list|member|forward)",
        NotFound,
        "No such list",
    ),
    _row(r"exists|already", AlreadyExists, "User already exists"),
    _row(r"in use|\btaken\b|duplicate|not available", AlreadyExists, "Address is in use"),
    _row(r"password", InvalidInput, "Password does not meet the requirements"),
    _row(r"invalid|illegal|malformed|not valid", InvalidInput, "Invalid quota"),
    _row(r"missing|required|must (be|contain|have)", InvalidInput, "Missing parameter: domain"),
    _row(r"unknown action|unsupported", InvalidInput, "Unknown action"),
    _row(
        r"limit|maximum|exceed|too many|not enough|insufficient",
        LimitReached,
        "Account limit reached",
    ),
    _row(r"quota|allow", LimitReached, "Your quota is used up"),
)

_EXPIRED = re.compile(r"session|token|log ?in|expired|not authori[sz]ed", re.IGNORECASE)
_ABOUT_THE_SESSION = re.compile(r"session|token", re.IGNORECASE)
_TEMPORARY = re.compile(
    r"try again|temporar|unavailable|maintenance|timed? ?out|database|internal",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"error|fail|unable|denied|refus|invalid|unknown|unavailable|try again|problem|wrong|missing"
    r"|pending|expired|timed? ?out|maintenance|exception|no such|cannot|can't|could not|n't\b"
    r"|(does|do|did|is) not\b|not (found|exist|allowed|authori|verified|available|yet|own|permit)",
    re.IGNORECASE,
)
# "No users found" is an empty list; "No such domain found" and "No domain found" are not.
_EMPTY = re.compile(r"\bno (?!such\b|(matching )?domain\b).*(found|records)|empty", re.IGNORECASE)
_ABOUT_A_VALUE = re.compile(
    r"can ?not|can't|must|may not|should|field|parameter|invalid", re.IGNORECASE
)


def classify(sentence: str) -> type[Rejected]:
    """Return the error a refusal's sentence stands for; `Rejected` when no row fits."""
    for row in SENTENCES:
        if row.pattern.search(sentence):
            return row.error
    return Rejected


def looks_like_expired_session(sentence: str) -> bool:
    """Whether a refusal may be about our session rather than about the request."""
    return bool(_EXPIRED.search(sentence))


def means_refused_session(sentence: str) -> bool:
    """
    Whether a refusal is still about the session after a fresh login and a second try.

    A sentence of known meaning that merely mentions logging in ("Login name already exists")
    keeps that meaning; one that speaks of the session or token itself never does.
    """
    if not looks_like_expired_session(sentence):
        return False
    if _ABOUT_THE_SESSION.search(sentence):
        return True
    return classify(sentence) in {Rejected, InvalidInput}


def looks_temporary(sentence: str) -> bool:
    """Whether a refused login speaks of the vendor's own trouble, not of our credentials."""
    return bool(_TEMPORARY.search(sentence))


def looks_like_trouble(sentence: str) -> bool:
    """Whether a text that should say "verified" reads like an error instead."""
    return bool(_TROUBLE.search(sentence))


def means_empty_list(sentence: str) -> bool:
    """Whether the refusal of a list action only says that the list has no entries."""
    return bool(_EMPTY.search(sentence)) and not _ABOUT_A_VALUE.search(sentence)
