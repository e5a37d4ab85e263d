"""A quote: what something would cost, as it was shown to somebody."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.currency import Currency
from billing.models.fields import AmountField
from billing.models.service import Service
from clients.models import Client, User


class Quote(models.Model):
    """
    A preview with an id. What is confirmed is the quote, and only while its inputs hold.

    `inputs` say what was asked for, `fingerprint` is the hash of all that the amounts depend on,
    `items` are the lines as they were shown; amounts are text there, so that they stay exact.
    """

    class Purpose(models.TextChoices):
        ORDER = "order", _("Order")
        CHANGE = "change", _("Change of a service")
        MAILBOX_TYPE = "mailbox_type", _("Change of a mailbox's type")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=12, choices=Purpose)
    client = models.ForeignKey(
        Client, null=True, blank=True, on_delete=models.CASCADE, related_name="quotes"
    )
    service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.CASCADE, related_name="quotes"
    )
    made_for = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    inputs = models.JSONField()
    items = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    total = AmountField()
    due_today = AmountField()
    next_recurring_amount = AmountField(default=Decimal(0))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="quote_expiry")]

    def __str__(self) -> str:
        return f"Quote {self.pk}"
