"""A promotion: a code that lowers a price."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from billing.models.currency import Currency
from billing.models.fields import AmountField
from billing.models.product import Product


class Promotion(models.Model):
    """
    One code. `value` is percent, or an amount of `currency`.

    It counts for the first period, for so many periods, or for as long as the service lives.
    """

    class Kind(models.TextChoices):
        PERCENT = "percent", _("Percent")
        FIXED = "fixed", _("Amount")

    class Lasting(models.TextChoices):
        ONCE = "once", _("First period")
        PERIODS = "periods", _("A number of periods")
        LIFETIME = "lifetime", _("Every period")

    code = models.CharField(max_length=40)
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.PERCENT)
    value = AmountField()
    currency = models.ForeignKey(
        Currency, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lasting = models.CharField(max_length=8, choices=Lasting, default=Lasting.ONCE)
    periods = models.PositiveSmallIntegerField(default=1)
    products = models.ManyToManyField(Product, blank=True, related_name="promotions")
    cycles = models.JSONField(default=list, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    most_uses = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0)
    is_for_new_clients = models.BooleanField(default=False)
    is_once_per_client = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.UniqueConstraint(Upper("code"), name="one_promotion_per_code"),
            models.CheckConstraint(condition=models.Q(value__gt=0), name="promotion_value"),
            models.CheckConstraint(
                condition=models.Q(kind="fixed", currency__isnull=False)
                | models.Q(kind="percent", value__lte=100),
                name="promotion_unit",
            ),
        ]

    def __str__(self) -> str:
        return self.code
