"""Measurements to be run by hand or by `make bench`."""

from __future__ import annotations
