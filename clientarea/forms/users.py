"""Forms of User Management and of an invitation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clients.models import Permission, User
from clients.models.membership import PRESETS
from core.errors import OperationError

CHOSEN = "chosen"
ROLES = (
    ("mail", _("Mail administrator")),
    ("books", _("Bookkeeper")),
    (CHOSEN, _("Chosen permissions")),
)


class PermissionsForm(forms.Form):
    """A preset, or permissions ticked one by one."""

    role = forms.ChoiceField(label=_("Role"), choices=ROLES, widget=forms.RadioSelect)
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"),
        choices=Permission.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, permissions: list[str] | None = None) -> None:
        held = permissions or []
        super().__init__(data, initial={"role": role_of(held), "permissions": held})

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("role") == CHOSEN and not data.get("permissions") and not self.errors:
            self.add_error("permissions", _("Choose at least one permission."))
        return data

    @property
    def chosen(self) -> list[str]:
        """Return the permissions that were chosen, by preset or one by one."""
        preset = PRESETS.get(self.cleaned_data["role"])
        return list(preset) if preset else list(self.cleaned_data["permissions"])

    def refuse(self, error: OperationError) -> None:
        """Show an operation's refusal at the field it speaks of."""
        self.add_error(error.field if error.field in self.fields else None, error.user_message)


class InviteForm(PermissionsForm):
    """Whom to invite, and to what."""

    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, permissions=list(PRESETS["mail"]))


class NewLogin(forms.Form):
    """Name and password of somebody who has no login yet."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any = None, *, email: str) -> None:
        super().__init__(data)
        self.email = email

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "password" in data:
            user = User(
                email=self.email,
                first_name=data.get("first_name", ""),
                last_name=data.get("last_name", ""),
            )
            try:
                validate_password(data["password"], user)
            except ValidationError as error:
                self.add_error("password", error)
        return data


def role_of(permissions: list[str]) -> str:
    """Return the preset that these permissions are, or that they were chosen one by one."""
    held = set(permissions)
    return next((name for name, preset in PRESETS.items() if set(preset) == held), CHOSEN)


def role_label(permissions: list[str]) -> Any:
    """Return what a set of permissions is called."""
    return dict(ROLES)[role_of(permissions)]
