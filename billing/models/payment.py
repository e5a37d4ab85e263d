"""A payment: money that came in, or went back."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.currency import Currency
from billing.models.fields import AmountField
from billing.models.invoice import Invoice
from clients.models import Client


class Payment(models.Model):
    """
    One transaction of one gateway. `amount` is positive; `kind` says which way it went.

    `applied` is what of it counts for the invoice; the rest went to the credit balance, or came
    out of it. A gateway's reference is taken once: the same money is never booked twice.
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("Payment")
        REFUND = "refund", _("Refund")

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="payments")
    invoice = models.ForeignKey(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="payments"
    )
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.PAYMENT)
    refund_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="refunds"
    )
    gateway = models.CharField(max_length=30)
    reference = models.CharField(max_length=100)
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    amount = AmountField()
    applied = AmountField(default=Decimal(0))
    fee = AmountField(default=Decimal(0))
    paid_on = models.DateField()
    description = models.CharField(max_length=200, blank=True)
    recorded_by_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["client", "-id"], name="payment_of_client")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gateway", "reference"], name="payment_taken_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=models.Q(applied__gte=0, applied__lte=models.F("amount")),
                name="payment_applied_within_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.gateway} {self.reference}"
