"""Clients and users in the emergency admin."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest

from clients.models import Activity, Client, Membership, User

RIGHTS = ("is_staff", "is_superuser", "groups")


class UserCreationForm(AdminUserCreationForm[User]):
    """Asks for an email where Django asks for a user name."""

    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    """
    Users by email.

    Only superusers grant rights, and only they touch the rows of staff and superusers: whoever may
    change users could otherwise become one, or log in as one.
    """

    add_form = UserCreationForm
    ordering = ("email",)
    list_display = ("email", "first_name", "last_name", "is_staff", "is_active", "last_login")
    search_fields = ("email", "first_name", "last_name")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "time_zone")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if _is_superuser(request) else (*fields, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _may_touch(request, obj) and super().has_delete_permission(request, obj)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return user is None or not (user.is_staff or user.is_superuser) or _is_superuser(request)


class MembershipInline(admin.TabularInline[Membership, Client]):
    """Who can act for the client."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Client)
class ClientAdmin(admin.ModelAdmin[Client]):
    """Clients with their users."""

    list_display = ("name", "company", "email", "status")
    list_filter = ("status",)
    search_fields = ("name", "company", "email")
    inlines: ClassVar = [MembershipInline]


@admin.register(Activity)
class ActivityAdmin(admin.ModelAdmin[Activity]):
    """The activity log, to be read only."""

    list_display = ("created_at", "actor_name", "on_behalf_of", "action", "object_name", "client")
    list_filter = ("actor_kind", "action")
    search_fields = ("object_name", "actor_name")
    list_select_related = ("on_behalf_of", "client")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Activity | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Activity | None = None) -> bool:
        return False
