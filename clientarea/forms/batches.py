"""The form of a bulk action."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clientarea.forms.mailboxes import LARGEST_QUOTA_GB, STEP_GB
from clientarea.paging import SIZES
from provisioning.models import Mailbox, MailboxBatch, MailDomain

MOST_ROWS = SIZES[-1]


class BulkAction(forms.Form):
    """What to do with the mailboxes that are ticked."""

    action = forms.ChoiceField(choices=MailboxBatch.Action.choices)
    account_type = forms.TypedChoiceField(
        label=_("New type"),
        coerce=int,
        choices=Mailbox.Type.choices,
        required=False,
        empty_value=None,
    )
    quota_gb = forms.DecimalField(
        label=_("New quota"),
        min_value=STEP_GB,
        max_value=LARGEST_QUOTA_GB,
        decimal_places=1,
        required=False,
        widget=forms.NumberInput(attrs={"step": "0.1", "inputmode": "decimal"}),
    )

    typed = forms.CharField(
        max_length=320,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def __init__(self, data: Any, *, mail_domain: MailDomain) -> None:
        super().__init__(data)
        self.mail_domain = mail_domain

    def is_confirmed(self) -> bool:
        """Tell whether the domain's name was typed, and ask for it where it was not."""
        domain = self.mail_domain.domain
        typed: str = self.cleaned_data["typed"]
        if typed.strip().lower() == domain.lower():
            return True
        self.add_error("typed", _("Type %(domain)s to confirm.") % {"domain": domain})
        return False

    @property
    def quota_mb(self) -> int | None:
        """Return the new quota in the vendor's megabytes, where one is asked for."""
        quota: Decimal | None = self.cleaned_data["quota_gb"]
        return None if quota is None else int(quota * self.mail_domain.server.mb_per_gb)


def ticked(query: QueryDict) -> list[int]:
    """Return the ids of the rows that were ticked, at most one page of them."""
    ids = [int(text) for text in query.getlist("selected") if text.isascii() and text.isdigit()]
    return ids[:MOST_ROWS]
