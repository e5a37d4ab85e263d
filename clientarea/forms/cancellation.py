"""Forms that end a service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.models import CancellationRequest
from billing.operations.cancellation import LONGEST_REASON

Timing = CancellationRequest.Timing


class CancellationForm(forms.Form):
    """Why, and when."""

    reason = forms.CharField(
        label=_("Why do you want to cancel?"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why, in a few words. It helps us to do better.")},
    )

    def __init__(self, data: Any = None, *, has_period: bool) -> None:
        offered = list(Timing) if has_period else [Timing.IMMEDIATE]
        super().__init__(data, initial={"timing": offered[-1]})
        self.fields["timing"] = forms.ChoiceField(
            label=_("When shall the service end?"),
            choices=[(timing.value, timing.label) for timing in reversed(offered)],
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose when the service ends.")},
        )


class CancelNow(forms.Form):
    """The domain, typed once more; the reason was given on the page before."""

    reason = forms.CharField(max_length=LONGEST_REASON, widget=forms.HiddenInput)
    domain = forms.CharField(
        label=_("Domain"),
        max_length=253,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def __init__(self, data: Any = None, *, expected: str, reason: str = "") -> None:
        super().__init__(data, initial={"reason": reason})
        self.expected = expected

    def clean_domain(self) -> str:
        typed: str = self.cleaned_data["domain"]
        if typed.strip().lower() != self.expected:
            raise ValidationError(
                _("Type %(domain)s to confirm."), params={"domain": self.expected}
            )
        return typed
