"""What is sold and billed in the emergency admin."""

from __future__ import annotations

from billing.admin import services

__all__ = ["services"]
