"""Amounts of money as people read them."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.formats import number_format

from billing.models import Currency

register = template.Library()


@register.filter
def money(amount: Decimal | str | int, currency: Currency) -> str:
    """
    Write an amount with its currency: `{{ invoice.total|money:invoice.currency }}`.

    Digits are the currency's, separators the reader's language's. A currency with neither prefix
    nor suffix is named by its code.
    """
    exact = Decimal(amount)
    digits = number_format(abs(exact), decimal_pos=currency.digits, force_grouping=True)
    sign = "\N{MINUS SIGN}" if exact < 0 else ""
    suffix = currency.suffix
    if not (currency.prefix or suffix):
        suffix = f" {currency.code}"
    return f"{sign}{currency.prefix}{digits}{suffix}".replace(" ", "\N{NO-BREAK SPACE}")
