"""What follows from what happened: events to reactions."""

from __future__ import annotations
