"""Forms of Upgrade/Downgrade: the options as they would be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from billing.models import ConfigurableOption
from billing.operations.chosen import Chosen
from billing.queries import ProductOffer
from clientarea.forms.orders import OPTION, OptionsForm
from provisioning.queries import DomainUsage

Key = ConfigurableOption.Key
CHOICES = {ConfigurableOption.Kind.DROPDOWN, ConfigurableOption.Kind.RADIO}


class ChangeForm(OptionsForm):
    """A field for each option, filled with what the service has."""

    def __init__(
        self, data: Any = None, *, offer: ProductOffer, held: Iterable[Chosen], is_same: bool
    ) -> None:
        self.held = {each.key: each for each in held if each.quantity}
        super().__init__(
            data,
            offer=offer,
            cycles=[offer.cycle.value],
            choices=choices_held(offer, self.held, is_same=is_same),
        )
        self.is_same = is_same

    @property
    def start(self) -> dict[str, int]:
        """Return what the fields begin with, by option key."""
        return {
            each.option.key: int(self.initial[OPTION + each.option.key] or 0)
            for each in self.options
        }

    def rows_with(self, usage: DomainUsage) -> list[dict[str, Any]]:
        """Return each option with its field, what is had of it, its price and its use."""
        used = {
            Key.BASIC_MAILBOXES.value: usage.basic,
            Key.ENHANCED_MAILBOXES.value: usage.enhanced,
            Key.ALIASES.value: usage.aliases,
            Key.DISTRIBUTION_LISTS.value: usage.distribution_lists,
        }
        return [
            {
                **row,
                "held": self.held.get(row["option"].key) if self.is_same else None,
                "unit": self._unit(row),
                "used": used.get(row["option"].key),
            }
            for row in self.rows
        ]

    def _unit(self, row: dict[str, Any]) -> Any:
        """Return what a unit costs: what is had keeps its price."""
        held = self.held.get(row["option"].key)
        return held.unit_price if self.is_same and held else row["price"].amount


def choices_held(
    offer: ProductOffer, held: Mapping[str, Chosen], *, is_same: bool
) -> dict[str, int]:
    """
    Return what the fields begin with: what the service has.

    With another product that is as many units of the options that both have, as far as it sells
    them.
    """
    start: dict[str, int] = {}
    for each in offer.visible:
        option, has = each.option, held.get(each.option.key)
        if option.kind in CHOICES:
            if is_same:
                start[option.key] = has.value.pk if has and has.value else 0
        elif is_same:
            start[option.key] = has.quantity if has else 0
        elif has:
            most = has.quantity if option.maximum is None else option.maximum
            start[option.key] = max(option.minimum, min(has.quantity, most))
    return start
