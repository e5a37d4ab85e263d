"""A price change: a new price, and the services it holds for."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField
from billing.models.price import Price


class PriceChange(models.Model):
    """
    One decision of staff: the old price, the new one, and for whom it holds.

    `services_affected` and `recurring_difference` (per cycle, all services together) are what staff
    were shown when they confirmed it.
    """

    class Scope(models.TextChoices):
        NEW_SALES = "new", _("New sales only")
        ALL = "all", _("All services from their next renewal")
        SELECTED = "selected", _("Selected services from their next renewal")

    old_price = models.ForeignKey(
        Price, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    new_price = models.OneToOneField(Price, on_delete=models.PROTECT, related_name="change")
    scope = models.CharField(max_length=8, choices=Scope)
    # Periods that start on this day or later have the new price.
    effective_date = models.DateField()
    services_affected = models.PositiveIntegerField(default=0)
    recurring_difference = AmountField(default=0)
    made_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"Price change #{self.pk}"
