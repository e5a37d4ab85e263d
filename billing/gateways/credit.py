"""The client's own credit as a way to pay; the ledger is its record."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from billing.gateways.gateway import Gateway

CREDIT = Gateway(name="credit", label=_("Credit balance"), is_manual=False, can_refund=False)
