"""Tests of the automation, through `manage.py cron`."""

from __future__ import annotations
