"""Who shall be on a distribution list: ticked, found, pasted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clientarea.forms.addresses import AddressForm, address_field
from clientarea.forms.lists import LONGEST_SEARCH
from provisioning.models import DistributionListMember, MailDomain
from provisioning.operations.addresses import BadAddress, own_local_part, pasted

# Mailboxes offered beside those that are ticked; the search finds the others.
OFFERED = 50
MOST_TICKED = 1000
LONGEST_PASTE = 40_000


@dataclass(frozen=True)
class Choice:
    """One line of the list of checkboxes."""

    address: str
    is_ticked: bool
    problem: str = ""
    is_external: bool = False


@dataclass(frozen=True)
class Picker:
    """The checkboxes of one form: the ticked ones first, then mailboxes that match the search."""

    choices: list[Choice]
    search: str
    ticked: int
    more: int


class ListForm(AddressForm):
    """Name and members of a list; `ticked` are the boxes, `addresses` what was pasted."""

    local_part = address_field(_("List"))
    addresses = forms.CharField(
        label=_("Other addresses"),
        required=False,
        max_length=LONGEST_PASTE,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3, "autocapitalize": "none", "spellcheck": "false"}),
    )
    is_empty = forms.BooleanField(label=_("Yes, leave it without members"), required=False)

    def __init__(
        self, data: Any = None, *, mail_domain: MailDomain, ticked: Iterable[str], is_new: bool
    ) -> None:
        super().__init__(data, mail_domain=mail_domain)
        self.ticked = list(dict.fromkeys(ticked))
        if is_new:
            self.fields["local_part"].widget.attrs["autofocus"] = True
        else:
            del self.fields["local_part"]

    def clean_local_part(self) -> str:
        try:
            return own_local_part(self.cleaned_data["local_part"], self.mail_domain)
        except BadAddress as error:
            raise ValidationError(error.user_message) from error

    def clean_addresses(self) -> list[str]:
        found, wrong = pasted(self.cleaned_data["addresses"], self.mail_domain)
        if wrong:
            text = ngettext(
                "This is not an email address: %(addresses)s",
                "These are not email addresses: %(addresses)s",
                len(wrong),
            )
            shown = ", ".join(word[:80] for word in wrong[:10])
            raise ValidationError(text % {"addresses": shown})
        return found

    @property
    def members(self) -> list[str]:
        """Return everybody who shall be on the list, each once."""
        return list(dict.fromkeys([*self.ticked, *self.cleaned_data["addresses"]]))

    @property
    def asks_if_empty(self) -> bool:
        """Tell whether the list would have nobody on it and that was not confirmed."""
        return not self.members and not self.cleaned_data["is_empty"]


def ticked_in(data: QueryDict) -> list[str]:
    """Return the addresses whose boxes are ticked."""
    return [text.strip().lower()[:320] for text in data.getlist("members")[:MOST_TICKED] if text]


def picker(
    mail_domain: MailDomain,
    ticked: Iterable[str],
    search: str,
    rows: Iterable[DistributionListMember] = (),
) -> Picker:
    """Return the checkboxes to show: everybody ticked, and mailboxes that match."""
    chosen = list(dict.fromkeys(ticked))
    problems = {row.address: row.problem for row in rows}
    ending = f"@{mail_domain.domain}"
    search = search.strip()[:LONGEST_SEARCH]
    inside = [each.removesuffix(ending) for each in chosen if each.endswith(ending)]
    found = mail_domain.mailboxes.live().exclude(local_part__in=inside)
    if search:
        name = search.split("@", maxsplit=1)[0]
        found = found.filter(Q(local_part__icontains=name) | Q(display_name__icontains=search))
    names = list(found.order_by("local_part").values_list("local_part", flat=True))
    choices = [
        Choice(
            address,
            is_ticked=True,
            problem=problems.get(address, ""),
            is_external=not address.endswith(ending),
        )
        for address in chosen
    ]
    # Somebody who could not be taken off is still there, and shown with the reason.
    choices += [
        Choice(address, is_ticked=False, problem=problem, is_external=not address.endswith(ending))
        for address, problem in problems.items()
        if problem and address not in chosen
    ]
    shown = {choice.address for choice in choices}
    choices += [
        Choice(f"{name}{ending}", is_ticked=False)
        for name in names[:OFFERED]
        if f"{name}{ending}" not in shown
    ]
    return Picker(choices, search, len(chosen), max(len(names) - OFFERED, 0))
