"""A credit entry: one movement of a client's credit balance."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.credit_note import CreditNote
from billing.models.currency import Currency
from billing.models.fields import AmountField
from billing.models.invoice import Invoice
from billing.models.payment import Payment
from billing.models.published import PublishedDocumentChanged, WrittenOnceQuerySet
from clients.models import Client


class CreditEntryQuerySet(WrittenOnceQuerySet["CreditEntry"]):
    """Written once."""


class CreditEntry(models.Model):
    """One line of the credit ledger: `amount` is signed, `balance` is what it led to."""

    class Reason(models.TextChoices):
        ADDED = "added", _("Added by staff")
        REMOVED = "removed", _("Removed by staff")
        OVERPAID = "overpaid", _("Overpayment")
        FUNDS = "funds", _("Funds added")
        CREDIT_NOTE = "credit_note", _("Credit note")
        SPENT = "spent", _("Used for an invoice")
        RETURNED = "returned", _("Returned from an invoice")
        REFUNDED = "refunded", _("Paid back")

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="credit_entries")
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=11, choices=Reason)
    amount = AmountField()
    balance = AmountField()
    description = models.CharField(max_length=300, blank=True)
    invoice = models.ForeignKey(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="credit_entries"
    )
    payment = models.ForeignKey(
        Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="credit_entries"
    )
    credit_note = models.OneToOneField(
        CreditNote, null=True, blank=True, on_delete=models.PROTECT, related_name="credit_entry"
    )
    made_by_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CreditEntryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name_plural = "credit entries"
        indexes: ClassVar = [models.Index(fields=["client", "-id"], name="credit_of_client")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(amount=0), name="credit_entry_moves"),
            models.CheckConstraint(
                condition=models.Q(balance__gte=0), name="credit_entry_balance_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency_id} for client #{self.client_id}"

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
