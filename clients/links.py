"""Addresses of pages for emails, which are written where no request says what we are called."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse  # noqa: TID251  # an address in an email: no request is answered


def link_to(page: str, **ids: int) -> str:
    """Return the whole address of a page of the client area by its route's name."""
    path: str = reverse(f"clientarea:{page}", kwargs=ids)
    return settings.SITE_URL.rstrip("/") + path
