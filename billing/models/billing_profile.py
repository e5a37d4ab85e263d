"""A billing profile: how one client is billed."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models

from billing.models.client_group import ClientGroup
from billing.models.currency import Currency
from billing.models.fields import AmountField
from clients.models import Client


class BillingProfile(models.Model):
    """
    One client's currency, credit and exceptions. Its row is the lock of the client's money.

    `credit` is the sum of the client's credit entries, kept beside them; it never falls below 0.
    """

    client = models.OneToOneField(Client, on_delete=models.PROTECT, related_name="billing")
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(
        ClientGroup, null=True, blank=True, on_delete=models.SET_NULL, related_name="profiles"
    )
    credit = AmountField(default=Decimal(0))
    is_tax_exempt = models.BooleanField(default=False)
    is_late_fee_exempt = models.BooleanField(default=False)
    is_suspension_exempt = models.BooleanField(default=False)
    is_termination_exempt = models.BooleanField(default=False)
    wants_overdue_notices = models.BooleanField(default=True)
    has_separate_invoices = models.BooleanField(default=False)
    # Blank: as the client's group has it, else as everywhere.
    invoice_days = models.PositiveSmallIntegerField(null=True, blank=True)
    suspension_days = models.PositiveSmallIntegerField(null=True, blank=True)
    termination_days = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["client"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(credit__gte=0), name="credit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"Billing of client #{self.client_id}"
