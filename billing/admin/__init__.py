"""What is sold and billed in the emergency admin."""

from __future__ import annotations

from billing.admin import catalogue, endings, prices, services

__all__ = ["catalogue", "endings", "prices", "services"]
