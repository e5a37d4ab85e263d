"""The settings of billing and automation, which staff can change while all runs."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField


def overdue_notice_days() -> list[int]:
    """Return the default of `BillingSettings.overdue_notice_days`."""
    return [1, 3, 7]


class BillingSettings(models.Model):
    """The one row of settings. Days are counted from an invoice's due date."""

    class TaxRounding(models.TextChoices):
        LINE = "line", _("Each line by itself")
        TOTAL = "total", _("On the total")

    class LateFeeKind(models.TextChoices):
        NONE = "none", _("None")
        PERCENT = "percent", _("Percent of the total")
        FIXED = "fixed", _("Amount")

    # Who sends the invoices.
    company_name = models.CharField(max_length=200, blank=True)
    company_address = models.TextField(blank=True)
    company_tax_id = models.CharField(max_length=50, blank=True)
    payment_instructions = models.TextField(blank=True)
    staff_email = models.EmailField(blank=True)

    # Documents.
    invoice_number_format = models.CharField(max_length=40, default="{YEAR}-{NUMBER}")
    credit_note_number_format = models.CharField(max_length=40, default="CN-{YEAR}-{NUMBER}")
    number_digits = models.PositiveSmallIntegerField(default=5)
    has_prices_with_tax = models.BooleanField(default=False)
    tax_rounding = models.CharField(max_length=5, choices=TaxRounding, default=TaxRounding.LINE)
    order_grace_days = models.PositiveSmallIntegerField(default=0)

    # What clients may add to their credit balance at once, and have on it; 0: no limit.
    funds_minimum = AmountField(default=Decimal(10))
    funds_maximum = AmountField(default=Decimal(1000))
    funds_balance_maximum = AmountField(default=Decimal(0))

    # What is done by itself.
    invoice_days = models.PositiveSmallIntegerField(default=14)
    is_credit_applied = models.BooleanField(default=True)
    reminder_days = models.PositiveSmallIntegerField(default=3)  # 0: none
    overdue_notice_days = models.JSONField(default=overdue_notice_days)
    late_fee_kind = models.CharField(max_length=7, choices=LateFeeKind, default=LateFeeKind.NONE)
    late_fee_value = AmountField(default=Decimal(0))
    late_fee_minimum = AmountField(default=Decimal(0))
    late_fee_days = models.PositiveSmallIntegerField(default=5)
    is_suspension_on = models.BooleanField(default=True)
    suspension_days = models.PositiveSmallIntegerField(default=7)
    is_cancellation_on = models.BooleanField(default=True)
    is_termination_on = models.BooleanField(default=False)
    termination_days = models.PositiveSmallIntegerField(default=30)
    termination_cap = models.PositiveSmallIntegerField(default=10)
    termination_cap_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(2)
    )
    # Mail of so many mailboxes is not deleted before a person has approved it.
    purge_approval_mailboxes = models.PositiveSmallIntegerField(default=50)
    unpaid_upgrade_days = models.PositiveSmallIntegerField(default=14)
    # An order nobody pays keeps its domain from others for so long; 0: for good.
    unpaid_order_days = models.PositiveSmallIntegerField(default=30)
    old_invoice_days = models.PositiveSmallIntegerField(default=0)  # 0: never cancelled
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "billing settings"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_settings"),
            models.CheckConstraint(
                condition=models.Q(is_termination_on=False)
                | models.Q(termination_days__gt=models.F("suspension_days")),
                name="termination_after_suspension",
            ),
        ]

    def __str__(self) -> str:
        return "Billing settings"

    @classmethod
    def current(cls) -> BillingSettings:
        """Return the settings as they are; the defaults where nobody has saved any."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
