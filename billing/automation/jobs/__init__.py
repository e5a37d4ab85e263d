"""The jobs of the automation, in the order they are done in."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from billing.automation.job import Job
from billing.automation.jobs import (
    endings,
    housekeeping,
    invoices,
    notices,
    orders,
    reports,
    suspensions,
    upgrades,
)

# What a price depends on comes before the invoice, payments before what is lifted by them, that
# before what is imposed for want of them, and the report last.
JOBS = (
    Job("notice_gap", _("Missed days"), reports.notice_gap),
    Job("take_over_prices", _("Price changes"), invoices.take_over_prices),
    Job("expire_upgrades", _("Unpaid changes"), upgrades.expire_upgrades),
    Job("apply_scheduled_upgrades", _("Changes at renewal"), upgrades.apply_scheduled_upgrades),
    Job(
        "settle_mailbox_types",
        _("Types of mailboxes"),
        upgrades.settle_mailbox_types,
        is_daily=False,
    ),
    Job("create_invoices", _("Invoices"), invoices.create_invoices),
    Job(
        "announce_invoices", _("New invoices by email"), invoices.announce_invoices, is_daily=False
    ),
    Job("announce_prices", _("New prices by email"), invoices.announce_prices),
    Job("apply_credit", _("Credit"), invoices.apply_credit),
    Job("send_reminders", _("Payment reminders"), notices.send_reminders),
    Job("send_overdue_notices", _("Overdue notices"), notices.send_overdue_notices),
    Job("charge_late_fees", _("Late fees"), notices.charge_late_fees),
    Job("unsuspend_paid", _("Unsuspensions"), suspensions.unsuspend_paid, is_daily=False),
    Job(
        "suspend_overdue",
        _("Overdue suspensions"),
        suspensions.suspend_overdue,
        waits_after_gap=True,
    ),
    Job(
        "process_cancellations",
        _("Cancellation requests"),
        endings.process_cancellations,
        is_daily=False,
    ),
    Job(
        "terminate_overdue",
        _("Overdue terminations"),
        endings.terminate_overdue,
        waits_after_gap=True,
    ),
    Job("send_closing_notices", _("Closing notices"), endings.send_closing_notices),
    Job(
        "purge_closed", _("Deletion of closed services"), endings.purge_closed, waits_after_gap=True
    ),
    Job("retry_stuck_orders", _("Stuck orders"), orders.retry_stuck_orders, is_daily=False),
    Job("cancel_unpaid_orders", _("Unpaid orders"), orders.cancel_unpaid_orders),
    Job("cancel_old_invoices", _("Old invoices"), housekeeping.cancel_old_invoices),
    Job("update_client_statuses", _("Idle clients"), housekeeping.update_client_statuses),
    Job("prune", _("Old records"), housekeeping.prune),
    Job("send_daily_report", _("Daily report"), reports.send_daily_report),
)
