"""Promotions and what is paid for: off which of its periods a service's promotion was taken."""

from __future__ import annotations

from datetime import date

from billing.models import InvoiceItem, Service, Upgrade
from billing.operations import upgrade_terms
from billing.pricing.cycles import Cycle, Period
from billing.pricing.proration import parts_left


def discounted_periods(service: Service, *, on: date) -> tuple[bool, ...]:
    """
    Return for each period paid for that has not ended by that day whether it was discounted.

    The first is the one that `on` is in. A period that a change has begun has the promotion that
    the change says; the others have theirs among the lines of their bills.
    """
    cycle = Cycle(service.cycle)
    if not cycle.is_recurring or service.next_due_date is None or service.anchor_day is None:
        return ()
    parts = parts_left(
        today=on, due=service.next_due_date, cycle=cycle, anchor_day=service.anchor_day
    )
    billed = _billed(service)
    beginning = _beginning(service)
    return tuple(_is_discounted(part.period, billed, beginning) for part in parts)


def drop_ended(service: Service) -> None:
    """Let the discounts of periods that a new beginning has ended say nothing of later ones."""
    InvoiceItem.objects.filter(
        service=service, kind=InvoiceItem.Kind.PROMOTION, is_live=True
    ).update(is_live=False)


def _is_discounted(
    period: Period, billed: list[tuple[date, date]], beginning: tuple[date, bool] | None
) -> bool:
    if beginning is not None and period.start <= beginning[0] < period.end:
        return beginning[1]
    return any(start < period.end and end > period.start for start, end in billed)


def _billed(service: Service) -> list[tuple[date, date]]:
    """Return the first day and the end of what bills took a promotion off."""
    items = service.invoice_items.filter(
        kind=InvoiceItem.Kind.PROMOTION,
        is_live=True,
        period_start__isnull=False,
        period_end__isnull=False,
    )
    days = items.values_list("period_start", "period_end").distinct()
    return [(start, end) for start, end in days if start and end]


def _beginning(service: Service) -> tuple[date, bool] | None:
    """Return the day that a change last began a period on, and whether that was discounted."""
    made = service.upgrades.filter(status=Upgrade.Status.APPLIED).order_by("-applied_at", "-pk")
    for upgrade in made:
        day = upgrade_terms.day_in(upgrade.new.get("begins_on"))
        if day is not None:
            return day, upgrade.new["is_discounted"]
    return None
