"""Billing cycles in words."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _

from billing.models.cycle import CYCLE_CHOICES
from billing.pricing.cycles import Cycle

register = template.Library()

NAMES = dict(CYCLE_CHOICES)
PER = {
    Cycle.FREE.value: _("free of charge"),
    Cycle.ONE_TIME.value: _("once"),
    Cycle.MONTHLY.value: _("per month"),
    Cycle.QUARTERLY.value: _("per quarter"),
    Cycle.SEMIANNUALLY.value: _("every six months"),
    Cycle.ANNUALLY.value: _("per year"),
    Cycle.BIENNIALLY.value: _("every two years"),
    Cycle.TRIENNIALLY.value: _("every three years"),
}


@register.filter
def cycle_name(cycle: str) -> str:
    """Return what a cycle is called: “Monthly”."""
    return str(NAMES.get(cycle, cycle))


@register.filter
def per_cycle(cycle: str) -> str:
    """Return how often an amount is due: “per month”."""
    return str(PER.get(cycle, cycle))
