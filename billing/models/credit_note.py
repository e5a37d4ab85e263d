"""A credit note: the correction of an invoice, or the price of what was given back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models

from billing.models.currency import Currency
from billing.models.fields import AmountField
from billing.models.invoice import Invoice
from billing.models.published import PublishedDocumentChanged, WrittenOnceQuerySet
from billing.models.upgrade import Upgrade
from clients.models import Client


class CreditNoteQuerySet(WrittenOnceQuerySet["CreditNote"]):
    """Written once."""


class CreditNote(models.Model):
    """
    One document with a number of its own. Its amounts are positive and owed to the client.

    `items` are its lines: description, amount as text, whether taxed, and the period.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="credit_notes")
    number = models.CharField(max_length=40, unique=True)
    invoice = models.ForeignKey(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="credit_notes"
    )
    upgrade = models.OneToOneField(
        Upgrade, null=True, blank=True, on_delete=models.PROTECT, related_name="credit_note"
    )
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    issue_date = models.DateField()
    reason = models.CharField(max_length=300)
    items = models.JSONField(default=list)
    subtotal = AmountField()
    tax = AmountField(default=Decimal(0))
    tax_2 = AmountField(default=Decimal(0))
    total = AmountField()
    taxes = models.JSONField(default=list)
    issuer = models.JSONField(default=dict)
    recipient = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CreditNoteQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"Credit note {self.number}"

    def save(self, *args: Any, **options: Any) -> None:
        """
        Save it for the first and only time.

        :raises PublishedDocumentChanged: it is saved already
        """
        if not self._state.adding:
            raise PublishedDocumentChanged(str(self))
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:  # noqa: ARG002
        """Refuse."""
        raise PublishedDocumentChanged(str(self))
