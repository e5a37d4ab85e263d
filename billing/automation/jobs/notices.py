"""Jobs about open invoices: reminders, overdue notices and late fees."""

from __future__ import annotations

from billing.automation.work import Work
from billing.models import Invoice
from billing.operations import late_fees, notices
from billing.operations.notices import Wave


def send_reminders(work: Work) -> None:
    """Remind clients of what falls due soon."""
    _send(work, notices.reminders(today=work.today, settings=work.settings))


def send_overdue_notices(work: Work) -> None:
    """Tell clients what is overdue, up to three times."""
    for wave in notices.overdue_notices(today=work.today, settings=work.settings):
        _send(work, wave)


def charge_late_fees(work: Work) -> None:
    """Charge for what is overdue for too long."""
    settings = work.settings
    due = late_fees.due_for_late_fee(today=work.today, settings=settings)

    def charge(invoice_id: int) -> Invoice | None:
        fee = late_fees.charge_late_fee(
            invoice_id=invoice_id,
            today=work.today,
            now=work.now,
            settings=settings,
            actor=work.actor,
        )
        if fee is not None:
            work.add_amount("charged", fee.currency_id, fee.total)
        return fee

    work.each(list(due.values_list("pk", flat=True)), charge, model=Invoice)


def _send(work: Work, wave: Wave) -> None:
    def send(invoice_id: int) -> Invoice | None:
        return notices.give_notice(
            invoice_id=invoice_id, kind=wave.kind, now=work.now, actor=work.actor
        )

    work.each(list(wave.invoices.values_list("pk", flat=True)), send, model=Invoice)
