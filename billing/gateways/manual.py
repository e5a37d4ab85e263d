"""Gateways without a wire: staff see the money and record it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from billing.gateways.gateway import Gateway

BANK_TRANSFER = Gateway(
    name="bank_transfer", label=_("Bank transfer"), is_manual=True, can_refund=True
)
CASH = Gateway(name="cash", label=_("Cash"), is_manual=True, can_refund=True)
OTHER = Gateway(name="other", label=_("Other"), is_manual=True, can_refund=True)
