"""Forms of the billing pages; whether there is enough is the operations' question."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice
from billing.queries.invoices import OVERDUE
from clientarea.forms.lists import LONGEST_SEARCH, number_in
from clientarea.paging import SIZES


class AmountForm(forms.Form):
    """One amount of money, in the client's currency."""

    amount = forms.DecimalField(
        label=_("Amount"),
        max_digits=14,
        decimal_places=3,
        min_value=Decimal("0.001"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class InvoiceChoice(forms.Form):
    """Which of the client's own open `invoices` are to be paid together."""

    def __init__(self, data: QueryDict | None, *, invoices: QuerySet[Invoice]) -> None:
        super().__init__(data)
        self.fields["invoice"] = forms.ModelMultipleChoiceField(
            queryset=invoices,
            error_messages={
                "required": _("Choose at least one invoice."),
                "invalid_choice": _("One of these invoices is not open any more. Look again."),
            },
        )


@dataclass(frozen=True)
class InvoiceQuery:
    """Search, status and page of the invoices; nonsense in the address means the default."""

    search: str = ""
    status: str = ""
    size: int = SIZES[0]
    page: int = 1

    @classmethod
    def read(cls, query: QueryDict) -> InvoiceQuery:
        """Read the query string."""
        size = number_in(query.get("size", ""))
        status = query.get("status", "")
        return cls(
            search=query.get("search", "").strip()[:LONGEST_SEARCH],
            status=status if status in {OVERDUE, *Invoice.Status.values} else "",
            size=size if size in SIZES else SIZES[0],
            page=number_in(query.get("page", "")) or 1,
        )
