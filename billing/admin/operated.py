"""Pages of the emergency admin whose saving is an operation."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from clients.actors import Actor
from core.errors import OperationError
from provisioning.admin import actor_of

Row = TypeVar("Row", bound=Model)


class OperatedAdmin(admin.ModelAdmin[Row]):
    """Forms that lead to an operation; what it refuses is said, and nothing is saved."""

    @abstractmethod
    def operate(self, obj: Row, data: dict[str, Any], actor: Actor) -> None:
        """Save the row the way it is saved; `data` is what the form holds."""

    def save_model(self, request: HttpRequest, obj: Row, *rest: Any) -> None:
        form, _is_change = rest
        self.operate(obj, form.cleaned_data, actor_of(request))

    def save_related(self, request: HttpRequest, form: Any, *rest: Any) -> None:
        """Save the rows that hang on this one; its links were the operation's."""
        formsets, is_change = rest
        for formset in formsets:
            self.save_formset(request, form, formset, is_change)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except OperationError as error:
            self.message_user(request, error.user_message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def has_delete_permission(self, _request: HttpRequest, _obj: Row | None = None) -> bool:
        return False
