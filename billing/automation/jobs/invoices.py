"""Jobs that make invoices, tell of them, and pay them with credit."""

from __future__ import annotations

import structlog
from django.db.models import F, QuerySet

from billing.automation.work import Work
from billing.models import Invoice, InvoiceItem, InvoiceNotice, Service
from billing.operations import credit, price_changes, price_notices, renewals
from billing.operations.renewals import Renewed
from core.errors import OperationError

log = structlog.get_logger(__name__)


def take_over_prices(work: Work) -> None:
    """Make a service's next price its price, where a period with it has begun."""
    work.count(price_changes.take_over(today=work.today))


def create_invoices(work: Work) -> None:
    """Invoice every service whose next period begins soon, thousands in a transaction."""
    settings = work.settings
    due = renewals.due_for_invoice(today=work.today, days=settings.invoice_days)
    position = renewals.Position()
    while work.has_time():
        service_ids, position = renewals.claim(due, position)
        if not service_ids:
            return
        _invoice(work, due, service_ids)


def announce_invoices(work: Work) -> None:
    """Tell the clients of what was invoiced in bulk; their credit is used first."""
    waiting = list(renewals.waiting_announcements().values_list("pk", flat=True))
    if not waiting:
        return
    uses_credit = work.settings.is_credit_applied

    def announce(notice_id: int) -> Invoice | None:
        return renewals.announce(
            notice_id=notice_id, now=work.now, uses_credit=uses_credit, actor=work.actor
        )

    work.each(waiting, announce, model=InvoiceNotice)


def announce_prices(work: Work) -> None:
    """Tell the clients of prices that staff have decided on."""

    def tell(service_id: int) -> Service | None:
        return price_notices.tell(service_id=service_id, actor=work.actor)

    work.each(list(price_notices.waiting().values_list("pk", flat=True)), tell, model=Service)


def apply_credit(work: Work) -> None:
    """Use credit that came after the invoice, those due first first."""
    if not work.settings.is_credit_applied:
        return
    payable = (
        Invoice.objects.open()
        .filter(client__billing__credit__gt=0, currency=F("client__billing__currency"))
        .exclude(items__kind=InvoiceItem.Kind.FUNDS)
        .order_by("due_date", "pk")
    )

    def apply(invoice_id: int) -> Invoice | None:
        invoice = Invoice.objects.select_related("client").get(pk=invoice_id)
        used = credit.spend_credit(invoice=invoice, actor=work.actor)
        work.add_amount("credit used", invoice.currency_id, used)
        return invoice if used else None

    work.each(list(payable.values_list("pk", flat=True)), apply, model=Invoice)


def _invoice(work: Work, due: QuerySet[Service], service_ids: list[int]) -> None:
    """
    Invoice these together; where that fails, each half by itself, down to the one service.

    Clients are parted first: the services of one share an invoice for as long as that can be made.
    """
    try:
        renewed = renewals.invoice_next_period(
            service_ids=service_ids, due=due, today=work.today, actor=work.actor
        )
    except Exception as error:
        owners = dict(Service.objects.filter(pk__in=service_ids).values_list("pk", "client_id"))
        clients = sorted(set(owners.values()))
        if len(clients) > 1:
            first_half = set(clients[: len(clients) // 2])
            _invoice(work, due, [pk for pk in service_ids if owners.get(pk) in first_half])
            _invoice(work, due, [pk for pk in service_ids if owners.get(pk) not in first_half])
            return
        if len(service_ids) > 1:
            half = len(service_ids) // 2
            _invoice(work, due, service_ids[:half])
            _invoice(work, due, service_ids[half:])
            return
        if isinstance(error, OperationError):
            for pk in service_ids:
                work.skip(Service, pk, error.user_message)
            return
        log.exception("a service could not be invoiced", services=service_ids)
        for pk in service_ids:
            work.fail(Service, pk, error)
    else:
        _tell(work, renewed)


def _tell(work: Work, renewed: Renewed) -> None:
    work.count(len(renewed.invoices))
    for invoice in renewed.invoices:
        work.link(invoice)
    for code, amount in renewals.total_by_currency(renewed.invoices).items():
        work.add_amount("invoiced", code, amount)
    for pk, reason in renewed.refused.items():
        work.skip(Service, pk, reason)
