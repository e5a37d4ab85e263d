"""An order: a client has asked for a product for a domain."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from billing.models.currency import Currency
from billing.models.fields import AmountField
from billing.models.quote import Quote
from billing.models.service import Service
from clients.models import Client, User
from core.states import ConcurrentTransitionMixin


class Order(ConcurrentTransitionMixin, models.Model):
    """
    One product for one domain, as it was ordered. Later changes of the service do not alter it.

    `paid_at` is set when its invoice is paid, or at once where there is nothing to pay.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACTIVE = "active", _("Active")
        CANCELLED = "cancelled", _("Cancelled")
        FRAUD = "fraud", _("Fraud")

    number = models.CharField(max_length=10, unique=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="orders")
    service = models.OneToOneField(Service, on_delete=models.PROTECT, related_name="order")
    # What was confirmed; sent twice, it is found again by it.
    quote = models.OneToOneField(
        Quote, null=True, blank=True, on_delete=models.SET_NULL, related_name="order"
    )
    status = FSMField(max_length=9, choices=Status.choices, default=Status.PENDING, protected=True)
    product_name = models.CharField(max_length=100)
    domain = models.CharField(max_length=253)
    cycle = models.CharField(max_length=12)
    currency = models.ForeignKey(
        Currency, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    total = AmountField()
    recurring_amount = AmountField()
    # The lines as they were confirmed.
    items = models.JSONField(default=list)
    promotion_code = models.CharField(max_length=40, blank=True)
    placed_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    placed_by_name = models.CharField(max_length=200, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    notes = models.TextField(blank=True)
    placed_at = models.DateTimeField(auto_now_add=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    # Staff were told that it is paid and nothing was set up.
    alarmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["status", "paid_at"], name="order_paid")]

    def __str__(self) -> str:
        return f"Order {self.number} for {self.domain}"

    @transition(status, source=Status.PENDING, target=Status.ACTIVE)
    def accept(self, *, at: datetime) -> None:
        """Its service has begun, or staff have accepted it."""
        self.accepted_at = at

    @transition(status, source=Status.PENDING, target=Status.CANCELLED)
    def cancel(self) -> None:
        """It will not be fulfilled."""

    @transition(status, source=[Status.PENDING, Status.ACTIVE], target=Status.FRAUD)
    def mark_as_fraud(self) -> None:
        """Staff hold it for fraud."""

    @transition(status, source=[Status.CANCELLED, Status.FRAUD], target=Status.PENDING)
    def reopen(self) -> None:
        """Staff look at it again."""
