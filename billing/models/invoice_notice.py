"""An invoice notice: something the automation does about an invoice once, and once only."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.invoice import Invoice


class InvoiceNotice(models.Model):
    """
    One step about one invoice. The pair is unique: whoever makes the row is who acts.

    `told_at` is blank while the step still waits: invoices made in bulk are announced afterwards.
    """

    class Kind(models.TextChoices):
        CREATED = "created", _("Invoice created")
        REMINDER = "reminder", _("Payment reminder")
        OVERDUE_1 = "overdue_1", _("First overdue notice")
        OVERDUE_2 = "overdue_2", _("Second overdue notice")
        OVERDUE_3 = "overdue_3", _("Third overdue notice")
        LATE_FEE = "late_fee", _("Late fee charged")

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=9, choices=Kind)
    told_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "kind"], name="one_notice_of_a_kind"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"], condition=models.Q(told_at__isnull=True), name="notice_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of invoice #{self.invoice_id}"
