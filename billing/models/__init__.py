"""Products and services."""

from __future__ import annotations

from billing.models.product import Product
from billing.models.service import Service

__all__ = ["Product", "Service"]
