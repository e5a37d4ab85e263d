"""The live figure of a navigation entry."""

from __future__ import annotations

from django import template

from clientarea.navigation import Link
from provisioning.queries import DomainUsage, Gauge

register = template.Library()


@register.simple_tag
def gauge_of(entry: Link, usage: DomainUsage) -> Gauge | None:
    """Return how much of its limit an entry's kind uses, where it has a figure."""
    return entry.gauge(usage)
