"""Prices and their changes in the emergency admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from billing.admin.operated import OperatedAdmin
from billing.models import Currency, OptionValue, Price, PriceChange, Product, Service
from billing.models.cycle import CYCLE_CHOICES
from billing.operations import price_changes
from billing.operations.price_changes import Audience, NewPrice, UnableToChangePrice
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from provisioning.admin import ReadOnlyAdmin


@admin.register(Price)
class PriceAdmin(ReadOnlyAdmin[Price]):
    """Every price there is or was; a new one is made by a price change."""

    list_display = (
        "pk",
        "product",
        "option_value",
        "currency",
        "cycle",
        "amount",
        "setup_fee",
        "replaced_at",
    )
    list_filter = (("replaced_at", admin.EmptyFieldListFilter), "currency", "cycle", "product")
    list_select_related = ("product", "option_value")


class PriceChangeForm(forms.ModelForm[PriceChange]):
    """A new price, and for whom; what it does to services is shown before it is done."""

    product = forms.ModelChoiceField(Product.objects.all(), required=False)
    option_value = forms.ModelChoiceField(
        OptionValue.objects.select_related("option__product"), required=False
    )
    currency = forms.ModelChoiceField(Currency.objects.all())
    cycle = forms.ChoiceField(choices=CYCLE_CHOICES, initial=Cycle.MONTHLY)
    amount = forms.DecimalField(max_digits=14, decimal_places=3)
    setup_fee = forms.DecimalField(max_digits=14, decimal_places=3, min_value=0, initial=0)
    domains = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="For selected services: their domains, one a line.",
    )
    confirmation = forms.CharField(
        required=False, help_text="Leave empty to be shown what the change does."
    )

    class Meta:
        model = PriceChange
        fields = ("scope", "effective_date")

    def clean_domains(self) -> list[int]:
        """Return the numbers of the services named."""
        names = {name.strip().lower() for name in self.cleaned_data["domains"].split()}
        services = Service.objects.filter(mail_domain__domain__in=names).exclude(
            status=Service.Status.TERMINATED
        )
        found = {service.domain: service.pk for service in services.select_related("mail_domain")}
        missing = sorted(names - found.keys())
        if missing:
            raise forms.ValidationError(f"No service is live for {', '.join(missing)}.")
        return list(found.values())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        things: list[Product | OptionValue] = [
            data[name] for name in ("product", "option_value") if data.get(name)
        ]
        if len(things) != 1:
            self.add_error("product", "Choose a product or a value of an option.")
        if self.errors:
            return data
        data["new"] = NewPrice(
            thing=things[0],
            currency=data["currency"],
            cycle=Cycle(data["cycle"]),
            amount=data["amount"],
            setup_fee=data["setup_fee"],
        )
        data["audience"] = Audience(
            scope=PriceChange.Scope(data["scope"]),
            effective_date=data["effective_date"],
            services=data["domains"],
        )
        try:
            self._confirm(data)
        except UnableToChangePrice as error:
            self.add_error(error.field or None, error.user_message)
        return data

    def _confirm(self, data: dict[str, Any]) -> None:
        """Show what would be done until the number of services is typed."""
        shown = price_changes.preview(
            new=data["new"], audience=data["audience"], today=timezone.localdate()
        )
        data["expected"] = shown
        if shown.services and data["confirmation"].strip() != str(shown.services):
            currency = data["currency"].code
            self.add_error(
                "confirmation",
                f"{shown.services} services are affected: {shown.recurring_difference:+} {currency}"
                f" each cycle in all. Type {shown.services} to go on.",
            )


@admin.register(PriceChange)
class PriceChangeAdmin(OperatedAdmin[PriceChange]):
    """Decisions about prices: made here, and kept."""

    form = PriceChangeForm
    list_display = (
        "created_at",
        "new_price",
        "old_price",
        "scope",
        "effective_date",
        "services_affected",
        "recurring_difference",
        "made_by_name",
    )
    list_select_related = ("old_price", "new_price")

    def has_change_permission(self, _request: HttpRequest, _obj: PriceChange | None = None) -> bool:
        return False

    def operate(self, obj: PriceChange, data: dict[str, Any], actor: Actor) -> None:
        made = price_changes.change_price(
            new=data["new"],
            audience=data["audience"],
            expected=data["expected"],
            actor=actor,
            today=timezone.localdate(),
        )
        obj.pk, obj.new_price = made.pk, made.new_price
