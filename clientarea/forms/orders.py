"""Forms of an order: the domain, the options, the code, and who somebody is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from billing.models import PRODUCT_KEY, ConfigurableOption, Currency, Price
from billing.models.cycle import CYCLE_CHOICES
from billing.operations.selections import UnableToChoose, starting_choices
from billing.pricing.cycles import Cycle
from billing.queries import OptionOffer, ProductOffer, ValueOffer
from clientarea.forms.countries import countries_by_name
from clientarea.templatetags.cycles import per_cycle
from clientarea.templatetags.money import money
from clients.models import User
from clients.operations.sign_up import NewClient
from core.errors import OperationError

Kind = ConfigurableOption.Kind
# What people paste along with a domain: the scheme before it, and what follows it in an address.
BEFORE = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
AFTER = re.compile(r"(:\d+)?([/?#].*)?$", re.DOTALL)
# Fields of options have this before the option's key.
OPTION = "option-"


class DomainForm(forms.Form):
    """The domain that a service is for; what a domain is, the operation knows."""

    domain = forms.CharField(
        label=_("Your domain"),
        max_length=300,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "inputmode": "url",
                "autofocus": True,
            }
        ),
    )

    # Said along by who was asked whether the name without www was meant.
    as_typed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_domain(self) -> str:
        """Take the domain out of a pasted address."""
        typed: str = self.cleaned_data["domain"]
        return AFTER.sub("", BEFORE.sub("", typed))

    def refuse(self, error: OperationError) -> None:
        """Show an operation's refusal at the field."""
        self.add_error("domain", error.user_message)


class OptionsForm(forms.Form):
    """The billing cycle, and a field for each option that can be chosen."""

    cycle = forms.ChoiceField(label=_("Billing cycle"), widget=forms.RadioSelect)

    def __init__(
        self,
        data: Any = None,
        *,
        offer: ProductOffer,
        cycles: Iterable[str],
        prices: Iterable[Price] = (),
        choices: Mapping[str, int],
    ) -> None:
        initial = {"cycle": offer.cycle.value}
        super().__init__(data, initial=initial)
        offered = set(cycles)
        priced = {price.cycle: price for price in prices}
        labels = [
            (value, _cycle_with_price(str(label), priced.get(value), offer.currency))
            for value, label in CYCLE_CHOICES
            if value in offered
        ]
        self._offer("cycle", labels)
        self.offer = offer
        self.options = list(offer.visible)
        start = {**starting_choices(offer), **choices}
        for option in self.options:
            name = OPTION + option.option.key
            self.fields[name] = _field_of(option)
            number = start[option.option.key]
            is_tick = option.option.kind == Kind.YES_NO
            self.initial[name] = bool(number) if is_tick else number

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return each option with its field, as the page shows them."""
        return [
            {
                "option": each.option,
                "field": self[OPTION + each.option.key],
                "values": each.for_sale,
                "price": each.for_sale[0].price,
            }
            for each in self.options
        ]

    @property
    def chosen_cycle(self) -> Cycle:
        """Return the cycle that was chosen."""
        return Cycle(self.cleaned_data["cycle"])

    @property
    def choices(self) -> dict[str, int]:
        """Return what was chosen, by option key."""
        return {
            each.option.key: int(self.cleaned_data[OPTION + each.option.key] or 0)
            for each in self.options
        }

    def refuse(self, error: UnableToChoose) -> None:
        """Show each option's refusal at its field."""
        for key, reason in error.reasons.items():
            name = "cycle" if key == PRODUCT_KEY else OPTION + key
            self.add_error(name if name in self.fields else None, reason)


def _field_of(offered: OptionOffer) -> forms.Field:
    option = offered.option
    if option.kind == Kind.YES_NO:
        return forms.BooleanField(
            label=option.name,
            required=False,
            widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
        )
    if option.kind == Kind.QUANTITY:
        most = {} if option.maximum is None else {"max": str(option.maximum)}
        return forms.IntegerField(
            label=option.name,
            required=option.is_required,
            min_value=0,
            widget=forms.NumberInput(
                attrs={"inputmode": "numeric", "step": str(option.step), **most}
            ),
        )
    values = [(each.value.pk, _named(each)) for each in offered.for_sale]
    if not option.is_required:
        values.insert(0, (0, gettext("None")))
    radio = forms.RadioSelect(attrs={"class": "form-check-input"})
    return forms.TypedChoiceField(
        label=option.name,
        choices=values,
        coerce=int,
        required=option.is_required,
        widget=radio if option.kind == Kind.RADIO else forms.Select(),
    )


def _cycle_with_price(label: str, price: Price | None, currency: Currency) -> str:
    if price is None or not price.amount:
        return label
    amount = money(price.amount, currency)
    return gettext("%(cycle)s: %(amount)s") % {"cycle": label, "amount": amount}


def _named(offered: ValueOffer) -> str:
    """Return a value with its price."""
    price = offered.price
    if price is None or not price.amount:
        return offered.value.name
    return gettext("%(name)s (%(amount)s %(every)s)") % {
        "name": offered.value.name,
        "amount": money(price.amount, price.currency),
        "every": per_cycle(price.cycle),
    }


class CodeForm(forms.Form):
    """A promotion code; an empty one takes the code away."""

    code = forms.CharField(
        label=_("Promotion code"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class PlaceForm(forms.Form):
    """The offer that was shown, and that the terms are accepted where there are any."""

    quote = forms.UUIDField(widget=forms.HiddenInput)
    terms = forms.BooleanField(
        label=_("I accept the terms of service."),
        error_messages={"required": _("Accept the terms of service to place the order.")},
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        if not settings.TERMS_URL:
            del self.fields["terms"]


class SignUpForm(forms.Form):
    """Who somebody is who has no login yet."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    company = forms.CharField(
        label=_("Company"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    tax_id = forms.CharField(
        label=_("Tax number"),
        max_length=50,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    address_1 = forms.CharField(
        label=_("Street and number"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "address-line1"}),
    )
    address_2 = forms.CharField(
        label=_("More of the address"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-line2"}),
    )
    postcode = forms.CharField(
        label=_("Postcode"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
    )
    city = forms.CharField(
        label=_("City"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )
    state = forms.CharField(
        label=_("State or region"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-level1"}),
    )
    country = forms.ChoiceField(
        label=_("Country"), widget=forms.Select(attrs={"autocomplete": "country"})
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        countries = countries_by_name()
        field = self.fields["country"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("Choose a country")), *countries]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "password" in data:
            user = User(
                email=data.get("email", ""),
                first_name=data.get("first_name", ""),
                last_name=data.get("last_name", ""),
            )
            try:
                validate_password(data["password"], user)
            except ValidationError as error:
                self.add_error("password", error)
        return data

    def to_details(self) -> NewClient:
        """Turn valid input into the operation's own terms."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "password"}
        return NewClient(**data, language=(get_language() or "en").partition("-")[0])
