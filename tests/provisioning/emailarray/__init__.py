"""Tests of the vendor's client."""

from __future__ import annotations
