"""Fixtures of the races."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import current_app

from provisioning.sandbox import Sandbox
from tests.races.database import shared


@pytest.fixture
def database(transactional_db: None, tmp_path: Path) -> Iterator[str]:  # noqa: ARG001
    """The address of a database that all threads and processes of a test share."""
    with shared(tmp_path) as address:
        yield address


@pytest.fixture
def at_once() -> Iterator[None]:
    """Whoever wakes a worker is that worker, also where there is a broker."""
    with _eager(is_eager=True):
        yield


@pytest.fixture
def nobody_works() -> Iterator[None]:
    """Messages go to the broker and stay there, also where it is only memory."""
    with _eager(is_eager=False):
        yield


@contextmanager
def _eager(*, is_eager: bool) -> Iterator[None]:
    before = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = is_eager
    yield
    current_app.conf.task_always_eager = before


@pytest.fixture
def world(vendor: Sandbox, database: str) -> Sandbox:  # noqa: ARG001
    """The vendor's stand-in, and a database for many."""
    return vendor
