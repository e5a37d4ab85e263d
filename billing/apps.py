"""The billing app."""

from __future__ import annotations

import importlib

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        """Register the reactions to events."""
        for module in (
            "reactions",
            "effects",
            "follow_ups",
            "closing_reactions",
            "upgrade_reactions",
            "emails",
            "staff_emails",
        ):
            importlib.import_module(f"billing.automation.{module}")
