"""Changes of services in the emergency admin: looked at, tried again, given up; never edited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from billing.models import Upgrade
from billing.operations import upgrade_steps, upgrades
from core.errors import OperationError
from provisioning.admin import ReadOnlyAdmin, actor_of


@admin.register(Upgrade)
class UpgradeAdmin(ReadOnlyAdmin[Upgrade]):
    """Changes, and what staff do with one that has failed or that nobody wants any more."""

    list_display = ("service", "kind", "status", "amount", "requested_by_name", "created_at")
    list_filter = ("status", "kind")
    list_select_related = ("service__mail_domain",)
    search_fields = ("service__mail_domain__domain", "service__client__name")
    actions = ("try_again", "give_up", "withdraw")

    @admin.action(description="Failed: try again", permissions=["operate"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Upgrade]) -> None:
        self._each(request, queryset, "being tried again", upgrade_steps.try_again)

    @admin.action(
        description="Failed: give up, what was paid becomes credit", permissions=["operate"]
    )
    def give_up(self, request: HttpRequest, queryset: QuerySet[Upgrade]) -> None:
        today = timezone.localdate()
        self._each(request, queryset, "given up", upgrade_steps.credit_failed, on=today)

    @admin.action(description="Not begun: withdraw", permissions=["operate"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Upgrade]) -> None:
        today = timezone.localdate()
        self._each(request, queryset, "withdrawn", upgrades.withdraw, on=today)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.change_upgrade")

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Upgrade],
        word: str,
        act: Callable[..., object],
        **arguments: Any,
    ) -> None:
        for upgrade in queryset.select_related("service__client", "service__mail_domain"):
            name = f"#{upgrade.pk}, {upgrade.service.domain}"
            try:
                act(upgrade=upgrade, actor=actor_of(request), **arguments)
            except OperationError as error:
                self.message_user(request, f"{name}: {error.user_message}", messages.ERROR)
            else:
                self.message_user(request, f"{name}: {word}.", messages.SUCCESS)
