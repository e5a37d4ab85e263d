"""Settings of the test suite."""

from __future__ import annotations

SECRET_KEY = "only-for-tests"
INSTALLED_APPS: list[str] = []
