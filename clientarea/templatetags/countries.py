"""Countries as people read them."""

from __future__ import annotations

from django import template

from clientarea.forms.countries import COUNTRIES

register = template.Library()

NAMES = dict(COUNTRIES)


@register.filter
def country_name(code: str) -> str:
    """Return a country's name in the active language; a code that nobody knows stays as it is."""
    return str(NAMES.get(code, code))
