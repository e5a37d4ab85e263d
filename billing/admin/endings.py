"""The end of services in the emergency admin: requests, closings, and what waits for approval."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from billing.models import CancellationRequest, Closing, Service, TerminationApproval
from billing.operations import approvals, cancellation, termination
from core.errors import OperationError
from provisioning.admin import ReadOnlyAdmin, actor_of


class CloseServiceForm(forms.ModelForm[Closing]):
    """Closes a service: its domain is typed in full, so that no other one is hit by a slip."""

    domain = forms.CharField(max_length=253, help_text="Type it in full, for example example.com")
    reason = forms.CharField(max_length=300)
    hold_days = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=365,
        help_text="For how long the mail is kept. Empty: as the product says. "
        "0 deletes it at once and needs the right to.",
    )

    class Meta:
        model = Closing
        fields = ("reason", "hold_days")

    def clean_domain(self) -> str:
        domain: str = self.cleaned_data["domain"].strip().lower()
        if not _running(domain).exists():
            raise forms.ValidationError("There is no active or suspended service for this domain.")
        if Closing.objects.open().filter(service__in=_running(domain)).exists():
            raise forms.ValidationError("This service is being closed already.")
        return domain


class KeepForADayForm(CloseServiceForm):
    """The same for those who may not delete mail at once."""

    hold_days = forms.IntegerField(
        required=False,
        min_value=termination.SHORTEST_HOLD,
        max_value=365,
        help_text="For how long the mail is kept. Empty: as the product says.",
    )


def _running(domain: str) -> QuerySet[Service]:
    return Service.objects.running().filter(mail_domain__domain=domain)


@admin.register(Closing)
class ClosingAdmin(admin.ModelAdmin[Closing]):
    """Closings: made by the form above, taken back by the action, never edited."""

    list_display = ("service", "cause", "status", "requested_on", "hold_days", "ends_at")
    list_filter = ("status", "cause")
    list_select_related = ("service__mail_domain",)
    search_fields = ("service__mail_domain__domain",)
    actions = ("restore",)

    @admin.display(description="Mail is deleted")
    def ends_at(self, closing: Closing) -> Any:
        return closing.service.closes_at

    def get_form(
        self,
        request: HttpRequest,
        obj: Closing | None = None,
        change: bool = False,  # noqa: FBT001, FBT002
        **kwargs: Any,
    ) -> Any:
        may_purge = termination.may_purge(actor_of(request))
        kwargs["form"] = CloseServiceForm if may_purge else KeepForADayForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(
        self,
        request: HttpRequest,
        obj: Closing,
        form: Any,
        change: bool,  # noqa: ARG002, FBT001
    ) -> None:
        data = form.cleaned_data
        closing = termination.close_service(
            service=_running(data["domain"]).get(),
            reason=data["reason"],
            hold_days=data["hold_days"],
            actor=actor_of(request),
            on=timezone.localdate(),
        )
        obj.pk = closing.pk
        obj.service = closing.service

    def has_change_permission(self, request: HttpRequest, obj: Closing | None = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, _request: HttpRequest, _obj: Closing | None = None) -> bool:
        return False

    @admin.action(description="Restore")
    def restore(self, request: HttpRequest, queryset: QuerySet[Closing]) -> None:
        for closing in queryset.select_related("service__client"):
            service, actor = closing.service, actor_of(request)
            _try(
                self,
                request,
                f"Restoring {service.domain}.",
                partial(
                    termination.restore_service,
                    service=service,
                    actor=actor,
                    on=timezone.localdate(),
                ),
            )


@admin.register(CancellationRequest)
class CancellationRequestAdmin(ReadOnlyAdmin[CancellationRequest]):
    """What clients asked to end, and why."""

    list_display = ("service", "timing", "status", "ends_on", "requested_by_name", "reason")
    list_filter = ("status", "timing")
    list_select_related = ("service__mail_domain",)
    search_fields = ("service__mail_domain__domain", "reason")
    actions = ("withdraw",)

    @admin.action(description="Withdraw: the service goes on", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[CancellationRequest]) -> None:
        for each in queryset.select_related("service__client"):
            actor = actor_of(request)
            _try(
                self,
                request,
                f"Withdrawn: {each.service.domain} goes on.",
                partial(
                    cancellation.withdraw,
                    request=each,
                    actor=actor,
                    on=timezone.localdate(),
                ),
            )

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.change_cancellationrequest")


@admin.register(TerminationApproval)
class TerminationApprovalAdmin(ReadOnlyAdmin[TerminationApproval]):
    """What the automation will not end before somebody has looked at it."""

    list_display = ("__str__", "reason", "status", "domains", "requested_by_name", "answered_by")
    list_filter = ("status", "kind")
    actions = ("approve", "decline")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TerminationApproval]:
        return super().get_queryset(request).prefetch_related("services__mail_domain")

    @admin.display(description="Services")
    def domains(self, approval: TerminationApproval) -> str:
        return ", ".join(service.domain for service in approval.services.all())

    @admin.action(description="Approve", permissions=["answer"])
    def approve(self, request: HttpRequest, queryset: QuerySet[TerminationApproval]) -> None:
        self._answer(request, queryset, approvals.approve, "approved")

    @admin.action(description="Decline", permissions=["answer"])
    def decline(self, request: HttpRequest, queryset: QuerySet[TerminationApproval]) -> None:
        self._answer(request, queryset, approvals.decline, "declined")

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(approvals.APPROVE)

    def _answer(
        self,
        request: HttpRequest,
        queryset: QuerySet[TerminationApproval],
        answer: Callable[..., TerminationApproval],
        word: str,
    ) -> None:
        for approval in queryset:
            actor = actor_of(request)
            _try(
                self,
                request,
                f"{approval}: {word}.",
                partial(answer, approval=approval, actor=actor),
            )


def _try(
    page: admin.ModelAdmin[Any], request: HttpRequest, done: str, act: Callable[[], object]
) -> None:
    try:
        act()
    except OperationError as error:
        page.message_user(request, error.user_message, messages.ERROR)
    else:
        page.message_user(request, done, messages.SUCCESS)
