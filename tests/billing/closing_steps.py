"""Steps that tests of cancellations, closings and terminations share."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from billing.models import CancellationRequest, Closing, Invoice, Service
from billing.operations import cancellation, invoicing, termination
from clients.actors import Actor
from provisioning.models import MailDomain
from provisioning.sandbox import Sandbox
from tests import billing_makers
from tests.billing.documents import hosting

Timing = CancellationRequest.Timing
ACTOR = Actor.system("test")
# The tests' today is a Tuesday at noon, in the middle of a period.
NOW = datetime(2026, 5, 12, 12, tzinfo=UTC)
TODAY = NOW.date()
DUE = date(2026, 6, 1)


def paid_service(**fields: Any) -> Service:
    """Return a monthly service that is paid for up to 1 June."""
    values: dict[str, Any] = {"next_due": DUE, "domain": "acme.test"}
    return billing_makers.make_billed_service(**(values | fields))


def renewal(
    service: Service, *, due: date = DUE, amount: str = "10.00", issued: date = TODAY
) -> Invoice:
    """Return the open invoice for the month from `due` on; the next one is not due yet."""
    invoice = invoicing.issue_invoice(
        client=service.client,
        items=[hosting(service, amount, start=due)],
        due_date=due,
        on=issued,
        actor=ACTOR,
    )
    Service.objects.filter(pk=service.pk).update(next_invoice_date=due + timedelta(days=30))
    return invoice


def overdue_service(
    *, due: date = date(2026, 4, 1), issued: date | None = None, **fields: Any
) -> tuple[Service, Invoice]:
    """Return a service suspended for an invoice that fell due on 1 April, and the invoice."""
    service = paid_service(next_due=due, **fields)
    invoice = renewal(service, due=due, issued=issued or due)
    suspend_for_overdue(service)
    return fresh(service), invoice


def suspend_for_overdue(service: Service) -> None:
    """Have a service suspended as the automation would, whatever the vendor says."""
    domain = MailDomain.objects.get(pk=service.mail_domain_id)
    domain.suspend(at=NOW, reason="Overdue on Payment")
    domain.save()
    row = fresh(service)
    row.suspend(suspended_for=Service.SuspendedFor.OVERDUE)
    row.save()


def cancel(service: Service, timing: str = Timing.IMMEDIATE) -> CancellationRequest:
    """Request the end of a service."""
    return cancellation.request_cancellation(
        service=service, timing=timing, reason="We move to another house", actor=ACTOR, on=TODAY
    )


def close(service: Service, **fields: Any) -> Closing:
    """Have staff close a service."""
    values: dict[str, Any] = {"reason": "Asked for by phone", "actor": ACTOR, "on": TODAY}
    return termination.close_service(service=service, **(values | fields))


def fresh(service: Service) -> Service:
    """Read a service again."""
    return Service.objects.with_domain().get(pk=service.pk)


def is_on(vendor: Sandbox, domain: str = "acme.test") -> bool:
    """Tell whether mail works at the vendor."""
    return str(vendor.domains()[domain]["active"]) in {"1", "True"}
