"""Forms of a domain's DNS, branding, footer and time zone: shape only."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from core import time_zones as iana
from core.errors import OperationError
from provisioning.models import Branding, DomainSettings
from provisioning.operations import footers
from provisioning.operations.branding import (
    LARGEST_LOGO,
    LONGEST_NAME,
    BrandingSpec,
    Logo,
    UnableToReadLogo,
    read_logo,
)
from provisioning.operations.dns import LONGEST_NOTE
from provisioning.operations.footers import LONGEST as LONGEST_FOOTER
from provisioning.operations.footers import UnableToUseFooter

COLOR = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
# Names of the form Area/City; the rest are older spellings of the same places.
AREAS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


class SettingForm(forms.Form):
    """A form whose refusals name its own fields."""

    def refuse(self, error: OperationError) -> None:
        """Show an operation's refusal at the field it speaks of."""
        self.add_error(error.field if error.field in self.fields else None, error.user_message)


class MailRecords(SettingForm):
    """To whom the DNS records go, and what to tell them."""

    address = forms.EmailField(
        label=_("Email address of your DNS provider"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class BrandingForm(SettingForm):
    """The look of webmail; what is left empty is the reseller's own."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization", "data-brand": "name"}),
    )
    support_email = forms.EmailField(
        label=_("Support address"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "data-brand": "support"}),
    )
    color = forms.CharField(
        label=_("Color"),
        max_length=7,
        required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "placeholder": "#2d5fb4",
                "data-brand": "color",
            }
        ),
    )
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(
            attrs={"accept": "image/png,image/jpeg,image/gif", "data-brand": "logo"}
        ),
    )

    @classmethod
    def filled_with(cls, branding: Branding) -> BrandingForm:
        """Return the form with what webmail looks like now."""
        return cls(
            initial={
                "name": branding.name,
                "support_email": branding.support_email,
                "color": f"#{branding.color}" if branding.color else "",
            }
        )

    def clean_color(self) -> str:
        typed = str(self.cleaned_data["color"]).strip()
        match = COLOR.fullmatch(typed) if typed else None
        if typed and not match:
            raise ValidationError(_("Write the color as # and six digits, such as #2d5fb4."))
        digits = match[1].lower() if match else ""
        return digits if len(digits) != len("rgb") else "".join(2 * digit for digit in digits)

    def clean_logo(self) -> Logo | None:
        upload: UploadedFile[bytes] | None = self.cleaned_data["logo"]
        if not upload:
            return None
        if not upload.size:
            raise ValidationError(_("The file is empty."))
        try:
            # One byte more than allowed is enough to know that it is too large.
            return read_logo(upload.read(LARGEST_LOGO + 1))
        except UnableToReadLogo as error:
            raise ValidationError(error.user_message) from error

    @property
    def spec(self) -> BrandingSpec:
        """Return valid input in the operation's own terms."""
        data: dict[str, Any] = self.cleaned_data
        return BrandingSpec(
            name=data["name"],
            support_email=data["support_email"],
            color=data["color"],
            logo=data["logo"],
        )


class FooterForm(SettingForm):
    """What stands under every message, typed as text or as HTML."""

    TEXT, HTML = "text", "html"

    format = forms.ChoiceField(
        label=_("Written as"),
        choices=[(TEXT, _("Plain text")), (HTML, _("HTML"))],
        widget=forms.RadioSelect,
    )
    footer = forms.CharField(
        label=_("Footer"),
        # Escaping makes it longer; the operation counts what is sent.
        max_length=LONGEST_FOOTER,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "true"}),
    )

    @classmethod
    def filled_with(cls, row: DomainSettings) -> FooterForm:
        """Return the form with the present footer, as text where nothing is lost by it."""
        is_plain = footers.is_plain(row.footer)
        return cls(
            initial={
                "format": cls.TEXT if is_plain else cls.HTML,
                "footer": footers.to_text(row.footer) if is_plain else row.footer,
            }
        )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "footer" in data and "format" in data:
            typed = data["footer"]
            try:
                html = footers.from_text(typed) if data["format"] == self.TEXT else typed
                data["html"] = footers.clean_footer(html)
            except UnableToUseFooter as error:
                self.add_error("footer", error.user_message)
        return data


class TimeZoneForm(SettingForm):
    """A time zone, by its name or by its city."""

    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def clean_time_zone(self) -> str:
        typed = str(self.cleaned_data["time_zone"]).strip()
        wanted = typed.lower().replace(" ", "_")
        zones = time_zones()
        for zone in (*zones, *iana.known()):
            if zone.lower() == wanted:
                return zone
        same_city = [zone for zone in zones if zone.lower().rpartition("/")[2] == wanted]
        if len(same_city) == 1:
            return same_city[0]
        close = [zone for zone in zones if wanted and wanted in zone.lower()][:3]
        if close:
            raise ValidationError(
                _("There is no such time zone. Do you mean %(zones)s?"),
                params={"zones": ", ".join(close)},
            )
        raise ValidationError(
            _("There is no such time zone. Type a city, such as Berlin, and choose from the list.")
        )


def time_zones() -> list[str]:
    """Return the time zones to choose from, by name."""
    zones = (zone for zone in iana.known() if zone.partition("/")[0] in AREAS)
    return ["UTC", *sorted(zones)]
