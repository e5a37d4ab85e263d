"""Change a price: for new sales only, or for services too, from their next unbilled period on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Case, Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from billing import queries
from billing.models import (
    PRODUCT_KEY,
    Currency,
    OptionValue,
    Price,
    PriceChange,
    Product,
    Selection,
    Service,
)
from billing.models.fields import AmountField
from billing.operations import profiles
from billing.operations.currencies import unit_of
from billing.pricing.cycles import Cycle, next_due
from clients.actors import Actor
from clients.models import Client
from clients.operations import activity
from core.errors import OperationError
from core.money import ZERO
from core.sentences import counted as ngettext
from core.sentences import sentence as _

Scope = PriceChange.Scope


class UnableToChangePrice(OperationError):
    """Every price is as it was."""


@dataclass(frozen=True)
class NewPrice:
    """What one unit of a product, or of an option's value, is to cost for one cycle."""

    thing: Product | OptionValue
    currency: Currency
    cycle: Cycle
    amount: Decimal
    setup_fee: Decimal = ZERO


@dataclass(frozen=True)
class Audience:
    """
    For whom a new price counts: periods that begin on the day or later, of these services.

    `services` are their numbers, where they are selected one by one.
    """

    scope: PriceChange.Scope
    effective_date: date
    services: Collection[int] = ()


@dataclass(frozen=True)
class Preview:
    """
    What a change would do: how many services pay how much more in all, for one cycle.

    `old_amount` is what new clients pay until now; None where it was not for sale.
    """

    old_amount: Decimal | None
    services: int
    recurring_difference: Decimal


def preview(*, new: NewPrice, audience: Audience, today: date) -> Preview:
    """
    Return what a change would do; nothing is written.

    :raises UnableToChangePrice: an amount or day that cannot be, or an earlier change has not come
        into force for some of the services
    """
    _check(new, audience, today)
    _check_waiting(new, audience, today)
    rows = affected(new=new, audience=audience)
    old = _current(new)
    figures = rows.aggregate(
        services=Count("service", distinct=True),
        difference=Sum(
            F("quantity") * (new.amount - F("coming_price")), output_field=AmountField()
        ),
    )
    return Preview(
        old_amount=old.amount if old else None,
        services=figures["services"],
        recurring_difference=unit_of(new.currency).rounded(figures["difference"] or ZERO),
    )


def affected(*, new: NewPrice, audience: Audience) -> QuerySet[Selection]:
    """
    Return what would cost something else after a change.

    A price that was agreed by hand is changed only where its service is selected by name.
    """
    if audience.scope == Scope.NEW_SALES:
        return queries.billed_selections().none()
    rows = queries.billed_selections().filter(
        service__currency=new.currency, service__cycle=new.cycle
    )
    if isinstance(new.thing, Product):
        rows = rows.filter(key=PRODUCT_KEY, service__product=new.thing)
    else:
        rows = rows.filter(option_value=new.thing)
    if audience.scope == Scope.SELECTED:
        rows = rows.filter(service__in=audience.services)
    else:
        rows = rows.filter(price__isnull=False)
    return rows.exclude(unit_price=new.amount, next_price_date__isnull=True)


@transaction.atomic
def change_price(
    *,
    new: NewPrice,
    audience: Audience,
    actor: Actor,
    today: date,
    expected: Preview | None = None,
) -> PriceChange:
    """
    Replace a price, and write it to the services that it is for.

    They pay it from their first period that begins on the effective day or later and has no
    invoice yet. `expected` is the preview that was confirmed.

    :raises UnableToChangePrice: an amount or day that cannot be, an earlier change has not come
        into force for some of the services, or the change would not do what was confirmed
    """
    _lock(new, audience, today)
    _take_over(today)
    shown = preview(new=new, audience=audience, today=today)
    if expected is not None and shown != expected:
        raise UnableToChangePrice(
            _("Services or prices have changed since you looked. Look at the figures again.")
        )
    old = _replace(new)
    price = Price.objects.create(
        product=new.thing if isinstance(new.thing, Product) else None,
        option_value=new.thing if isinstance(new.thing, OptionValue) else None,
        currency=new.currency,
        cycle=new.cycle,
        amount=new.amount,
        setup_fee=new.setup_fee,
    )
    _schedule(new, audience, price)
    change = PriceChange.objects.create(
        old_price=old,
        new_price=price,
        scope=audience.scope,
        effective_date=audience.effective_date,
        services_affected=shown.services,
        recurring_difference=shown.recurring_difference,
        made_by_name=actor.name,
    )
    activity.record(
        action="price.changed",
        subject=price,
        name=new.thing.name,
        client=None,
        actor=actor,
        before={"amount": str(old.amount), "setup_fee": str(old.setup_fee)} if old else {},
        after={
            "amount": str(new.amount),
            "setup_fee": str(new.setup_fee),
            "currency": new.currency.code,
            "cycle": new.cycle.value,
            "scope": str(audience.scope),
            "effective_date": audience.effective_date.isoformat(),
            "services": shown.services,
        },
    )
    return change


def set_price(*, new: NewPrice, actor: Actor, today: date) -> PriceChange:
    """
    Set what new clients pay; services go on paying what they pay.

    :raises UnableToChangePrice: an amount that cannot be
    """
    return change_price(
        new=new,
        audience=Audience(scope=Scope.NEW_SALES, effective_date=today),
        actor=actor,
        today=today,
    )


@transaction.atomic
def withdraw_price(*, price: Price, actor: Actor) -> None:
    """Sell nothing at this price any more, without another in its place; services keep it."""
    price = Price.objects.select_for_update().get(pk=price.pk)
    if price.replaced_at is not None:
        return
    price.replaced_at = timezone.now()
    price.save(update_fields=["replaced_at"])
    thing = price.product or price.option_value
    activity.record(
        action="price.withdrawn",
        subject=price,
        name=thing.name if thing else str(price),
        client=None,
        actor=actor,
        before={"amount": str(price.amount), "currency": price.currency_id, "cycle": price.cycle},
    )


@transaction.atomic
def take_over(*, today: date) -> int:
    """
    Let prices whose day has come be the services' prices; return for how many selections.

    What is billed does not depend on it: a price counts by its day. It keeps the recurring amounts
    of lists right and makes room for the next change. It takes no more statements for many.
    """
    _lock_services(Selection.objects.filter(next_price_date__lte=today))
    return _take_over(today)


def _take_over(today: date) -> int:
    """Do as `take_over` with services that are locked."""
    has_come = Q(next_price_date__lte=today)
    due = Selection.objects.filter(has_come)
    price_now = Case(
        When(has_come, then=F("next_unit_price")),
        default=F("unit_price"),
        output_field=AmountField(),
    )
    sums = (
        Selection.objects.filter(service=OuterRef("pk"))
        .order_by()
        .values("service")
        .annotate(amount=Sum(F("quantity") * price_now, output_field=AmountField()))
        .values("amount")
    )
    Service.objects.filter(pk__in=due.values("service")).update(
        recurring_amount=Coalesce(Subquery(sums), ZERO, output_field=AmountField())
    )
    return due.update(
        unit_price=F("next_unit_price"),
        next_unit_price=None,
        next_price_date=None,
        is_next_price_told=True,
    )


def _check(new: NewPrice, audience: Audience, today: date) -> None:
    unit = unit_of(new.currency)
    for field, amount in (("amount", new.amount), ("setup_fee", new.setup_fee)):
        if amount != unit.rounded(amount):
            raise UnableToChangePrice(
                ngettext(
                    "%(currency)s has %(digits)d decimal.",
                    "%(currency)s has %(digits)d decimals.",
                    unit.digits,
                )
                % {"currency": unit.code, "digits": unit.digits},
                field=field,
            )
    if new.setup_fee < 0 or (new.amount < 0 and isinstance(new.thing, Product)):
        raise UnableToChangePrice(_("A price cannot be below 0."), field="amount")
    if new.cycle == Cycle.FREE and (new.amount or new.setup_fee):
        raise UnableToChangePrice(_("What is free costs nothing."), field="amount")
    if audience.scope != Scope.NEW_SALES and audience.effective_date < today:
        raise UnableToChangePrice(
            _("Choose today or a later day: past periods keep their price."),
            field="effective_date",
        )


def _lock(new: NewPrice, audience: Audience, today: date) -> None:
    """Keep others from changing this price, and the services from being invoiced meanwhile."""
    due = Selection.objects.filter(next_price_date__lte=today)
    _lock_services(affected(new=new, audience=audience), due)
    for model in (Product, OptionValue):
        if isinstance(new.thing, model):
            model.objects.select_for_update().get(pk=new.thing.pk)


def _lock_services(*selections: QuerySet[Selection]) -> None:
    """Lock the services of these, after their owners' money as everybody who invoices them."""
    any_of = Q()
    for each in selections:
        any_of |= Q(pk__in=each.order_by().values("service"))
    services = Service.objects.filter(any_of)
    profiles.lock_all(Client.objects.filter(pk__in=services.order_by().values("client_id")))
    for _each in services.select_for_update().order_by("pk").values_list("pk").iterator():
        pass


def _check_waiting(new: NewPrice, audience: Audience, today: date) -> None:
    """
    Refuse where an earlier decision would be overruled before it ever counted.

    A service remembers one coming price.
    """
    too_early = Q(next_price_date__lt=audience.effective_date) | Q(
        next_price_date__lt=F("service__next_invoice_date")
    )
    figures = (
        affected(new=new, audience=audience)
        .filter(too_early, next_price_date__gt=today)
        .aggregate(services=Count("service", distinct=True), last=Max("next_price_date"))
    )
    if figures["services"]:
        raise UnableToChangePrice(
            ngettext(
                "%(count)d service waits for another new price, from %(date)s on. Change this one"
                " when that has come, or from an earlier day on.",
                "%(count)d services wait for another new price, from %(date)s on at the latest."
                " Change this one when that has come, or from an earlier day on.",
                figures["services"],
            )
            % {"count": figures["services"], "date": figures["last"].isoformat()},
            field="effective_date",
        )


def _current(new: NewPrice) -> Price | None:
    return (
        Price.objects.current()
        .filter(
            Q(product=new.thing) if isinstance(new.thing, Product) else Q(option_value=new.thing),
            currency=new.currency,
            cycle=new.cycle,
        )
        .first()
    )


def _replace(new: NewPrice) -> Price | None:
    """Retire the price that is in force, if there is one."""
    old = _current(new)
    if old is not None:
        old.replaced_at = timezone.now()
        old.save(update_fields=["replaced_at"])
    return old


def _schedule(new: NewPrice, audience: Audience, price: Price) -> None:
    """
    Write the coming price and the very day it begins for each service, in sets.

    That day is the start of the first period without an invoice, or a later one's.
    """
    rows = Selection.objects.filter(pk__in=affected(new=new, audience=audience).values("pk"))
    coming = {"next_unit_price": new.amount, "price": price, "is_next_price_told": False}
    day = audience.effective_date
    # One statement for each due date and anchor before that day: as many as a cycle has days.
    early = rows.filter(service__next_invoice_date__lt=day)
    rhythms = Service.objects.filter(pk__in=early.values("service")).order_by().distinct()
    for next_invoice_date, anchor_day in rhythms.values_list("next_invoice_date", "anchor_day"):
        if next_invoice_date is None or anchor_day is None:
            continue
        first = next_invoice_date
        while first < day:
            first = next_due(due=first, cycle=new.cycle, anchor_day=anchor_day)
        rows.filter(
            service__next_invoice_date=next_invoice_date, service__anchor_day=anchor_day
        ).update(next_price_date=first, **coming)
    start = Service.objects.filter(pk=OuterRef("service")).values("next_invoice_date")
    rows.filter(service__next_invoice_date__gte=day).update(
        next_price_date=Subquery(start), **coming
    )
