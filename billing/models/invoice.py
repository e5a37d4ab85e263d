"""An invoice: what a client owes, and its lines."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from billing.models.currency import Currency
from billing.models.fields import AmountField
from billing.models.published import PublishedDocumentChanged, refuse_if
from clients.models import Client
from core.states import ConcurrentTransitionMixin

# What a published invoice says.
FROZEN = frozenset(
    {
        "client_id",
        "number",
        "currency_id",
        "issue_date",
        "due_date",
        "subtotal",
        "tax",
        "tax_2",
        "total",
        "taxes",
        "has_prices_with_tax",
        "issuer",
        "recipient",
        "notes",
        "replaces_id",
    }
)
# Where an invoice that was read keeps them.
SAID = "_said"


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

    def update(self, **values: Any) -> int:
        """
        Update columns that a document does not show.

        :raises PublishedDocumentChanged: for any other; a draft is changed row by row
        """
        refuse_if([*values, *(f"{name}_id" for name in values)], FROZEN, name="Invoice")
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: drafts are deleted one by one, published invoices are cancelled."""
        raise PublishedDocumentChanged("Invoice")


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
                condition=models.Q(balance__lte=models.F("total")),
                name="invoice_balance_within_total",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "unpaid"]) | models.Q(balance=0),
                name="closed_invoice_owes_nothing",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "cancelled"])
                | models.Q(number__isnull=False),
                name="published_invoice_has_number",
            ),
        ]

    def __str__(self) -> str:
        return f"Invoice {self.number or f'draft #{self.pk}'}"

    def save(self, *args: Any, **options: Any) -> None:
        """
        Save.

        :raises PublishedDocumentChanged: something that it says would change
        """
        said: dict[str, Any] = self.__dict__.get(SAID, {})
        changed = [name for name, value in said.items() if self.__dict__.get(name, value) != value]
        refuse_if(changed, FROZEN, name=str(self))
        super().save(*args, **options)
        _remember(self)

    @classmethod
    def from_db(cls, *args: Any, **options: Any) -> Self:
        """Remember what a published invoice says, so that a save can be compared with it."""
        invoice = super().from_db(*args, **options)
        _remember(invoice)
        return invoice

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """
        Delete a draft.

        :raises PublishedDocumentChanged: it is no draft
        """
        if self.status != self.Status.DRAFT:
            raise PublishedDocumentChanged(str(self))
        return super().delete(*args, **options)

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


def _remember(invoice: Invoice) -> None:
    content = invoice.__dict__
    if content.get("status", Invoice.Status.DRAFT) != Invoice.Status.DRAFT:
        content[SAID] = {name: deepcopy(content[name]) for name in FROZEN & content.keys()}
