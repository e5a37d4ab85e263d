"""Reading what services pay, and where that is not what the price list says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from billing.models import PRODUCT_KEY, Price, Selection, Service
from billing.models.fields import AmountField

# Whoever will be billed again, or may be when staff bring the service back.
BILLED = [
    Service.Status.PENDING,
    Service.Status.ACTIVE,
    Service.Status.SUSPENDED,
    Service.Status.CLOSING,
]


def billed_selections() -> QuerySet[Selection]:
    """
    Return what all services that go on pay for, each with its `coming_price`.

    That is the price of a unit once every decided price change counts.
    """
    return Selection.objects.filter(
        service__status__in=BILLED, service__next_invoice_date__isnull=False
    ).annotate(
        coming_price=Coalesce(F("next_unit_price"), F("unit_price"), output_field=AmountField())
    )


@dataclass(frozen=True)
class ComingAmount:
    """What a service costs for each cycle from its period on that begins that day."""

    day: date
    amount: Decimal


def coming_amount(service: Service) -> ComingAmount | None:
    """Return the next price of a service, without tax and promotion, if one was decided."""
    rows = list(service.selections.all())
    days = [row.next_price_date for row in rows if row.next_price_date is not None]
    if not days:
        return None
    day = min(days)
    prices = (
        row.next_unit_price
        if row.next_unit_price is not None and row.next_price_date == day
        else row.unit_price
        for row in rows
    )
    amounts = (row.quantity * price for row, price in zip(rows, prices, strict=True))
    return ComingAmount(day=day, amount=sum(amounts, Decimal(0)))


@dataclass(frozen=True)
class Drift:
    """Something that costs a service `paid` a unit, and a new client `listed`."""

    selection: Selection
    paid: Decimal
    listed: Decimal


def drifted_selections() -> Iterator[Drift]:
    """
    Find what costs services something else than it costs new clients: the drift report.

    A price that was decided and has not come yet counts as paid. What is not sold any more, or was
    agreed by hand, has nothing to drift from.
    """
    current = Price.objects.current().filter(
        currency=OuterRef("service__currency"), cycle=OuterRef("service__cycle")
    )
    of_product = current.filter(product=OuterRef("service__product")).values("amount")
    of_value = current.filter(option_value=OuterRef("option_value")).values("amount")
    rows = (
        Selection.objects.filter(pk__in=billed_selections().values("pk"), price__isnull=False)
        .annotate(
            paid=Coalesce(F("next_unit_price"), F("unit_price"), output_field=AmountField()),
            listed=Case(
                When(key=PRODUCT_KEY, then=Subquery(of_product)),
                default=Subquery(of_value),
                output_field=AmountField(),
            ),
        )
        .exclude(Q(listed__isnull=True) | Q(listed=F("paid")))
        .select_related("service__client", "service__mail_domain", "service__product", "option")
        .order_by("service", "pk")
    )
    for row in rows.iterator():
        yield Drift(selection=row, paid=row.paid, listed=row.listed)
