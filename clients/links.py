"""Addresses of pages for emails, which are written where no request says what we are called."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Model
from django.urls import reverse  # noqa: TID251  # an address in an email: no request is answered


def link_to(page: str, **ids: int) -> str:
    """Return the whole address of a page of the client area by its route's name."""
    return _whole(reverse(f"clientarea:{page}", kwargs=ids))


def link_for_staff(row: Model | type[Model]) -> str:
    """Return the whole address of a row's page in the emergency admin, or of its kind's list."""
    meta = row._meta
    if isinstance(row, Model):
        return _whole(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]))
    return _whole(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"))


def _whole(path: str) -> str:
    return f"{settings.SITE_URL.rstrip('/')}{path}"
