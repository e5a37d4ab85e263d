"""Fixtures of the automation's tests."""

from __future__ import annotations

import pytest

from billing.automation import runner
from billing.automation.job import Job
from tests.billing.automation.little_jobs import Put


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Put:
    """Put these jobs in the place of the product's."""

    def put(*jobs: Job) -> None:
        monkeypatch.setattr(runner, "JOBS", jobs)

    return put


@pytest.fixture
def ran() -> list[str]:
    """The names of the jobs that did their work, in order."""
    return []
