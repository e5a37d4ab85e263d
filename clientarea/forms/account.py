"""Forms of the client's details and of one's own profile."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clientarea.forms.countries import countries_by_name
from clients.models import Client, User
from clients.operations.clients import ClientDetails
from clients.operations.users import Profile
from core import time_zones

Choice = tuple[str, "str | Promise"]
Grouped = list[tuple[str, Any]]
# Zones of a region people know; the rest are names kept for old systems.
REGIONS = (
    "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian",
    "Pacific",
)  # fmt: skip


class ClientDetailsForm(forms.Form):
    """What a client says about itself."""

    name = forms.CharField(
        label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    company = forms.CharField(
        label=_("Company"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    email = forms.EmailField(
        label=_("Email for this account"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    language = forms.ChoiceField(label=_("Language of emails"))

    def __init__(self, data: Any = None, *, client: Client) -> None:
        initial = {
            "name": client.name,
            "company": client.company,
            "email": client.email,
            "country": client.country,
            "language": client.language,
        }
        super().__init__(data, initial=initial)
        countries = countries_by_name()
        _offer(self, "country", [("", _("Not given")), *countries])
        _offer(self, "language", list(settings.LANGUAGES))

    def to_details(self) -> ClientDetails:
        """Turn valid input into the operation's own terms."""
        return ClientDetails(**self.cleaned_data)


class ProfileForm(forms.Form):
    """Somebody's own name, time zone and language."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    def __init__(self, data: Any = None, *, user: User) -> None:
        initial = {
            "first_name": user.first_name,
            "last_name": user.last_name,
            "language": user.language,
            "time_zone": user.time_zone,
        }
        super().__init__(data, initial=initial)
        _offer(self, "language", [("", _("As my browser asks")), *settings.LANGUAGES])
        usual = gettext("The usual one (%(zone)s)") % {"zone": settings.TIME_ZONE}
        _offer(self, "time_zone", [("", usual), *_zones()])

    def to_profile(self) -> Profile:
        """Turn valid input into the operation's own terms."""
        return Profile(**self.cleaned_data)


class NewEmail(forms.Form):
    """Another address to log in with."""

    email = forms.EmailField(
        label=_("New email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        self.user = user

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if email == self.user.email.lower():
            raise ValidationError(_("You log in with this address already."))
        return email


def _offer(form: forms.Form, name: str, choices: list[Any]) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


def _zones() -> Grouped:
    known = sorted(time_zones.known())
    groups = [
        (
            region,
            [
                (zone, zone.removeprefix(f"{region}/").replace("_", " "))
                for zone in known
                if zone.startswith(f"{region}/")
            ],
        )
        for region in REGIONS
    ]
    return [("UTC", "UTC"), *groups]
