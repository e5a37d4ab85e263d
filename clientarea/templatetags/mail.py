"""Sizes and shares, written for people."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils.formats import number_format

register = template.Library()

WARNING_PERCENT = 80
FULL_PERCENT = 95


@register.filter
def gigabytes(megabytes: int | None, mb_per_gb: int) -> str:
    """Write megabytes as GB with at most one decimal, and little ones as MB."""
    if megabytes is None:
        return "\N{EN DASH}"
    if 0 < megabytes * 10 < mb_per_gb:
        return f"{megabytes} MB"
    size = (Decimal(megabytes) / mb_per_gb).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    if size == size.to_integral_value():
        size = size.to_integral_value()
    return f"{number_format(size, use_l10n=True, force_grouping=size >= 1000)} GB"  # noqa: PLR2004


@register.filter
def share_of(part: int | None, whole: int | None) -> int:
    """Return a part's percentage of the whole, 0 to 100."""
    if not part or not whole:
        return 0
    return min(round(100 * part / whole), 100)


@register.filter
def level(percent: int) -> str:
    """Name how serious a filling level is: `ok`, `warn` or `full`."""
    if percent >= FULL_PERCENT:
        return "full"
    return "warn" if percent >= WARNING_PERCENT else "ok"
