"""What a change holds: the terms of a service before and after it, and its lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q

from billing.models import (
    ConfigurableOption,
    OptionValue,
    Price,
    Product,
    Selection,
    Service,
    Upgrade,
)
from billing.operations.chosen import Chosen, entitlement_of
from billing.operations.items import ItemSpec, specs_of_lines
from billing.operations.quotes import stored_lines
from billing.operations.selections import held_from
from billing.pricing.cycles import Cycle, Period
from billing.pricing.lines import Line, LineKind
from billing.pricing.proration import Part

# What the next bills depend on besides the selections, read for many services at once.
COMING = Prefetch(
    "upgrades",
    queryset=Upgrade.objects.filter(
        Q(status=Upgrade.Status.SCHEDULED) | Q(is_charged_at_renewal=True)
    ).select_related("new_product"),
)


@dataclass(frozen=True)
class Terms:
    """What a service has in one of its periods, and for how long that period is."""

    product: Product
    cycle: Cycle
    chosen: tuple[Chosen, ...]


def terms_of_period(service: Service, *, start: date) -> Terms:
    """
    Return what a service has in its period that begins on `start`, at the prices of that period.

    A reduction that waits for the renewal counts from its day on.
    """
    for upgrade in service.upgrades.all():
        if upgrade.status == Upgrade.Status.SCHEDULED and starts_on(upgrade) <= start:
            chosen = tuple(each.on(start) for each in chosen_after(upgrade))
            product = upgrade.new_product or service.product
            return Terms(product=product, cycle=Cycle(upgrade.new["cycle"]), chosen=chosen)
    rows = service.selections.all()
    return Terms(
        product=service.product,
        cycle=Cycle(service.cycle),
        chosen=tuple(held_from(service.product, row, start) for row in rows),
    )


def stored_terms(
    *,
    product: Product,
    cycle: Cycle,
    chosen: Iterable[Chosen],
    due: date | None,
    anchor_day: int | None,
    promotion_periods_left: int | None,
    starts: date | None = None,
    begins: date | None = None,
    is_discounted: bool = False,
) -> dict[str, Any]:
    """
    Return terms in JSON's types; amounts are text, so that they stay exact.

    `begins` is the day that they begin a new period on, and `is_discounted` whether the promotion
    is taken off that period.
    """
    held = [each for each in chosen if each.quantity]
    return {
        "product": product.pk,
        "cycle": cycle.value,
        "due": _text(due),
        "anchor_day": anchor_day,
        "promotion_periods_left": promotion_periods_left,
        "starts_on": _text(starts),
        "begins_on": _text(begins),
        "is_discounted": is_discounted,
        "entitlement": entitlement_of(product, held).to_json(),
        "selections": {each.key: _stored(each) for each in held},
    }


def _stored(chosen: Chosen) -> dict[str, Any]:
    return {
        "name": chosen.name,
        "quantity": chosen.quantity,
        "unit_price": str(chosen.unit_price),
        "price": chosen.price.pk if chosen.price else None,
        "option": chosen.option.pk if chosen.option else None,
        "value": chosen.value.pk if chosen.value else None,
        "next_unit_price": _text(chosen.next_unit_price),
        "next_price_date": _text(chosen.next_price_date),
    }


def chosen_after(upgrade: Upgrade) -> tuple[Chosen, ...]:
    """
    Return what the service has once the change is made.

    What the change leaves at its price is at the price that the service has it at by now, which
    may have changed since the change was ordered.
    """
    rows = {each.key: each for each in upgrade.service.selections.all()}
    chosen = _chosen_in(upgrade.new, upgrade.new_product or upgrade.service.product)
    return tuple(_at_price_of(each, rows.get(each.key), upgrade) for each in chosen)


def _at_price_of(chosen: Chosen, row: Selection | None, upgrade: Upgrade) -> Chosen:
    if row is None or not _leaves_price(upgrade, row):
        return chosen
    return replace(
        chosen,
        unit_price=row.unit_price,
        price=row.price,
        next_unit_price=row.next_unit_price,
        next_price_date=row.next_price_date,
    )


def _leaves_price(upgrade: Upgrade, row: Selection) -> bool:
    """Tell whether a change leaves what it finds in this row at its price; not so its quantity."""
    old, new = upgrade.old, upgrade.new
    if old["cycle"] != new["cycle"]:
        return False
    if row.option_id is None and old["product"] != new["product"]:
        return False
    before, after = old["selections"].get(row.key), new["selections"][row.key]
    names = ("option", "value", "price", "unit_price")
    if before is None or any(before[name] != after[name] for name in names):
        return False
    return (after["option"], after["value"]) == (row.option_id, row.option_value_id)


def chosen_now(upgrade: Upgrade, held: Iterable[Chosen]) -> tuple[Chosen, ...]:
    """
    Return what the service has once the change is made, with what was decided since it was ordered.

    What it has had all along keeps the price that it has by now, and the one that is to come.
    """
    had = {each.key: each for each in held}
    return tuple(
        replace(had[each.key], quantity=each.quantity)
        if each.key in had and _is_kept(upgrade, each)
        else each
        for each in chosen_after(upgrade)
    )


def _is_kept(upgrade: Upgrade, chosen: Chosen) -> bool:
    """Tell whether a change leaves everything about a thing as it was but its quantity."""
    before, after = upgrade.old["selections"].get(chosen.key), upgrade.new["selections"][chosen.key]
    alike = ("price", "option", "value", "unit_price")
    is_same = upgrade.old["product"] == upgrade.new["product"]
    return is_same and bool(before) and all(before[name] == after[name] for name in alike)


def _chosen_in(terms: Mapping[str, Any], product: Product) -> tuple[Chosen, ...]:
    rows: Mapping[str, dict[str, Any]] = terms["selections"]
    options = ConfigurableOption.objects.in_bulk(_ids(rows, "option"))
    values = OptionValue.objects.in_bulk(_ids(rows, "value"))
    prices = Price.objects.in_bulk(_ids(rows, "price"))
    return tuple(
        Chosen(
            product=product,
            key=key,
            name=each["name"],
            quantity=each["quantity"],
            unit_price=Decimal(each["unit_price"]),
            price=prices.get(each["price"]),
            option=options.get(each["option"]),
            value=values.get(each["value"]),
            next_unit_price=Decimal(each["next_unit_price"]) if each["next_unit_price"] else None,
            next_price_date=day_in(each["next_price_date"]),
        )
        for key, each in rows.items()
    )


def _ids(rows: Mapping[str, dict[str, Any]], name: str) -> list[int]:
    return [each[name] for each in rows.values() if each[name] is not None]


def starts_on(upgrade: Upgrade) -> date:
    """Return from when on a change counts that waits for a renewal; else the first day there is."""
    return day_in(upgrade.new.get("starts_on")) or date.min


def waiting_charges(service: Service) -> list[Upgrade]:
    """Return the changes of a service that its next bill charges for."""
    return [each for each in service.upgrades.all() if each.is_charged_at_renewal]


def charges(upgrade: Upgrade, *, service: Service, on: date) -> list[ItemSpec]:
    """Return a change's lines for a bill of its service."""
    return specs_of_lines(lines_of(upgrade), service=service, on=on, upgrade=upgrade)


def kept_lines(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Return the lines of a change as it keeps them."""
    lines = list(lines)
    return [
        kept | {"is_taxed": line.is_taxed, "parts": [_kept(part) for part in line.parts]}
        for kept, line in zip(stored_lines(lines), lines, strict=True)
    ]


def lines_of(upgrade: Upgrade) -> list[Line]:
    """Return the lines of a change as they were confirmed."""
    return [
        Line(
            kind=LineKind(each["kind"]),
            key=each["key"],
            quantity=each["quantity"],
            unit=Decimal(each["unit"]),
            amount=Decimal(each["amount"]),
            period=_period_in(each["period"]),
            parts=tuple(_part_in(part) for part in each.get("parts", ())),
            is_taxed=each["is_taxed"],
            details={name: each[name] for name in ("label", "value", "promotion") if each[name]},
        )
        for each in upgrade.items
    ]


def day_in(text: str | None) -> date | None:
    """Return the day that was kept, if there was one."""
    return date.fromisoformat(text) if text else None


def _period_in(days: list[str] | None) -> Period | None:
    if days is None:
        return None
    return Period(start=date.fromisoformat(days[0]), end=date.fromisoformat(days[1]))


def _kept(part: Part) -> list[Any]:
    """Return a part as it is kept: its period's first day and due date, and its days."""
    return [part.period.start.isoformat(), part.period.end.isoformat(), part.days]


def _part_in(kept: list[Any]) -> Part:
    start, end, days = kept
    period = Period(start=date.fromisoformat(start), end=date.fromisoformat(end))
    return Part(period=period, days=days)


def _text(value: date | Decimal | None) -> str | None:
    return None if value is None else str(value)
