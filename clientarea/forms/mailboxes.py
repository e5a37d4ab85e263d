"""Forms of one mailbox: shape only, what the plan has room for is the operation's question."""

from __future__ import annotations

from collections.abc import Collection
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.errors import OperationError
from provisioning.models import Mailbox, MailDomain
from provisioning.operations.mailboxes import (
    MailboxChange,
    MailboxSpec,
    listed,
    local_part_problem,
    password_problems,
)
from provisioning.queries import DomainUsage, Gauge

USUAL_QUOTA_GB = Decimal(10)
LARGEST_QUOTA_GB = Decimal(100_000)
STEP_GB = Decimal("0.1")
# What the operations call a field, and what it is called here.
FIELDS = {
    "local_part": "local_part",
    "password": "password",
    "quota": "quota_gb",
    "type": "account_type",
    "display_name": "display_name",
}

Choices = list[tuple[int, str | Promise]]


class MailboxForm(forms.Form):
    """What adding and managing a mailbox have in common."""

    quota_gb = forms.DecimalField(
        label=_("Quota"),
        min_value=STEP_GB,
        max_value=LARGEST_QUOTA_GB,
        decimal_places=1,
        widget=forms.NumberInput(attrs={"step": "0.1", "inputmode": "decimal"}),
    )
    display_name = forms.CharField(
        label=_("Display name"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self, data: Any = None, *, mail_domain: MailDomain, usage: DomainUsage, choices: Choices
    ) -> None:
        super().__init__(data)
        self.mail_domain = mail_domain
        self.usage = usage
        self.fields["account_type"] = forms.TypedChoiceField(
            label=_("Type"),
            coerce=int,
            choices=choices,
            error_messages={
                "invalid_choice": _("Accounts of this type are not part of this plan.")
            },
        )
        if mail_domain.mailbox_quota_gb:
            # A hint to the browser alone; the operation knows the rule.
            self.fields["quota_gb"].widget.attrs["max"] = f"{mail_domain.mailbox_quota_gb:f}"
        self.order_fields(["local_part", "password", "quota_gb", "account_type", "display_name"])

    def refuse(self, error: OperationError) -> None:
        """Show an operation's refusal at the field it speaks of."""
        field = FIELDS.get(error.field)
        self.add_error(field if field in self.fields else None, error.user_message)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        return _checked(password) if password else ""

    @property
    def quota_mb(self) -> int:
        """Return the quota typed in, in the vendor's megabytes."""
        quota: Decimal = self.cleaned_data["quota_gb"]
        return int(quota * self.mail_domain.server.mb_per_gb)


class AddMailbox(MailboxForm):
    """A new mailbox. Only the user name has to be typed."""

    local_part = forms.CharField(
        label=_("User name"),
        max_length=320,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )
    password = forms.CharField(label=_("Password"), strip=False, max_length=128)
    request_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, mail_domain: MailDomain, usage: DomainUsage) -> None:
        super().__init__(data, mail_domain=mail_domain, usage=usage, choices=_choices_to_add(usage))
        self.initial = {
            "quota_gb": _usual_quota(mail_domain, usage),
            "account_type": _first_free_type(usage),
            "request_key": uuid4(),
        }

    def clean_local_part(self) -> str:
        typed: str = self.cleaned_data["local_part"]
        local_part, at, domain = typed.strip().lower().partition("@")
        if at and domain != self.mail_domain.domain.lower():
            raise ValidationError(
                _("Mailboxes of this service end in @%(domain)s."),
                params={"domain": self.mail_domain.domain},
            )
        problem = local_part_problem(local_part)
        if problem:
            raise ValidationError(problem)
        return local_part

    def to_spec(self) -> MailboxSpec:
        """Turn valid input into the operation's own terms."""
        data = self.cleaned_data
        request_key: UUID | None = data["request_key"]
        return MailboxSpec(
            local_part=data["local_part"],
            password=data["password"],
            quota_mb=self.quota_mb,
            account_type=data["account_type"],
            display_name=data["display_name"],
            request_key=request_key,
        )


class ManageMailbox(MailboxForm):
    """Type, quota, name and, where one is typed, the password of a mailbox."""

    password = forms.CharField(label=_("New password"), strip=False, max_length=128, required=False)
    # The price of another type as it was shown: to save with it is to agree to it.
    quote = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        mailbox: Mailbox,
        mail_domain: MailDomain,
        usage: DomainUsage,
        for_sale: Collection[int] = (),
    ) -> None:
        """Offer the types of the plan, and those that the plan can have more of."""
        super().__init__(
            data,
            mail_domain=mail_domain,
            usage=usage,
            choices=_choices_to_change(mailbox, usage, for_sale),
        )
        self.mailbox = mailbox
        self.shown_quota = (Decimal(mailbox.quota_mb) / mail_domain.server.mb_per_gb).quantize(
            STEP_GB, rounding=ROUND_HALF_UP
        )
        self.initial = {
            "quota_gb": self.shown_quota,
            "account_type": mailbox.account_type,
            "display_name": mailbox.display_name,
        }

    def to_change(self) -> MailboxChange:
        """Return what is different from what the page showed; the rest stays as it is by now."""
        data, mailbox = self.cleaned_data, self.mailbox
        account_type, name = data["account_type"], data["display_name"]
        return MailboxChange(
            account_type=None if account_type == mailbox.account_type else account_type,
            # A quota that does not end on a tenth is shown rounded; saving it untouched keeps it.
            quota_mb=None if data["quota_gb"] == self.shown_quota else self.quota_mb,
            display_name=None if name == mailbox.display_name else name,
            password=data["password"] or None,
        )


class NewPassword(forms.Form):
    """A new password for a mailbox."""

    password = forms.CharField(label=_("New password"), strip=False, max_length=128)

    def clean_password(self) -> str:
        return _checked(self.cleaned_data["password"])

    def to_change(self) -> MailboxChange:
        """Return a change of nothing but the password."""
        return MailboxChange(password=self.cleaned_data["password"])


class DeleteForGood(forms.Form):
    """The address, typed once more."""

    address = forms.CharField(
        label=_("Address"),
        max_length=320,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def __init__(self, data: Any = None, *, mailbox: Mailbox) -> None:
        super().__init__(data)
        self.mailbox = mailbox

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if address.strip().lower() != self.mailbox.address.lower():
            raise ValidationError(
                _("Type %(address)s to confirm."), params={"address": self.mailbox.address}
            )
        return address


def _checked(password: str) -> str:
    problems = password_problems(password)
    if problems:
        raise ValidationError(
            _("The password needs %(problems)s."),
            params={"problems": listed(problems)},
        )
    return password


def _choices_to_add(usage: DomainUsage, for_sale: Collection[int] = ()) -> Choices:
    offered = [
        kind for kind in Mailbox.Type if usage.gauge(kind).limit != 0 or kind.value in for_sale
    ]
    return [(kind.value, _described(kind.label, usage.gauge(kind))) for kind in offered]


def _choices_to_change(mailbox: Mailbox, usage: DomainUsage, for_sale: Collection[int]) -> Choices:
    if mailbox.account_type not in Mailbox.Type.values:
        return [(mailbox.account_type, mailbox.type_label)]
    choices = _choices_to_add(usage, for_sale)
    if mailbox.account_type not in dict(choices):
        choices.insert(0, (mailbox.account_type, mailbox.type_label))
    return [
        (kind, mailbox.type_label if kind == mailbox.account_type else label)
        for kind, label in choices
    ]


def _described(label: str | Promise, gauge: Gauge) -> str:
    if not gauge.limit:
        return str(label)
    if gauge.is_full:
        return gettext("%(type)s (all %(limit)d in use)") % {"type": label, "limit": gauge.limit}
    return gettext("%(type)s (%(left)d of %(limit)d left)") % {
        "type": label,
        "left": gauge.left,
        "limit": gauge.limit,
    }


def _first_free_type(usage: DomainUsage) -> int | None:
    offered = [kind for kind in Mailbox.Type if usage.gauge(kind).limit != 0]
    free = [kind for kind in offered if not usage.gauge(kind).is_full]
    return next((kind.value for kind in [*free, *offered]), None)


def _usual_quota(mail_domain: MailDomain, usage: DomainUsage) -> Decimal:
    """Return what most mailboxes get, less where the plan or the pool has less."""
    bounds = [USUAL_QUOTA_GB]
    if mail_domain.mailbox_quota_gb:
        bounds.append(mail_domain.mailbox_quota_gb)
    if usage.quota.left_mb:
        bounds.append(Decimal(usage.quota.left_mb) / mail_domain.server.mb_per_gb)
    quota = min(bounds).quantize(STEP_GB, rounding=ROUND_DOWN)
    return max(quota.normalize() if quota % 1 else quota.quantize(Decimal(1)), STEP_GB)
