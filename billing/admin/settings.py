"""Settings, taxes, client groups and billing profiles in the emergency admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from billing.admin.operated import OperatedAdmin
from billing.models import BillingProfile, BillingSettings, ClientGroup, TaxRule
from billing.operations import configuration
from clients.actors import Actor
from provisioning.admin import actor_of


@admin.register(BillingSettings)
class BillingSettingsAdmin(OperatedAdmin[BillingSettings]):
    """The one row of settings."""

    list_display = ("__str__", "company_name", "updated_at")

    def operate(self, obj: BillingSettings, data: dict[str, Any], actor: Actor) -> None:  # noqa: ARG002
        obj.pk = 1
        configuration.save_row(row=obj, actor=actor)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not BillingSettings.objects.exists()


@admin.register(TaxRule)
class TaxRuleAdmin(OperatedAdmin[TaxRule]):
    """Which tax is charged where. Published invoices keep the taxes they have."""

    list_display = ("name", "level", "percent", "country", "state", "is_compound")
    list_filter = ("level", "country")

    def operate(self, obj: TaxRule, data: dict[str, Any], actor: Actor) -> None:  # noqa: ARG002
        configuration.save_row(row=obj, actor=actor)

    def has_delete_permission(self, request: HttpRequest, obj: TaxRule | None = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: TaxRule) -> None:
        configuration.remove_row(row=obj, actor=actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TaxRule]) -> None:
        for rule in queryset:
            self.delete_model(request, rule)


@admin.register(ClientGroup)
class ClientGroupAdmin(OperatedAdmin[ClientGroup]):
    """Clients who are billed alike."""

    list_display = ("name", "invoice_days", "suspension_days", "termination_days")

    def operate(self, obj: ClientGroup, data: dict[str, Any], actor: Actor) -> None:  # noqa: ARG002
        configuration.save_row(row=obj, actor=actor)


@admin.register(BillingProfile)
class BillingProfileAdmin(OperatedAdmin[BillingProfile]):
    """How each client is billed; made with a client's first order or invoice."""

    list_display = ("client", "currency", "credit", "group", "is_tax_exempt")
    list_filter = ("currency", "group", "is_tax_exempt")
    list_select_related = ("client", "currency", "group")
    search_fields = ("client__name", "client__company", "client__email")
    readonly_fields = ("client", "credit")

    def operate(self, obj: BillingProfile, data: dict[str, Any], actor: Actor) -> None:  # noqa: ARG002
        configuration.save_profile(profile=obj, actor=actor)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False
