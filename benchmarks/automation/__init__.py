"""What is measured of the automation, in processes that have a database of their own."""

from __future__ import annotations
