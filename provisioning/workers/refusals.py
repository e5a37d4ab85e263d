"""What a customer is told when the vendor did not do it."""

from __future__ import annotations

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


def sentence(error: EmailArrayError, name: str) -> str:
    """Return what happened and what to do, for the object called `name`."""
    said = f" The mail server said: “{error.vendor_message}”." if error.vendor_message else ""
    if isinstance(error, Unreachable):
        return (
            "The mail server cannot be reached right now. Nothing was changed; "
            "try again in a few minutes."
        )
    if isinstance(error, AuthenticationFailed):
        return (
            "The mail server does not accept our own log-in at the moment. Nothing was changed. "
            "Please tell support."
        )
    texts: list[tuple[type[EmailArrayError], str]] = [
        (AlreadyExists, f"{name} is already in use at the mail server."),
        (NotFound, f"The mail server does not have {name} any more."),
        (NotVerified, "The domain is not verified at the mail server yet."),
        (LimitReached, "The mail server has no room for this at the moment. Please tell support."),
        (InvalidInput, f"The mail server did not accept what was entered.{said}"),
        (Rejected, f"The mail server refused.{said}"),
    ]
    for kind, text in texts:
        if isinstance(error, kind):
            return text
    return "The mail server did not answer clearly. Try again in a few minutes."


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
