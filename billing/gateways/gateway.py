"""A gateway: one way that money comes in."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Gateway:
    """
    What the rest of billing knows of a way to pay.

    `is_manual`: staff record its payments. `can_refund`: a refund can be sent back the way the
    money came. A gateway that asks a bank by itself records what it was told through
    `operations.payments`, with the bank's own id of the transaction as the reference.
    """

    name: str
    label: str | Promise
    is_manual: bool
    can_refund: bool
