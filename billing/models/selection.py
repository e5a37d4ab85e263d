"""A selection: what a service has of something priced, and at what price."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models

from billing.models.fields import AmountField
from billing.models.option import ConfigurableOption, OptionValue
from billing.models.price import Price
from billing.models.service import Service

# The key of the selection that is the product itself.
PRODUCT_KEY = "product"


class Selection(models.Model):
    """
    The price snapshot of one service: one row for its product and one for each chosen option.

    Renewals are priced from here, so that a new price list changes nothing by itself. A price
    change that covers the service writes `next_unit_price`; it holds for periods that start on
    `next_price_date` or later.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="selections")
    option = models.ForeignKey(
        ConfigurableOption, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    option_value = models.ForeignKey(
        OptionValue, null=True, blank=True, on_delete=models.PROTECT, related_name="selections"
    )
    key = models.SlugField(max_length=50, default=PRODUCT_KEY)
    quantity = models.PositiveIntegerField(default=1)
    unit_price = AmountField(default=Decimal(0))
    price = models.ForeignKey(
        Price, null=True, blank=True, on_delete=models.PROTECT, related_name="selections"
    )
    next_unit_price = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    next_price_date = models.DateField(null=True, blank=True)
    # Whether the client was told of that price.
    is_next_price_told = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["service"],
                condition=models.Q(is_next_price_told=False),
                name="price_to_be_told",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "key"], name="one_selection_per_key"),
            models.CheckConstraint(
                condition=models.Q(next_unit_price__isnull=True, next_price_date__isnull=True)
                | models.Q(next_unit_price__isnull=False, next_price_date__isnull=False),
                name="next_price_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.key} for service #{self.service_id}"
