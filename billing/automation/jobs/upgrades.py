"""Jobs about changes of services: those nobody has paid for, and those whose day has come."""

from __future__ import annotations

from datetime import timedelta

from billing.automation.work import Work
from billing.models import Upgrade
from billing.operations import mailbox_types, upgrade_steps

# What is under way in a request is left alone.
PATIENCE = timedelta(minutes=3)


def expire_upgrades(work: Work) -> None:
    """Cancel changes that were not paid in time."""
    late = upgrade_steps.unpaid_for_too_long(today=work.today, settings=work.settings)

    def expire(upgrade_id: int) -> Upgrade | None:
        return upgrade_steps.expire(
            upgrade_id=upgrade_id, today=work.today, settings=work.settings, actor=work.actor
        )

    work.each(list(late.values_list("pk", flat=True)), expire, model=Upgrade)


def settle_mailbox_types(work: Work) -> None:
    """Finish changes of mailboxes' types that were cut off, or whose worker was never woken."""
    open_ones = mailbox_types.left_open(before=work.now - PATIENCE)

    def resume(upgrade_id: int) -> Upgrade:
        return mailbox_types.resume(
            upgrade_id=upgrade_id, at=work.now, on=work.today, actor=work.actor
        )

    work.each(list(open_ones.values_list("pk", flat=True)), resume, model=Upgrade)


def apply_scheduled_upgrades(work: Work) -> None:
    """Make the changes that were put off to a renewal, on its day."""

    def begin(upgrade_id: int) -> Upgrade | None:
        return upgrade_steps.begin_scheduled(
            upgrade_id=upgrade_id, today=work.today, actor=work.actor
        )

    work.each(upgrade_steps.scheduled_for(today=work.today), begin, model=Upgrade)
