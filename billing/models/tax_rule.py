"""A tax rule: which tax is added where."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class TaxRule(models.Model):
    """
    One rate of tax for one country, one state of it, or everywhere.

    Of each level the closest rule holds: the state's, else the country's, else the one without a
    country. A second level may be compound: then it is reckoned on the price with the first tax.
    """

    class Level(models.IntegerChoices):
        FIRST = 1, _("First")
        SECOND = 2, _("Second")

    level = models.PositiveSmallIntegerField(choices=Level, default=Level.FIRST)
    name = models.CharField(max_length=50)
    country = models.CharField(max_length=2, blank=True)
    state = models.CharField(max_length=100, blank=True)
    percent = models.DecimalField(max_digits=7, decimal_places=4)
    is_compound = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["level", "country", "state"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["level", "country", "state"], name="one_tax_per_place"),
            models.CheckConstraint(
                condition=models.Q(percent__gte=0, percent__lte=100), name="tax_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.percent.normalize():f} %"
