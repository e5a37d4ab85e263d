"""Add currencies, and know the one that the others are compared with."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction

from billing.models import Currency
from clients.actors import Actor
from clients.operations import activity
from core import money
from core.errors import OperationError
from core.sentences import sentence as _


class UnableToAddCurrency(OperationError):
    """The currency is not sold in."""


def base_currency() -> Currency:
    """
    Return the currency that reports are in and new clients begin with; made where there is none.

    :raises UnknownCurrency: the setting `BASE_CURRENCY` names none
    """
    base = Currency.objects.filter(is_base=True).first()
    if base is not None:
        return base
    unit = money.currency(settings.BASE_CURRENCY)
    try:
        with transaction.atomic():
            base, _made = Currency.objects.update_or_create(
                code=unit.code, defaults={"is_base": True}, create_defaults=_first(unit)
            )
    except IntegrityError:  # somebody else was quicker
        base = Currency.objects.get(is_base=True)
    return base


def unit_of(currency: Currency) -> money.Currency:
    """Return a currency as arithmetic knows it: its code and how it is rounded."""
    return money.Currency(code=currency.code, digits=currency.digits)


@transaction.atomic
def add_currency(
    *, code: str, actor: Actor, prefix: str = "", suffix: str = "", rate: Decimal = Decimal(1)
) -> Currency:
    """
    Make a currency one that prices can be set in; `rate` is what one of the base currency buys.

    :raises UnableToAddCurrency: no such currency, there already, or a rate that is not above 0
    """
    try:
        unit = money.currency(code.strip().upper())
    except money.UnknownCurrency as error:
        raise UnableToAddCurrency(
            _("“%(code)s” is not the code of a currency, such as EUR.") % {"code": code},
            field="code",
        ) from error
    if rate <= 0:
        raise UnableToAddCurrency(_("The rate has to be above 0."), field="rate")
    base_currency()
    if Currency.objects.filter(code=unit.code).exists():
        raise UnableToAddCurrency(
            _("%(code)s is sold in already.") % {"code": unit.code}, field="code"
        )
    currency = Currency.objects.create(
        code=unit.code, digits=unit.digits, prefix=prefix, suffix=suffix, rate=rate
    )
    activity.record(
        action="currency.added",
        subject=currency,
        name=currency.code,
        client=None,
        actor=actor,
        after={"rate": str(rate)},
    )
    return currency


def _first(unit: money.Currency) -> dict[str, object]:
    return {
        "digits": unit.digits,
        "suffix": f" {unit.code}",
        "is_base": True,
        "rate": Decimal(1),
    }
