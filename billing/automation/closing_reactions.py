"""Reactions to what becomes of a closing: the module's answers, and a payment that came late."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from billing.events import InvoicePaid, ServiceClosed, ServiceRestored, ServiceTerminated
from billing.models import Closing, Service
from billing.operations import termination
from clients.actors import Actor
from core.errors import OperationError
from core.events import publish, reacts_to
from provisioning.events import AccountClosed, AccountRestored, AccountTerminated

log = structlog.get_logger(__name__)
ACTOR = Actor.system("billing")


@reacts_to(AccountClosed)
def close_the_service(event: AccountClosed) -> None:
    """The account is switched off: the time that its mail is kept for begins."""
    service = _service_of(event.mail_domain_id)
    if service is None or service.status not in {Service.Status.ACTIVE, Service.Status.SUSPENDED}:
        return
    now = timezone.now()
    closing = _closing_of(service)
    days = closing.hold_days if closing else service.product.hold_days
    service.close(closes_at=_end_of(now, days))
    service.save()
    if closing is not None and closing.status == Closing.Status.REQUESTED:
        closing.confirm(at=now)
        closing.save()
    publish(ServiceClosed(service_id=service.pk))


@reacts_to(AccountRestored)
def restore_the_service(event: AccountRestored) -> None:
    """The account works again: the service is as it was."""
    service = _service_of(event.mail_domain_id)
    if service is None:
        return
    was_closed = service.status == Service.Status.CLOSING
    if was_closed:
        service.restore()
        service.save()
    closing = _closing_of(service)
    if closing is not None:
        if closing.status in {Closing.Status.REQUESTED, Closing.Status.CLOSED}:
            closing.begin_restoration()
        closing.restore(at=timezone.now())
        closing.save()
    if was_closed:
        publish(ServiceRestored(service_id=service.pk))


@reacts_to(AccountTerminated)
def end_the_closing(event: AccountTerminated) -> None:
    """The account is gone: nothing can be restored any more."""
    service = _service_of(event.mail_domain_id)
    if service is None:
        return
    closing = _closing_of(service)
    if closing is not None:
        closing.end(at=timezone.now())
        closing.save()
    termination.finish_cancellations(service)
    publish(ServiceTerminated(service_id=service.pk))


@reacts_to(InvoicePaid)
def restore_what_was_closed_for_want_of_it(event: InvoicePaid) -> None:
    """What the automation has closed for non-payment is switched on once nothing is overdue."""
    closed = Closing.objects.filter(
        cause=Closing.Cause.OVERDUE,
        status__in=[Closing.Status.REQUESTED, Closing.Status.CLOSED],
        service__invoice_items__invoice=event.invoice_id,
    )
    today = timezone.localdate()
    for closing in closed.distinct().select_related("service__client"):
        service = closing.service
        if termination.is_overdue(service, on=today):
            continue
        try:
            with transaction.atomic():
                termination.restore_service(service=service, actor=ACTOR, on=today)
        except OperationError as refusal:
            # The payment counts all the same; staff see that the service is still closed.
            log.warning("paid, but not restored", service=service.pk, why=refusal.code)


def _end_of(now: datetime, days: int) -> datetime:
    return now + timedelta(days=days)


def _service_of(mail_domain_id: int) -> Service | None:
    services = Service.objects.select_for_update(of=("self",)).select_related("product")
    return services.filter(mail_domain_id=mail_domain_id).first()


def _closing_of(service: Service) -> Closing | None:
    return Closing.objects.open().select_for_update().filter(service=service).first()
