"""The form of a bulk action."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clientarea.forms.mailboxes import LARGEST_QUOTA_GB, STEP_GB
from provisioning.models import Mailbox, MailboxBatch, MailDomain

# So many may be deleted, and restored, by one click; of more, something is typed.
FEW = 10


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

    @property
    def is_waiting_for_value(self) -> bool:
        """Tell whether the action needs a value that is not there."""
        value = {"set_type": "account_type", "set_quota": "quota_gb"}.get(
            self.cleaned_data.get("action", "")
        )
        return value is not None and self.cleaned_data.get(value) is None

    def is_confirmed(self, count: int) -> bool:
        """Tell whether the domain, or the number where it is a large one, was typed; else ask."""
        domain = self.mail_domain.domain
        typed: str = self.cleaned_data["typed"]
        accepted = {domain.lower(), str(count)} if count > FEW else {domain.lower()}
        if typed.strip().lower() in accepted:
            return True
        if count > FEW:
            text = _("Type %(count)d or %(domain)s to confirm.")
        else:
            text = _("Type %(domain)s to confirm.")
        self.add_error("typed", text % {"count": count, "domain": domain})
        return False

    @property
    def quota_mb(self) -> int | None:
        """Return the new quota in the vendor's megabytes, where one is asked for."""
        quota: Decimal | None = self.cleaned_data.get("quota_gb")
        return None if quota is None else int(quota * self.mail_domain.server.mb_per_gb)
