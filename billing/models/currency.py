"""A currency: what prices and invoices are in."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils.formats import number_format

MOST_DIGITS = 3


class Currency(models.Model):
    """
    One currency that is sold in, by its ISO code.

    `digits` are those of its smallest unit: 0 (JPY), 2 (EUR) or 3 (BHD). `rate` is how much of it
    one unit of the base currency buys; it is for reports, never for invoices.
    """

    code = models.CharField(
        max_length=3, primary_key=True, validators=[RegexValidator(r"^[A-Z]{3}$")]
    )
    prefix = models.CharField(max_length=8, blank=True)
    suffix = models.CharField(max_length=8, blank=True)
    digits = models.PositiveSmallIntegerField(
        default=2, validators=[MaxValueValidator(MOST_DIGITS)]
    )
    rate = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(1))
    is_base = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["code"]
        verbose_name_plural = "currencies"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_base"], condition=models.Q(is_base=True), name="one_base_currency"
            ),
            models.CheckConstraint(
                condition=models.Q(digits__in=[0, 2, MOST_DIGITS]), name="currency_digits"
            ),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="currency_rate_positive"),
        ]

    def __str__(self) -> str:
        return self.code

    def written(self, amount: Decimal) -> str:
        """
        Return an amount as the reader of the active language writes it, with this currency.

        A currency with neither prefix nor suffix is named by its code.
        """
        digits = number_format(abs(amount), decimal_pos=self.digits, force_grouping=True)
        sign = "\N{MINUS SIGN}" if amount < 0 else ""
        suffix = self.suffix
        if not (self.prefix or suffix):
            suffix = f" {self.code}"
        return f"{sign}{self.prefix}{digits}{suffix}".replace(" ", "\N{NO-BREAK SPACE}")
