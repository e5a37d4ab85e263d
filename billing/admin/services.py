"""Services in the emergency admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from billing.models import Product, Service
from billing.operations import ordering, services
from clients.models import Client
from core.errors import OperationError
from provisioning.admin import actor_of
from provisioning.models import MailDomain


class PlaceServiceForm(forms.ModelForm[Service]):
    """Places a service: the form is the door to the operation, not to the row."""

    client = forms.ModelChoiceField(Client.objects.all())
    product = forms.ModelChoiceField(Product.objects.all())
    domain = forms.CharField(max_length=253, help_text="For example example.com")
    adopt = forms.BooleanField(
        required=False,
        label="Take over the domain",
        help_text="Only if it is in the reseller account already and belongs to this client.",
    )

    class Meta:
        model = Service
        fields = ("client", "product")

    def clean_domain(self) -> str:
        try:
            return ordering.domain_of(self.cleaned_data["domain"])
        except ordering.UnableToPlaceService as error:
            raise forms.ValidationError(error.user_message) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if MailDomain.objects.live().filter(domain=data.get("domain")).exists():
            self.add_error("domain", "This domain already has an email service here.")
        return data


@admin.register(Service)
class ServiceAdmin(admin.ModelAdmin[Service]):
    """Services: placed by the form above, changed by the actions, never edited."""

    form = PlaceServiceForm
    list_display = ("domain", "client", "product", "status", "registration_date")
    list_filter = ("status", "product")
    list_select_related = ("client", "product", "mail_domain")
    search_fields = ("mail_domain__domain", "client__name", "client__company")
    actions = ("suspend", "unsuspend")

    def save_model(
        self,
        request: HttpRequest,
        obj: Service,
        form: Any,
        change: bool,  # noqa: ARG002, FBT001
    ) -> None:
        data = form.cleaned_data
        placed = ordering.place_service(
            client=data["client"],
            product=data["product"],
            domain=data["domain"],
            adopt=data["adopt"],
            actor=actor_of(request),
        )
        obj.pk = placed.pk
        obj.mail_domain = placed.mail_domain

    def has_change_permission(self, request: HttpRequest, obj: Service | None = None) -> bool:
        # The list and its actions are there; a row is not a form.
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, _request: HttpRequest, _obj: Service | None = None) -> bool:
        return False

    @admin.action(description="Suspend")
    def suspend(self, request: HttpRequest, queryset: QuerySet[Service]) -> None:
        for service in queryset:
            self._ask(
                request,
                service,
                lambda service=service: services.suspend_service(
                    service=service, reason="Suspended by staff", actor=actor_of(request)
                ),
            )

    @admin.action(description="Unsuspend")
    def unsuspend(self, request: HttpRequest, queryset: QuerySet[Service]) -> None:
        for service in queryset:
            self._ask(
                request,
                service,
                lambda service=service: services.unsuspend_service(
                    service=service, actor=actor_of(request)
                ),
            )

    def _ask(self, request: HttpRequest, service: Service, ask: Any) -> None:
        try:
            job = ask()
        except OperationError as error:
            self.message_user(request, f"{service.domain}: {error.user_message}", messages.ERROR)
        else:
            words = f"{service.domain}: {job.get_action_display()} is queued."
            self.message_user(request, words, messages.SUCCESS)
