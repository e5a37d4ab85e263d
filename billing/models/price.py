"""A price: what a product or a value of an option costs for a cycle in a currency."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models

from billing.models.currency import Currency
from billing.models.cycle import CYCLE_CHOICES
from billing.models.fields import AmountField
from billing.models.option import OptionValue
from billing.models.product import Product


class PriceQuerySet(models.QuerySet["Price"]):
    def current(self) -> PriceQuerySet:
        """Prices that new sales are made at."""
        return self.filter(replaced_at__isnull=True)


class Price(models.Model):
    """
    One price. It is never edited: a new one takes its place, and services keep what they bought at.

    `amount` is for one unit and one cycle, without the set-up fee, which is charged once with a
    new service. No price in a currency or cycle: not for sale in it.
    """

    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.CASCADE, related_name="prices"
    )
    option_value = models.ForeignKey(
        OptionValue, null=True, blank=True, on_delete=models.CASCADE, related_name="prices"
    )
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    cycle = models.CharField(max_length=12, choices=CYCLE_CHOICES)
    amount = AmountField()
    setup_fee = AmountField(default=Decimal(0))
    created_at = models.DateTimeField(auto_now_add=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = PriceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(product__isnull=False, option_value__isnull=True)
                | models.Q(product__isnull=True, option_value__isnull=False),
                name="price_of_one_thing",
            ),
            models.CheckConstraint(condition=models.Q(setup_fee__gte=0), name="setup_fee_positive"),
            models.UniqueConstraint(
                fields=["product", "currency", "cycle"],
                condition=models.Q(replaced_at__isnull=True, product__isnull=False),
                name="one_price_per_product",
            ),
            models.UniqueConstraint(
                fields=["option_value", "currency", "cycle"],
                condition=models.Q(replaced_at__isnull=True, option_value__isnull=False),
                name="one_price_per_value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency_id} {self.cycle} (price #{self.pk})"
