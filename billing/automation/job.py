"""A job of the automation: its name, what it does, and when it may be run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.automation.work import Work

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class Job:
    """
    One step of a run.

    It does what is due by the rows it finds, so that it can be run at any time and any number of
    times: what is done already is not found again.

    A daily job is done once a local day, any other in every run. `seconds` is the longest it may
    take before it goes on next time. One that `waits_after_gap` does nothing until the automation
    has run for a full day again: clients whose invoices came late have not been in arrears.
    """

    name: str
    label: _StrPromise
    do: Callable[[Work], None]
    is_daily: bool = True
    seconds: int = 900
    waits_after_gap: bool = False
