"""What a service has of its product and options: chosen, priced, kept, and what it may use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.db import transaction

from billing import queries
from billing.models import (
    PRODUCT_KEY,
    ConfigurableOption,
    Currency,
    OptionValue,
    Product,
    Selection,
    Service,
)
from billing.operations.chosen import Chosen, amount_of, entitlement_of
from billing.pricing.cycles import Cycle, period_containing
from billing.queries import OptionOffer, ProductOffer
from core.errors import OperationError
from core.money import ZERO
from core.sentences import Sentence
from core.sentences import counted as ngettext
from core.sentences import sentence as _

Kind = ConfigurableOption.Kind

__all__ = [
    "Choices",
    "Chosen",
    "UnableToChoose",
    "amount_of",
    "choose",
    "choose_from",
    "entitlement_of",
    "held_by",
    "held_from",
    "period_start",
    "recurring_amount",
    "save_selections",
    "starting_choices",
]

# By option key: how many units, 0 or 1 for yes/no, the number of the value for drop-down and radio.
Choices = Mapping[str, int]


class UnableToChoose(OperationError):
    """Nothing is chosen. `reasons` has a sentence for each option that does not fit, by its key."""

    def __init__(self, reasons: Mapping[str, Sentence]) -> None:
        key, reason = next(iter(reasons.items()))
        super().__init__(reason, field=key)
        self.reasons = dict(reasons)


def starting_choices(offer: ProductOffer) -> dict[str, int]:
    """Return what an empty form has: the least of everything, the first value where one must be."""
    return {each.option.key: _least(each) for each in offer.visible}


def choose(
    *,
    product: Product,
    cycle: Cycle,
    currency: Currency,
    choices: Choices | None = None,
    keeping: Iterable[Chosen] = (),
) -> tuple[Chosen, ...]:
    """
    Return what a service with these choices would have, each with its price, the product first.

    What `choices` leaves out is as in `starting_choices`; hidden options are as they are pinned.
    `keeping` is what a service has already, where product and cycle stay: that keeps its price,
    and may be kept even if it is not sold any more.

    :raises UnableToChoose: not for sale so, or a number that an option does not allow
    """
    held = tuple(each for each in keeping if each.quantity)
    known = [each.option.pk for each in held if each.option]
    offer = queries.offer_of(product=product, cycle=cycle, currency=currency, held=known)
    return choose_from(offer, choices or {}, held)


def choose_from(
    offer: ProductOffer, choices: Choices, keeping: Iterable[Chosen] = ()
) -> tuple[Chosen, ...]:
    """
    Do what `choose` does with an offer that was read already.

    :raises UnableToChoose: not for sale so, or a number that an option does not allow
    """
    product = offer.product
    held = {each.key: each for each in keeping if each.quantity}
    asked = dict(choices)
    chosen: list[Chosen] = []
    reasons: dict[str, Sentence] = {}
    if PRODUCT_KEY in held:
        chosen.append(held[PRODUCT_KEY])
    elif offer.price:
        chosen.append(
            Chosen(
                product=product,
                key=PRODUCT_KEY,
                name=product.name,
                quantity=1,
                unit_price=offer.price.amount,
                setup_fee=offer.price.setup_fee,
                price=offer.price,
            )
        )
    else:
        reasons[PRODUCT_KEY] = _("%(product)s cannot be bought with this billing cycle.") % {
            "product": product.name
        }
    for each in offer.options:
        wanted = asked.pop(each.option.key, None)
        picked = _pick(offer, each, wanted, held.get(each.option.key))
        if isinstance(picked, Sentence):
            reasons[each.option.key] = picked
        elif picked is not None:
            chosen.append(picked)
    reasons |= {
        key: _("This product has no such option.") for key, number in asked.items() if number
    }
    if reasons:
        raise UnableToChoose(reasons)
    return tuple(chosen)


def _pick(
    offer: ProductOffer, offered: OptionOffer, wanted: int | None, held: Chosen | None
) -> Chosen | Sentence | None:
    """Return what is had of one option: nothing where it is not for sale, or why it cannot be."""
    option = offered.option
    if option.is_hidden:
        return held or _priced(offer, offered, _first_value(offered), option.minimum)
    if option.kind in {Kind.DROPDOWN, Kind.RADIO}:
        return _pick_value(offer, offered, wanted, held)
    if wanted is None:
        wanted = held.quantity if held else _least(offered)
    if held and wanted == held.quantity:
        return held
    refusal = _refusal(offered, wanted, held)
    if refusal:
        return refusal
    if held and wanted:
        return replace(held, quantity=wanted)
    return _priced(offer, offered, _first_value(offered), wanted) if offered.for_sale else None


def _pick_value(
    offer: ProductOffer, offered: OptionOffer, wanted: int | None, held: Chosen | None
) -> Chosen | Sentence | None:
    """Return the value that is had of a drop-down or radio."""
    kept = held.value.pk if held and held.value else 0
    if wanted is None:
        wanted = kept or _least(offered)
    if held and wanted == kept:
        return held
    if not wanted:
        return _("Choose one of these.") if offered.option.is_required else None
    by_number = {each.value.pk: each.value for each in offered.for_sale}
    if wanted not in by_number or offered.option.retired_at:
        return _("This cannot be bought at the moment. Choose another.")
    return _priced(offer, offered, by_number[wanted], 1)


def _priced(
    offer: ProductOffer, offered: OptionOffer, value: OptionValue | None, quantity: int
) -> Chosen:
    """Return so many units at the price of the list; what is hidden and has no price is free."""
    price = next((each.price for each in offered.values if each.value == value), None)
    return Chosen(
        product=offer.product,
        key=offered.option.key,
        name=offered.option.name,
        quantity=quantity,
        unit_price=price.amount if price else ZERO,
        setup_fee=price.setup_fee if price else ZERO,
        price=price,
        option=offered.option,
        value=value,
    )


def _least(offered: OptionOffer) -> int:
    """Return the least that can be chosen: units, or the number of a value."""
    option = offered.option
    if not option.is_required or not offered.for_sale:
        return 0
    if option.kind in {Kind.DROPDOWN, Kind.RADIO}:
        return offered.for_sale[0].value.pk
    return 1 if option.kind == Kind.YES_NO else max(1, option.minimum)


def _first_value(offered: OptionOffer) -> OptionValue | None:
    return offered.values[0].value if offered.values else None


def _refusal(offered: OptionOffer, wanted: int, held: Chosen | None) -> Sentence | None:
    """Return why so many units cannot be had."""
    option = offered.option
    least = _least(offered) or (option.minimum if wanted else 0)
    most = 1 if option.kind == Kind.YES_NO else option.maximum
    if option.retired_at or not offered.for_sale:
        # What is held may be kept or given up, not added to.
        least, most = 0, held.quantity if held else 0
    if most == 0 and wanted:
        return _("This cannot be bought at the moment.")
    if wanted < least:
        return ngettext("Choose at least %(least)d.", "Choose at least %(least)d.", least) % {
            "least": least
        }
    if most is not None and wanted > most:
        return ngettext("Choose at most %(most)d.", "Choose at most %(most)d.", most) % {
            "most": most
        }
    if wanted and (wanted - option.minimum) % option.step:
        return _("Choose %(first)d, or more in steps of %(step)d.") % {
            "first": option.minimum or option.step,
            "step": option.step,
        }
    return None


def held_by(*, service: Service, on: date) -> tuple[Chosen, ...]:
    """
    Return what a service has, at the prices of its period that `on` is in.

    A renewal is priced with the first day of its period.
    """
    start = period_start(service=service, on=on)
    rows = service.selections.select_related("option", "option_value", "price")
    return tuple(held_from(service.product, row, start) for row in rows)


def period_start(*, service: Service, on: date) -> date:
    """Return the first day of the service's period that `on` is in; `on` where nothing recurs."""
    cycle = Cycle(service.cycle)
    if not cycle.is_recurring or service.next_due_date is None or service.anchor_day is None:
        return on
    return period_containing(
        day=on, due=service.next_due_date, cycle=cycle, anchor_day=service.anchor_day
    ).start


def held_from(product: Product, row: Selection, start: date) -> Chosen:
    """Return what a row says, at the price of a period that begins on `start`."""
    chosen = Chosen(
        product=product,
        key=row.key,
        name=row.option.name if row.option else product.name,
        quantity=row.quantity,
        unit_price=row.unit_price,
        price=row.price,
        option=row.option,
        value=row.option_value,
        next_unit_price=row.next_unit_price,
        next_price_date=row.next_price_date,
    )
    return chosen.on(start)


@transaction.atomic
def save_selections(*, service: Service, chosen: Iterable[Chosen]) -> None:
    """
    Give a saved service exactly these selections, and the recurring amount that they come to.

    The caller holds the service's lock and writes the activity line.
    """
    kept = [each for each in chosen if each.quantity]
    service.selections.exclude(key__in=[each.key for each in kept]).delete()
    Selection.objects.bulk_create(
        [
            Selection(
                service=service,
                key=each.key,
                option=each.option,
                option_value=each.value,
                quantity=each.quantity,
                unit_price=each.unit_price,
                price=each.price,
                next_unit_price=each.next_unit_price,
                next_price_date=each.next_price_date,
            )
            for each in kept
        ],
        update_conflicts=True,
        unique_fields=["service", "key"],
        update_fields=[
            "option",
            "option_value",
            "quantity",
            "unit_price",
            "price",
            "next_unit_price",
            "next_price_date",
        ],
    )
    service.recurring_amount = amount_of(kept, service.currency) if service.currency else ZERO
    service.save(update_fields=["recurring_amount", "updated_at"])


def recurring_amount(*, service: Service, on: date) -> Decimal:
    """Return what the service's period that `on` is in costs, without tax and promotion."""
    return (
        amount_of(held_by(service=service, on=on), service.currency) if service.currency else ZERO
    )
