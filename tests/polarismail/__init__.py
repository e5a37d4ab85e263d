"""Tests of the composition: settings, the demo, the commands."""

from __future__ import annotations
