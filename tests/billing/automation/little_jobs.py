"""Jobs that do next to nothing, for the runner to run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy

from billing.automation.job import Job
from billing.automation.work import Work

Do = Callable[[Work], None]
Put = Callable[..., None]


def job(name: str, do: Do, **fields: Any) -> Job:
    return Job(name=name, label=gettext_lazy("Invoices"), do=do, **fields)


def noting(ran: list[str], name: str, **fields: Any) -> Job:
    """Return a job that notes that it ran."""
    return job(name, lambda _work: ran.append(name), **fields)


def failing(name: str, **fields: Any) -> Job:
    def fail(_work: Work) -> None:
        raise RuntimeError("the disk is full")

    return job(name, fail, **fields)
