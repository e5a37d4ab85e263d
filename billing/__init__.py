"""What is sold and what is owed."""

from __future__ import annotations
