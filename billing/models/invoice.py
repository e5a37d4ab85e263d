"""An invoice: what a client owes, and its lines."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from billing.models.currency import Currency
from billing.models.fields import AmountField
from clients.models import Client
from core.states import ConcurrentTransitionMixin


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def open(self) -> InvoiceQuerySet:
        """Invoices that money is still owed on."""
        return self.filter(status=Invoice.Status.UNPAID)

    def published(self) -> InvoiceQuerySet:
        """Invoices that clients may see."""
        return self.exclude(status=Invoice.Status.DRAFT)

    def overdue(self, *, on: date) -> InvoiceQuerySet:
        """Open invoices whose due date has passed."""
        return self.open().filter(due_date__lt=on)


class Invoice(ConcurrentTransitionMixin, models.Model):
    """
    One document. From its publication on it keeps its number, lines, taxes and addresses.

    `total` is `subtotal` and both taxes; `balance` is what of it neither payments nor credit have
    covered. All amounts are in `currency`, rounded to its smallest unit.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        UNPAID = "unpaid", _("Unpaid")
        PAID = "paid", _("Paid")
        CANCELLED = "cancelled", _("Cancelled")
        REFUNDED = "refunded", _("Refunded")

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="invoices")
    # Blank until it is published.
    number = models.CharField(max_length=40, null=True, blank=True, unique=True)
    status = FSMField(max_length=9, choices=Status.choices, default=Status.DRAFT, protected=True)
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    issue_date = models.DateField(null=True, blank=True)
    due_date = models.DateField()
    subtotal = AmountField(default=Decimal(0))
    tax = AmountField(default=Decimal(0))
    tax_2 = AmountField(default=Decimal(0))
    total = AmountField(default=Decimal(0))
    balance = AmountField(default=Decimal(0))
    # Each tax with its level, name and percent; how amounts include it.
    taxes = models.JSONField(default=list)
    has_prices_with_tax = models.BooleanField(default=False)
    # Name, company, address and tax id of both parties when it was published.
    issuer = models.JSONField(default=dict)
    recipient = models.JSONField(default=dict)
    notes = models.TextField(blank=True)
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    paid_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    refunded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["status", "due_date", "id"], name="invoice_due"),
            models.Index(fields=["client", "-id"], name="invoice_of_client"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(balance__gte=0), name="invoice_balance_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(status="draft") | models.Q(number__isnull=False),
                name="published_invoice_has_number",
            ),
        ]

    def __str__(self) -> str:
        return f"Invoice {self.number or f'draft #{self.pk}'}"

    @transition(status, source=Status.DRAFT, target=Status.UNPAID)
    def publish(self, *, number: str, on: date) -> None:
        """It gets its number and is shown to the client."""
        self.number, self.issue_date = number, on

    @transition(status, source=Status.UNPAID, target=Status.PAID)
    def settle(self, *, at: datetime) -> None:
        """Nothing is owed any more."""
        self.paid_at = at

    @transition(status, source=[Status.DRAFT, Status.UNPAID], target=Status.CANCELLED)
    def cancel(self, *, at: datetime) -> None:
        """It is owed no more, and takes no payment."""
        self.cancelled_at = at

    @transition(status, source=Status.PAID, target=Status.REFUNDED)
    def refund(self, *, at: datetime) -> None:
        """All that was paid went back."""
        self.refunded_at = at
