"""Jobs that suspend what is not paid, and lift it when it is."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from billing.automation.work import Work
from billing.models import Service
from billing.operations import suspension
from core.sentences import sentence as _
from provisioning.models import MailDomain

log = structlog.get_logger(__name__)


def unsuspend_paid(work: Work) -> None:
    """Lift suspensions for non-payment whose reason is gone, however it went."""

    def unsuspend(service_id: int) -> Service | None:
        return suspension.unsuspend_paid(service_id=service_id, today=work.today, actor=work.actor)

    paid = suspension.paid_again(today=work.today).order_by("pk")
    work.each(list(paid.values_list("pk", flat=True)), unsuspend, model=Service)


def suspend_overdue(work: Work) -> None:
    """Ask for the suspension of what is overdue for too long; the workers carry it out."""
    settings = work.settings
    if not settings.is_suspension_on:
        return
    overdue = suspension.overdue_services(today=work.today, days=settings.suspension_days)
    service_ids = []
    for pk, domain_status in overdue.order_by("client_id", "pk").values_list(
        "pk", "mail_domain__status"
    ):
        if domain_status == MailDomain.Status.ACTIVE:
            service_ids.append(pk)
        else:
            work.skip(Service, pk, _cannot_be_suspended(domain_status))
    for begin in range(0, len(service_ids), suspension.AT_ONCE):
        if not work.has_time():
            return
        _suspend(work, service_ids[begin : begin + suspension.AT_ONCE], settings.suspension_days)


def _cannot_be_suspended(domain_status: str) -> str:
    if domain_status == MailDomain.Status.UNVERIFIED:
        return _("Its domain was never verified: there is no mail to stop before it is closed.")
    return _("Its domain is %(status)s and cannot be suspended.") % {
        "status": str(MailDomain.Status(domain_status).label)
    }


def _suspend(work: Work, service_ids: Sequence[int], days: int) -> None:
    """Suspend these together; where that fails, each half by itself, down to the one service."""
    try:
        suspended = suspension.suspend_overdue(
            service_ids=service_ids, today=work.today, days=days, actor=work.actor
        )
    except Exception as error:
        if len(service_ids) > 1:
            middle = len(service_ids) // 2
            _suspend(work, service_ids[:middle], days)
            _suspend(work, service_ids[middle:], days)
            return
        log.exception("a service could not be suspended", service=service_ids[0])
        work.fail(Service, service_ids[0], error)
    else:
        work.count(len(suspended))
        for service in suspended:
            work.link(service)
