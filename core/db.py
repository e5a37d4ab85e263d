"""The transaction rule: nothing waits on the wire while a transaction is open."""

from __future__ import annotations

from django.db import connection


class TransactionAcrossTheWire(RuntimeError):
    """A vendor call was about to be made with a database transaction open."""


def require_no_transaction() -> None:
    """
    Refuse to go on while a transaction of ours is open.

    A row lock held during a slow answer stops everybody else, and a roll-back after the answer
    forgets what has been done. The outer transaction of a test case does not count.

    :raises TransactionAcrossTheWire: naming the rule
    """
    # Django marks a test case's own transaction the same way for `atomic(durable=True)`.
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise TransactionAcrossTheWire("Claim, commit, call, record: close the transaction first.")
