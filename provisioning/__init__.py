"""The server module: what exists at the vendor, and every call to it."""

from __future__ import annotations
