"""Orders in the emergency admin: looked at, accepted, cancelled, held; never edited."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from billing.models import Order
from billing.operations import orders, setting_up
from billing.queries.orders import orders_paid_but_not_set_up
from core.errors import OperationError
from provisioning.admin import ReadOnlyAdmin, actor_of


class NotSetUpFilter(admin.SimpleListFilter):
    """Orders that should be set up by now and are not."""

    title = "set-up"
    parameter_name = "setup"

    def lookups(
        self,
        request: HttpRequest,  # noqa: ARG002
        model_admin: admin.ModelAdmin[Any],  # noqa: ARG002
    ) -> Iterable[tuple[str, str]]:
        return [("stuck", "Paid, not set up")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if self.value() != "stuck":
            return queryset
        return queryset.filter(pk__in=orders_paid_but_not_set_up(timezone.now()).values("pk"))


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin[Order]):
    """Orders, and what staff do with them."""

    list_display = (
        "number",
        "domain",
        "client",
        "product_name",
        "total",
        "currency",
        "status",
        "placed_at",
        "paid_at",
    )
    list_filter = ("status", NotSetUpFilter)
    list_select_related = ("client",)
    search_fields = ("number", "domain", "client__name", "client__company", "client__email")
    actions = ("accept", "set_up", "cancel", "hold_for_fraud", "reopen")

    @admin.action(description="Accept", permissions=["operate"])
    def accept(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._each(request, queryset, "accepted", orders.accept_order)

    @admin.action(description="Set up now", permissions=["operate"])
    def set_up(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._each(request, queryset, "being set up", setting_up.set_up_order)

    @admin.action(
        description="Cancel: frees the domain, what was paid becomes credit",
        permissions=["operate"],
    )
    def cancel(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        today = timezone.localdate()
        self._each(request, queryset, "cancelled", orders.cancel_order, on=today)

    @admin.action(description="Hold for fraud", permissions=["operate"])
    def hold_for_fraud(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._each(request, queryset, "held for fraud", orders.mark_as_fraud)

    @admin.action(description="Open again", permissions=["operate"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._each(request, queryset, "open again", orders.reopen_order)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.change_order")

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Order],
        word: str,
        act: Callable[..., object],
        **arguments: Any,
    ) -> None:
        for order in queryset.select_related("client"):
            try:
                act(order=order, actor=actor_of(request), **arguments)
            except OperationError as error:
                self.message_user(request, f"{order.number}: {error.user_message}", messages.ERROR)
            else:
                self.message_user(request, f"{order.number}: {word}.", messages.SUCCESS)
