"""The form that mails set-up instructions."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class MailInstructions(forms.Form):
    """Where the instructions go."""

    address = forms.EmailField(
        label=_("Send to"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
