"""Jobs about orders: those that are paid for and not set up, and those that nobody pays."""

from __future__ import annotations

from billing.automation.work import Work
from billing.models import Order
from billing.operations import orders, setting_up


def retry_stuck_orders(work: Work) -> None:
    """Ask again for what was bought and is not there; staff are told when it takes too long."""
    work.count(setting_up.retry_stuck(work.now))


def cancel_unpaid_orders(work: Work) -> None:
    """Cancel what was ordered long ago and never paid, so that its domain is free again."""
    old = orders.unpaid_orders(today=work.today, settings=work.settings)

    def cancel(order_id: int) -> Order | None:
        return orders.cancel_unpaid_order(
            order_id=order_id, today=work.today, settings=work.settings, actor=work.actor
        )

    work.each(list(old.values_list("pk", flat=True)), cancel, model=Order)
