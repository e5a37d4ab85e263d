"""Composition: settings, root URLs, Celery, WSGI."""

from __future__ import annotations

from polarismail.celery import app as celery_app

__all__ = ["celery_app"]
