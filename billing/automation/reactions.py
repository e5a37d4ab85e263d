"""Reactions: which event is followed by what."""

from __future__ import annotations
