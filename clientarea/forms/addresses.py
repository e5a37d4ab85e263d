"""Forms of aliases, forwards and alias domains: shape only; the rest is the operation's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.errors import OperationError
from provisioning.models import Alias, CatchAll, Mailbox, MailDomain
from provisioning.operations.addresses import BadAddress, own_local_part, whole_address

# More would weigh on the page; what is not offered can still be typed.
MOST_OFFERED = 1000
SUGGESTIONS = "suggestions"


def address_field(label: Any, *, required: bool = True, offers: bool = False) -> forms.CharField:
    """Return a field for an address, `offers` those of the domain's mailboxes."""
    attrs = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
    if offers:
        attrs |= {"list": SUGGESTIONS, "inputmode": "email"}
    return forms.CharField(
        label=label,
        max_length=320,
        required=required,
        widget=forms.TextInput(attrs=attrs),
    )


def offered(mail_domain: MailDomain) -> list[str]:
    """Return the mailboxes' names that a field offers, in their order."""
    names = mail_domain.mailboxes.live().values_list("local_part", flat=True)
    return list(names.order_by("local_part")[:MOST_OFFERED])


class AddressForm(forms.Form):
    """A form about addresses of one domain."""

    def __init__(self, data: Any = None, *, mail_domain: MailDomain, **options: Any) -> None:
        super().__init__(data, **options)
        self.mail_domain = mail_domain

    def refuse(self, error: OperationError) -> None:
        """Show an operation's refusal at the field it speaks of."""
        self.add_error(error.field if error.field in self.fields else None, error.user_message)

    def clean_target(self) -> str:
        typed: str = self.cleaned_data["target"]
        if not typed:
            return ""
        try:
            return whole_address(typed, self.mail_domain)
        except BadAddress as error:
            raise ValidationError(error.user_message) from error


class AliasForm(AddressForm):
    """Name and target of a new alias, or of one that is changed."""

    local_part = address_field(_("Alias"))
    target = address_field(_("Delivers to"), offers=True)

    def __init__(
        self, data: Any = None, *, mail_domain: MailDomain, alias: Alias | None = None
    ) -> None:
        super().__init__(data, mail_domain=mail_domain)
        self.alias = alias
        first = "local_part"
        if alias is not None:
            self.initial = {"local_part": alias.local_part, "target": alias.target}
            first = "target"
        self.fields[first].widget.attrs["autofocus"] = True

    def clean_local_part(self) -> str:
        typed: str = self.cleaned_data["local_part"]
        if self.alias is not None and typed == self.alias.local_part:
            return typed
        try:
            return own_local_part(typed, self.mail_domain)
        except BadAddress as error:
            raise ValidationError(error.user_message) from error


class CatchAllForm(AddressForm):
    """Where all other mail goes; empty turns it away."""

    target = address_field(_("Deliver it to"), required=False, offers=True)

    def __init__(
        self, data: Any = None, *, mail_domain: MailDomain, catch_all: CatchAll | None
    ) -> None:
        super().__init__(data, mail_domain=mail_domain)
        self.initial = {"target": catch_all.target if catch_all else ""}
        self.fields["target"].widget.attrs["autofocus"] = True


class AliasDomainForm(AddressForm):
    """The name of one more domain."""

    domain = forms.CharField(
        label=_("Domain"),
        max_length=253,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
                "placeholder": "example.net",
            }
        ),
    )


class ForwardForm(AddressForm):
    """A mailbox, and where copies of its mail go."""

    local_part = address_field(_("Mailbox"), offers=True)
    target = address_field(_("Send a copy to"), offers=True)

    def __init__(self, data: Any = None, *, mail_domain: MailDomain, mailbox: str = "") -> None:
        super().__init__(data, mail_domain=mail_domain)
        self.initial = {"local_part": mailbox}
        first = "target" if mailbox else "local_part"
        self.fields[first].widget.attrs["autofocus"] = True

    def clean_local_part(self) -> str:
        typed: str = self.cleaned_data["local_part"].strip().lower()
        local_part, at, host = typed.rpartition("@")
        if at and host != self.mail_domain.domain.lower():
            raise ValidationError(
                _("Mailboxes of this service end in @%(domain)s."),
                params={"domain": self.mail_domain.domain},
            )
        name = local_part if at else typed
        mailboxes = self.mail_domain.mailboxes.exclude(status=Mailbox.Status.REMOVED)
        if not mailboxes.filter(local_part=name).exists():
            raise ValidationError(
                _("There is no mailbox %(address)s."),
                params={"address": f"{name}@{self.mail_domain.domain}"},
            )
        return name
