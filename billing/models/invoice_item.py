"""An invoice item: one line of an invoice."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField
from billing.models.invoice import Invoice
from billing.models.published import PublishedDocumentChanged, refuse_if
from billing.models.service import Service
from billing.models.upgrade import Upgrade

# What changes on a line when its invoice is published: whether it counts, and its effect.
BOOKKEEPING = frozenset({"is_live", "applied_at"})


class InvoiceItemQuerySet(models.QuerySet["InvoiceItem"]):
    def update(self, **values: Any) -> int:
        """
        Update columns that a document does not show.

        :raises PublishedDocumentChanged: for any other
        """
        refuse_if(values, frozenset(values) - BOOKKEEPING, name="InvoiceItem")
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: the lines of a draft are deleted one by one."""
        raise PublishedDocumentChanged("InvoiceItem")


class InvoiceItem(models.Model):
    """
    One line, rounded by itself. What it is about decides what its payment brings about.

    A period is half-open: from `period_start` up to, not including, `period_end`. A cancelled
    invoice's items are not live, so that the same period can be invoiced again.
    """

    class Kind(models.TextChoices):
        HOSTING = "hosting", _("Service")
        OPTION = "option", _("Option")
        SETUP = "setup", _("Set-up fee")
        UPGRADE = "upgrade", _("Upgrade or downgrade")
        PROMOTION = "promotion", _("Promotion")
        LATE_FEE = "late_fee", _("Late fee")
        FUNDS = "funds", _("Added to the credit balance")
        OTHER = "other", _("Other")

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=9, choices=Kind)
    service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.PROTECT, related_name="invoice_items"
    )
    upgrade = models.ForeignKey(
        Upgrade, null=True, blank=True, on_delete=models.PROTECT, related_name="invoice_items"
    )
    key = models.SlugField(max_length=50, blank=True)
    description = models.CharField(max_length=500)
    quantity = models.IntegerField(default=1)
    unit_price = AmountField()
    amount = AmountField()
    is_taxed = models.BooleanField(default=True)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)
    is_live = models.BooleanField(default=True)
    # When what the payment of this line brings about was done; it is done once.
    applied_at = models.DateTimeField(null=True, blank=True)

    objects = InvoiceItemQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            # One bill per service and period.
            models.UniqueConstraint(
                fields=["service", "period_start"],
                condition=models.Q(kind="hosting", is_live=True),
                name="one_invoice_per_period",
            ),
            models.UniqueConstraint(
                fields=["invoice"], condition=models.Q(kind="late_fee"), name="one_late_fee"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="hosting")
                | models.Q(service__isnull=False, period_start__isnull=False),
                name="hosting_item_has_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.description} (item #{self.pk})"

    def save(self, *args: Any, **options: Any) -> None:
        """
        Save a line of a draft, or the bookkeeping of any line.

        :raises PublishedDocumentChanged: the invoice is published
        """
        names = options.get("update_fields")
        if names is None or not BOOKKEEPING.issuperset(names):
            self._require_draft()
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """
        Delete a line of a draft.

        :raises PublishedDocumentChanged: the invoice is published
        """
        self._require_draft()
        return super().delete(*args, **options)

    def _require_draft(self) -> None:
        if self.invoice.status != Invoice.Status.DRAFT:
            raise PublishedDocumentChanged(f"{self.invoice}: {self.description}")
