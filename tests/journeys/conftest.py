"""Fixtures of the journeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
