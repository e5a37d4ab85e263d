"""What is sold and billed in the emergency admin."""

from __future__ import annotations

from billing.admin import catalogue, endings, orders, prices, services

__all__ = ["catalogue", "endings", "orders", "prices", "services"]
