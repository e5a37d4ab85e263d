"""The client area app."""

from __future__ import annotations

from django.apps import AppConfig


class ClientAreaConfig(AppConfig):
    name = "clientarea"
