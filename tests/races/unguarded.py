"""The controls: the product with one of its guards taken away."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from django.db import connection, models
from django.db.models import QuerySet

from provisioning.models import ModuleJob


def without_locks(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str) -> None:
    """
    Let `module.name` look and write without a lock.

    On PostgreSQL the row locks go. On SQLite the lock is the transaction itself, which lets one
    writer in at a time: there each statement stands alone.
    """
    monkeypatch.setattr(QuerySet, "select_for_update", _as_it_is)
    if connection.vendor == "sqlite":
        monkeypatch.setattr(module, name, vars(module)[name].__wrapped__)


def without_guarded_claim(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str) -> None:
    """Let a job be saved whatever its row has become meanwhile, and without a lock."""
    without_locks(monkeypatch, module, name)
    monkeypatch.setattr(ModuleJob, "_do_update", vars(models.Model)["_do_update"])


def _as_it_is(rows: QuerySet[Any], **_options: Any) -> QuerySet[Any]:
    return rows
