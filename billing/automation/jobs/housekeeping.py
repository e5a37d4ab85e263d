"""Jobs that keep the house: old invoices, idle clients, what need not be kept."""

from __future__ import annotations

from billing.automation.work import Work
from billing.models import Invoice
from billing.operations import retention
from clients import expiry


def cancel_old_invoices(work: Work) -> None:
    """Cancel what was never paid and what nothing depends on."""
    settings = work.settings
    old = retention.old_invoices(today=work.today, settings=settings)

    def cancel(invoice_id: int) -> Invoice | None:
        return retention.cancel_old_invoice(
            invoice_id=invoice_id, today=work.today, settings=settings, actor=work.actor
        )

    work.each(list(old.values_list("pk", flat=True)), cancel, model=Invoice)


def update_client_statuses(work: Work) -> None:
    """Note which clients have nothing any more, and which have something again."""
    work.count(retention.update_client_statuses(now=work.now, actor=work.actor))


def prune(work: Work) -> None:
    """Delete what is older than it need be: quotes, runs of the automation, sent email."""
    work.count(retention.prune(now=work.now))
    work.count(expiry.prune_email(now=work.now))
