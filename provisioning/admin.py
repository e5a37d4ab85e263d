"""Servers, domains and jobs in the emergency admin."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from clients.actors import Actor
from clients.models import User
from provisioning.models import (
    ClosingSnapshot,
    Drift,
    Mailbox,
    MailDomain,
    ModuleJob,
    ModuleLog,
    Server,
)
from provisioning.operations import lifecycle, servers

Row = TypeVar("Row", bound=Model)


class ReadOnlyAdmin(admin.ModelAdmin[Row]):
    """Rows that only operations write."""

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Row | None = None) -> bool:
        return False


ADDRESSES = ("admin_url", "fallback_admin_url", "user_url", "control_panel_url")


class WriteOnlyPassword(forms.ModelForm[Server]):
    """
    The stored password is never shown; an empty field keeps it.

    It is asked for again where it would be sent somewhere else, or with another name: who may edit
    a server could otherwise have it delivered to an address of their own.
    """

    password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Stored encrypted and never shown. Leave empty to keep the one that is stored.",
    )

    class Meta:
        model = Server
        fields = (
            "name",
            "is_active",
            "username",
            "password",
            "admin_url",
            "fallback_admin_url",
            "user_url",
            "control_panel_url",
            "control_panel_hand_off",
            "max_domains",
            "mb_per_gb",
        )

    def clean_admin_url(self) -> str:
        return self._private("admin_url")

    def clean_fallback_admin_url(self) -> str:
        return self._private("fallback_admin_url")

    def clean_user_url(self) -> str:
        return self._private("user_url")

    def clean_control_panel_url(self) -> str:
        return self._private("control_panel_url")

    def _private(self, field: str) -> str:
        address: str = self.cleaned_data[field]
        parts = urlsplit(address)
        if address and parts.scheme.lower() != "https" and not is_this_machine(parts.hostname):
            raise forms.ValidationError(
                "Use an https address: passwords travel to it. "
                "Plain http is for this machine alone."
            )
        return address

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            return password
        if not self.instance.password:
            raise forms.ValidationError("Enter the password of the reseller account.")
        if {"username", *ADDRESSES} & set(self.changed_data):
            raise forms.ValidationError(
                "Enter the password again: an address or the user name has changed."
            )
        stored: str = self.instance.password
        return stored


@admin.register(Server)
class ServerAdmin(admin.ModelAdmin[Server]):
    """Reseller accounts at the vendor."""

    form = WriteOnlyPassword
    list_display = ("name", "username", "is_active", "health", "health_checked_at")
    actions = ("test_connection",)

    def save_model(self, request: HttpRequest, obj: Server, *_form: object) -> None:
        save = servers.change_server if obj.pk else servers.add_server
        save(server=obj, actor=actor_of(request))

    @admin.action(description="Test connection")
    def test_connection(self, request: HttpRequest, queryset: QuerySet[Server]) -> None:
        for server in queryset:
            report = servers.check_connection(server=server, actor=actor_of(request))
            level = messages.SUCCESS if report.ok else messages.ERROR
            self.message_user(request, f"{server.name}: {report.message}", level)


@admin.register(MailDomain)
class MailDomainAdmin(ReadOnlyAdmin[MailDomain]):
    """Domains as the vendor has confirmed them."""

    list_display = ("domain", "client", "status", "server", "mirrored_at")
    list_filter = ("status", "server")
    list_select_related = ("client", "server")
    search_fields = ("domain",)


@admin.register(Mailbox)
class MailboxAdmin(ReadOnlyAdmin[Mailbox]):
    """Mailboxes of all domains."""

    list_display = ("address", "type_label", "quota_mb", "status", "unsettled_since")
    list_filter = ("status",)
    list_select_related = ("mail_domain",)
    search_fields = ("local_part", "mail_domain__domain")


@admin.register(ClosingSnapshot)
class ClosingSnapshotAdmin(ReadOnlyAdmin[ClosingSnapshot]):
    """What was in a domain when it was closed."""

    list_display = ("mail_domain", "mailboxes", "usage_mb", "as_of", "taken_at", "restored_at")
    list_select_related = ("mail_domain",)
    search_fields = ("mail_domain__domain",)


@admin.register(ModuleJob)
class ModuleJobAdmin(ReadOnlyAdmin[ModuleJob]):
    """The module queue."""

    list_display = (
        "pk",
        "mail_domain",
        "action",
        "status",
        "attempts",
        "due_at",
        "message",
        "requested_by_name",
    )
    list_filter = ("status", "action", "cause")
    list_select_related = ("mail_domain",)
    search_fields = ("mail_domain__domain",)
    actions = ("retry", "adopt")

    @admin.action(description="Try again now", permissions=["run"])
    def retry(self, request: HttpRequest, queryset: QuerySet[ModuleJob]) -> None:
        for job in queryset:
            try:
                lifecycle.retry(job=job, actor=actor_of(request))
            except lifecycle.UnableToRequest as error:
                self.message_user(request, f"{job}: {error.user_message}", messages.ERROR)
            else:
                self.message_user(request, f"{job} is tried again.", messages.SUCCESS)

    @admin.action(description="Adopt the domain", permissions=["run"])
    def adopt(self, request: HttpRequest, queryset: QuerySet[ModuleJob]) -> None:
        for job in queryset.select_related("mail_domain"):
            try:
                lifecycle.adopt(job=job, actor=actor_of(request))
            except lifecycle.UnableToRequest as error:
                self.message_user(request, f"{job}: {error.user_message}", messages.ERROR)
            else:
                name = job.mail_domain.domain
                self.message_user(request, f"Adopting {name}.", messages.SUCCESS)

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Tell whether this member of staff may set jobs going."""
        return cast(User, request.user).has_perm("provisioning.change_modulejob")

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


@admin.register(ModuleLog)
class ModuleLogAdmin(ReadOnlyAdmin[ModuleLog]):
    """Every request to the vendor, masked."""

    list_display = ("created_at", "action", "mail_domain", "outcome", "status_code", "duration_ms")
    list_filter = ("outcome", "action")
    list_select_related = ("mail_domain",)
    search_fields = ("mail_domain__domain", "correlation_id")


@admin.register(Drift)
class DriftAdmin(ReadOnlyAdmin[Drift]):
    """Where the vendor was found to differ."""

    list_display = ("noticed_at", "mail_domain", "kind", "name", "ours", "theirs", "closed_at")
    list_filter = ("kind",)
    list_select_related = ("mail_domain",)


def actor_of(request: HttpRequest) -> Actor:
    """Return the member of staff who clicked."""
    return Actor.from_user(cast(User, request.user), ip_address=request.META.get("REMOTE_ADDR"))


def is_this_machine(host: str | None) -> bool:
    """Tell whether an address never leaves the machine it is used on."""
    if host is None or host == "localhost":
        return host is not None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
