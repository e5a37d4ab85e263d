"""What is sold and billed in the emergency admin."""

from __future__ import annotations

from billing.admin import (
    automation,
    catalogue,
    endings,
    money,
    orders,
    prices,
    services,
    settings,
    upgrades,
)

__all__ = [
    "automation",
    "catalogue",
    "endings",
    "money",
    "orders",
    "prices",
    "services",
    "settings",
    "upgrades",
]
