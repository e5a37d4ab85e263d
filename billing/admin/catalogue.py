"""What is sold, in the emergency admin: every form leads to an operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from billing.admin.operated import OperatedAdmin
from billing.models import (
    ConfigurableOption,
    Currency,
    OptionValue,
    Product,
    ProductGroup,
    Promotion,
)
from billing.models.cycle import CYCLE_CHOICES
from billing.operations import catalogue, currencies
from clients.actors import Actor
from core.errors import OperationError
from provisioning.admin import actor_of
from provisioning.models import Feature


def tick_boxes(choices: Iterable[tuple[str, Any]]) -> forms.MultipleChoiceField:
    """Return the field for a list of words that is kept as JSON."""
    return forms.MultipleChoiceField(
        choices=list(choices), required=False, widget=forms.CheckboxSelectMultiple
    )


@admin.register(Currency)
class CurrencyAdmin(OperatedAdmin[Currency]):
    """Currencies that prices can be set in."""

    list_display = ("code", "prefix", "suffix", "digits", "rate", "is_base")
    fields = ("code", "prefix", "suffix", "rate")

    def has_change_permission(self, _request: HttpRequest, _obj: Currency | None = None) -> bool:
        return False

    def operate(self, obj: Currency, data: dict[str, Any], actor: Actor) -> None:
        obj.code = currencies.add_currency(actor=actor, **data).code


@admin.register(ProductGroup)
class ProductGroupAdmin(OperatedAdmin[ProductGroup]):
    """The shelves of the shop."""

    list_display = ("name", "tagline", "position", "is_hidden")
    prepopulated_fields: ClassVar = {"slug": ("name",)}

    def operate(self, obj: ProductGroup, _data: dict[str, Any], actor: Actor) -> None:
        catalogue.save_group(group=obj, actor=actor)


@admin.register(Product)
class ProductAdmin(OperatedAdmin[Product]):
    """Email hosting products."""

    list_display = ("name", "group", "status", "strategy", "basic_mailboxes", "enhanced_mailboxes")
    list_filter = ("status", "group", "strategy")
    list_select_related = ("group",)
    filter_horizontal = ("upgrades_to",)
    search_fields = ("name",)
    actions = ("copy",)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        if db_field.name == "features":
            return tick_boxes(Feature.choices)
        return super().formfield_for_dbfield(db_field, request, **options)

    def operate(self, obj: Product, data: dict[str, Any], actor: Actor) -> None:
        catalogue.save_product(product=obj, actor=actor, upgrades_to=data["upgrades_to"])

    @admin.action(description="Copy, with options and prices", permissions=["add"])
    def copy(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        for product in queryset:
            try:
                copy = catalogue.copy_product(
                    product=product, name=f"{product.name} (copy)", actor=actor_of(request)
                )
            except OperationError as error:
                self.message_user(request, f"{product.name}: {error.user_message}", messages.ERROR)
            else:
                self.message_user(request, f"{copy} is a draft.", messages.SUCCESS)


class OptionValueInline(admin.TabularInline[OptionValue, ConfigurableOption]):
    """The values of an option; their prices are set by price changes."""

    model = OptionValue
    extra = 1


@admin.register(ConfigurableOption)
class ConfigurableOptionAdmin(OperatedAdmin[ConfigurableOption]):
    """Options, each of one product."""

    list_display = ("name", "product", "key", "kind", "minimum", "maximum", "is_hidden")
    list_filter = ("product", "kind")
    list_select_related = ("product",)
    search_fields = ("name", "product__name")
    exclude = ("retired_at",)
    inlines = (OptionValueInline,)
    actions = ("retire", "sell_again", "delete_unused")

    def operate(self, obj: ConfigurableOption, _data: dict[str, Any], actor: Actor) -> None:
        catalogue.save_option(option=obj, actor=actor)

    def save_formset(self, request: HttpRequest, _form: Any, formset: Any, *_rest: Any) -> None:
        actor = actor_of(request)
        for value in formset.save(commit=False):
            catalogue.save_value(value=value, actor=actor)
        for value in formset.deleted_objects:
            catalogue.delete_value(value=value, actor=actor)

    @admin.action(description="Retire: not sold any more", permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[ConfigurableOption]) -> None:
        for option in queryset:
            catalogue.retire_option(option=option, actor=actor_of(request))

    @admin.action(description="Sell again", permissions=["change"])
    def sell_again(self, request: HttpRequest, queryset: QuerySet[ConfigurableOption]) -> None:
        for option in queryset:
            catalogue.sell_option_again(option=option, actor=actor_of(request))

    @admin.action(description="Delete where nobody has it", permissions=["change"])
    def delete_unused(self, request: HttpRequest, queryset: QuerySet[ConfigurableOption]) -> None:
        for option in queryset:
            try:
                catalogue.delete_option(option=option, actor=actor_of(request))
            except OperationError as error:
                self.message_user(request, f"{option.name}: {error.user_message}", messages.ERROR)


@admin.register(Promotion)
class PromotionAdmin(OperatedAdmin[Promotion]):
    """Promotion codes."""

    list_display = ("code", "kind", "value", "lasting", "starts_on", "ends_on", "uses", "most_uses")
    filter_horizontal = ("products",)
    readonly_fields = ("uses",)
    search_fields = ("code",)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        if db_field.name == "cycles":
            return tick_boxes(CYCLE_CHOICES)
        return super().formfield_for_dbfield(db_field, request, **options)

    def operate(self, obj: Promotion, data: dict[str, Any], actor: Actor) -> None:
        catalogue.save_promotion(promotion=obj, actor=actor, products=data["products"])
