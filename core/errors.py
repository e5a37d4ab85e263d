"""The one error that operations raise when they refuse."""

from __future__ import annotations


class OperationError(Exception):
    """
    A refusal whose text may be shown to the person who asked.

    Operations derive `UnableTo<Verb><Noun>` from it. `user_message` says what happened and what to
    do next, in plain words; it never holds a secret, an id or a stack trace.
    """

    def __init__(self, user_message: str, *, field: str = "", code: str = "") -> None:
        super().__init__(user_message)
        self.user_message = user_message
        self.field = field
        self.code = code
