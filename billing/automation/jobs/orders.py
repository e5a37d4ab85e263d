"""Jobs about orders that are paid for and not set up."""

from __future__ import annotations

from billing.automation.work import Work
from billing.operations import setting_up


def retry_stuck_orders(work: Work) -> None:
    """Ask again for what was bought and is not there; staff are told when it takes too long."""
    work.count(setting_up.retry_stuck(work.now))
