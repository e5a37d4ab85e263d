"""The small library everything stands on: events, the transaction rule, errors."""

from __future__ import annotations
