"""Amounts of money as people read them."""

from __future__ import annotations

from decimal import Decimal

from django import template

from billing.models import Currency

register = template.Library()


@register.filter
def money(amount: Decimal | str | int, currency: Currency) -> str:
    """
    Write an amount with its currency: `{{ invoice.total|money:invoice.currency }}`.

    Digits are the currency's, separators the reader's language's. A currency with neither prefix
    nor suffix is named by its code.
    """
    return currency.written(Decimal(amount))


@register.filter
def signed(number: int) -> str:
    """Write a number of things with a true minus sign, as amounts have it."""
    return str(number).replace("-", "\N{MINUS SIGN}")
