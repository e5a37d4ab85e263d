"""Fixtures of the journeys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import FLAGS
from tests.journeys.house import House, house
from tests.races.database import shared
from tests.servers import broker_program


@pytest.fixture
def database(transactional_db: None, tmp_path: Path) -> Iterator[str]:  # noqa: ARG001
    """The address of a database that the test shares with the processes it starts."""
    with shared(tmp_path) as address:
        yield address


@pytest.fixture
def home(database: str, tmp_path: Path) -> Iterator[House]:
    """The product's processes, none of them started yet."""
    with house(tmp_path, database=database, broker=broker_program()) as running:
        yield running


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The machine's own Chromium; nothing is downloaded."""
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return {"executable_path": program, "headless": True, "args": FLAGS}


@pytest.fixture(scope="session", autouse=True)
def _orm_beside_playwright() -> Iterator[None]:
    """Playwright's loop runs in this thread, which Django takes for asynchronous code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield
