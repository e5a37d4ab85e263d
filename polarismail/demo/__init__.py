"""The demo: every process of the product on one machine, with nothing installed by hand."""

from __future__ import annotations
