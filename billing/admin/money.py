"""Invoices, payments and credit in the emergency admin: every form leads to an operation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join

from billing import gateways
from billing.admin.operated import OperatedAdmin
from billing.models import (
    CreditEntry,
    CreditNote,
    Invoice,
    InvoiceItem,
    Payment,
)
from billing.operations import credit, credit_notes, invoicing, payments, taking_back
from billing.operations.currencies import unit_of
from billing.operations.items import ItemSpec
from billing.operations.payments import RefundTo
from billing.operations.taking_back import Periods
from clients.actors import Actor
from core.errors import OperationError
from core.money import ZERO
from provisioning.admin import ReadOnlyAdmin, actor_of

Booked = TypeVar("Booked", bound=Model)


def _by_number(number: str) -> Invoice:
    """Return the invoice of that number, or say in the form that there is none."""
    invoice = Invoice.objects.select_related("client").filter(number=number.strip()).first()
    if invoice is None:
        raise forms.ValidationError("There is no invoice with this number.")
    return invoice


class Lines(admin.TabularInline[InvoiceItem, Invoice]):
    """The lines of an invoice, to be read."""

    model = InvoiceItem
    fields = ("description", "kind", "quantity", "unit_price", "amount", "is_taxed", "applied_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, _request: HttpRequest, _obj: Invoice | None = None) -> bool:
        return False


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin[Invoice]):
    """Invoices: published, cancelled and paid by the actions, never edited."""

    list_display = ("__str__", "client", "status", "issue_date", "due_date", "total", "balance")
    list_filter = ("status", "due_date")
    list_select_related = ("client",)
    search_fields = ("number", "client__name", "client__company", "client__email")
    inlines = (Lines,)
    actions = ("publish", "cancel", "forgive", "use_credit")
    readonly_fields = ("doors",)

    @admin.display(description="Money")
    def doors(self, invoice: Invoice) -> str:
        """Return links to the forms for a payment and a credit note, filled in as far as known."""
        number, unit = invoice.number, unit_of(invoice.currency)
        payment = {"invoice_number": number, "amount": unit.rounded(invoice.balance)}
        links = (
            (reverse("admin:billing_payment_add"), payment, "Record payment"),
            (reverse("admin:billing_creditnote_add"), {"invoice_number": number}, "Credit note"),
        )
        return format_html_join(
            " · ",
            '<a href="{}?{}">{}</a>',
            ((url, urlencode(values), label) for url, values, label in links if number),
        )

    @admin.action(description="Publish drafts", permissions=["bill"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        publish = partial(invoicing.publish_invoice, on=timezone.localdate())
        self._do(request, queryset, publish, "is published")

    @admin.action(
        description="Cancel, and invoice its periods again; what was paid becomes credit",
        permissions=["bill"],
    )
    def cancel(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        cancel = partial(taking_back.take_back_invoice, then=Periods.INVOICE_AGAIN)
        self._do(request, queryset, cancel, "is cancelled, and its periods are invoiced again")

    @admin.action(
        description="Cancel, and forgive its periods; what was paid becomes credit",
        permissions=["bill"],
    )
    def forgive(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        forgive = partial(taking_back.take_back_invoice, then=Periods.FORGIVE)
        self._do(request, queryset, forgive, "is cancelled, and its periods count as paid")

    @admin.action(description="Use the client's credit", permissions=["bill"])
    def use_credit(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        self._do(request, queryset, credit.spend_credit, "has taken what credit there was")

    def has_bill_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.change_invoice")

    def _do(
        self,
        request: HttpRequest,
        queryset: QuerySet[Invoice],
        act: Callable[..., object],
        done: str,
    ) -> None:
        # The earliest first: a period is not forgiven before the one that it follows on.
        for invoice in queryset.select_related("client").order_by("due_date", "pk"):
            try:
                act(invoice=invoice, actor=actor_of(request))
            except OperationError as error:
                self.message_user(request, f"{invoice}: {error.user_message}", messages.ERROR)
            else:
                self.message_user(request, f"{invoice} {done}.", messages.SUCCESS)


class BookedAdmin(OperatedAdmin[Booked]):
    """Rows that a form books once; afterwards all of their columns can be read."""

    def get_form(
        self,
        request: HttpRequest,
        obj: Booked | None = None,
        change: bool = False,  # noqa: FBT001, FBT002
        **kwargs: Any,
    ) -> Any:
        if obj is not None:
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Booked | None = None) -> Any:
        if obj is not None:
            return [field.name for field in obj._meta.concrete_fields]
        return super().get_fields(request, obj)

    def has_change_permission(self, _request: HttpRequest, _obj: Booked | None = None) -> bool:
        return False


class RecordPaymentForm(forms.ModelForm[Payment]):
    """Records money that came in, or with a payment chosen, money that goes back."""

    invoice_number = forms.CharField(
        required=False, help_text="Empty: the money becomes credit, and a client is needed."
    )
    gateway = forms.ChoiceField(choices=[(each.name, each.label) for each in gateways.manual()])
    refund_to = forms.ChoiceField(
        choices=RefundTo.choices, initial=RefundTo.SOURCE, help_text="Only for a refund."
    )

    class Meta:
        model = Payment
        fields = ("client", "refund_of", "amount", "reference", "paid_on", "fee", "description")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["client"].required = False
        self.fields["reference"].required = False
        self.fields["refund_of"].help_text = "Empty: money came in. Else this payment is refunded."
        self.initial.setdefault("paid_on", timezone.localdate())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        number = data.get("invoice_number")
        if number:
            data["invoice"] = invoice = _by_number(number)
            data["client"] = invoice.client
            self.instance.client = invoice.client
        elif not data.get("client") and not data.get("refund_of"):
            raise forms.ValidationError("Name an invoice, a client, or a payment to refund.")
        return data

    def _get_validation_exclusions(self) -> set[str]:
        # The operation answers a reference that is known already, and knows the rest of the row.
        return {field.name for field in Payment._meta.get_fields()}


@admin.register(Payment)
class PaymentAdmin(BookedAdmin[Payment]):
    """Payments and refunds: recorded by the form, never edited."""

    form = RecordPaymentForm
    list_display = ("__str__", "client", "invoice", "amount", "currency", "paid_on", "kind")
    list_filter = ("kind", "gateway", "paid_on")
    list_select_related = ("client", "invoice", "currency")
    search_fields = ("reference", "invoice__number", "client__name", "client__company")
    raw_id_fields = ("client", "refund_of")

    def operate(self, obj: Payment, data: dict[str, Any], actor: Actor) -> None:
        if data["refund_of"]:
            made = payments.refund_payment(
                payment=data["refund_of"],
                amount=data["amount"],
                to=RefundTo(data["refund_to"]),
                reference=data["reference"],
                on=data["paid_on"],
                actor=actor,
                description=data["description"],
            )
        else:
            made = payments.record_payment(
                client=data["client"],
                invoice=data.get("invoice"),
                amount=data["amount"],
                gateway=data["gateway"],
                reference=data["reference"],
                paid_on=data["paid_on"],
                fee=data["fee"] or ZERO,
                actor=actor,
                description=data["description"],
            )
        obj.__dict__.update(made.__dict__)


class CreditNoteForm(forms.ModelForm[CreditNote]):
    """Credits a part of an invoice: one line, with the tax that was charged."""

    invoice_number = forms.CharField()
    description = forms.CharField(max_length=500)
    amount = forms.DecimalField(
        min_value=0, help_text="As the invoice's lines are: without tax, or with it."
    )
    is_taxed = forms.BooleanField(required=False, initial=True)

    class Meta:
        model = CreditNote
        fields = ("reason",)

    def clean_invoice_number(self) -> Invoice:
        return _by_number(self.cleaned_data["invoice_number"])


@admin.register(CreditNote)
class CreditNoteAdmin(BookedAdmin[CreditNote]):
    """Credit notes: issued by the form, never edited."""

    form = CreditNoteForm
    list_display = ("number", "client", "invoice", "issue_date", "total", "currency")
    list_select_related = ("client", "invoice", "currency")
    search_fields = ("number", "invoice__number", "client__name", "client__company")

    def operate(self, obj: CreditNote, data: dict[str, Any], actor: Actor) -> None:
        invoice: Invoice = data["invoice_number"]
        made = credit_notes.issue_credit_note(
            client=invoice.client,
            invoice=invoice,
            items=[
                ItemSpec(
                    kind=InvoiceItem.Kind.OTHER,
                    description=data["description"],
                    amount=data["amount"],
                    unit_price=data["amount"],
                    is_taxed=data["is_taxed"],
                )
            ],
            on=timezone.localdate(),
            reason=data["reason"],
            actor=actor,
        )
        obj.__dict__.update(made.__dict__)


class MoveCreditForm(forms.ModelForm[CreditEntry]):
    """Gives a client credit; an amount below 0 takes some away."""

    is_paid_back = forms.BooleanField(
        required=False, help_text="For an amount below 0: it was paid back to the client."
    )

    class Meta:
        model = CreditEntry
        fields = ("client", "amount", "description")


@admin.register(CreditEntry)
class CreditEntryAdmin(BookedAdmin[CreditEntry]):
    """The credit ledger: written by the form and by what happens to invoices, never edited."""

    form = MoveCreditForm
    list_display = ("created_at", "client", "reason", "amount", "balance", "currency", "invoice")
    list_filter = ("reason",)
    list_select_related = ("client", "invoice", "currency")
    search_fields = ("client__name", "client__company", "description", "invoice__number")
    raw_id_fields = ("client",)

    def operate(self, obj: CreditEntry, data: dict[str, Any], actor: Actor) -> None:
        client, amount, text = data["client"], data["amount"], data["description"]
        if amount < 0:
            made = credit.remove_credit(
                client=client,
                amount=-amount,
                description=text,
                is_paid_back=data["is_paid_back"],
                actor=actor,
            )
        else:
            made = credit.add_credit(client=client, amount=amount, description=text, actor=actor)
        obj.__dict__.update(made.__dict__)
