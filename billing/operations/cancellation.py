"""A client's wish to end a service: now, or when what is paid for ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from billing.events import CancellationRequested, CancellationWithdrawn
from billing.models import (
    CancellationRequest,
    Closing,
    Invoice,
    InvoiceItem,
    Service,
    Upgrade,
)
from billing.operations import invoicing, notices, periods, reissuing, termination
from billing.operations.items import ItemSpec
from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.events import publish
from core.sentences import sentence as _

Timing = CancellationRequest.Timing
Status = CancellationRequest.Status
LONGEST_REASON = 2000
Kind = InvoiceItem.Kind
# A change that is in effect, or about to be, is owed whatever becomes of the service.
MADE = {Upgrade.Status.APPLYING, Upgrade.Status.APPLIED}


class UnableToRequestCancellation(OperationError):
    """Nothing was requested; the service goes on."""


class UnableToWithdrawCancellation(OperationError):
    """The request stands."""


def open_request_of(service: Service) -> CancellationRequest | None:
    """Return the request that waits for the end of the period, if there is one."""
    return service.cancellations.filter(status=Status.OPEN).first()


def end_of_period(service: Service, *, on: date) -> date | None:
    """Return the day that what is paid for ends on; None where nothing ends by itself."""
    if service.next_due_date is None:
        return None
    return max(service.next_due_date, on)


@transaction.atomic
def request_cancellation(
    *, service: Service, timing: str, reason: str, actor: Actor, on: date
) -> CancellationRequest:
    """
    Save the wish; one for now is carried out at once, and its mail kept for the product's days.

    For now, what the client has not paid yet for the service is owed no more; for the end of the
    period, only what begins after it. Changes that were made are owed either way.

    :raises UnableToRequestCancellation: not running, requested before, no reason, or no period
    """
    words = reason.strip()
    if not words:
        raise UnableToRequestCancellation(
            _("Say why, in a few words. It helps us to do better."), field="reason"
        )
    fresh = termination.lock(service)
    _refuse(fresh, timing)
    request = CancellationRequest(
        service=fresh,
        timing=timing,
        reason=words[:LONGEST_REASON],
        requested_by=actor.user,
        requested_by_name=actor.name[:200],
        ends_on=end_of_period(fresh, on=on) if timing == Timing.END_OF_PERIOD else on,
    )
    request.save()
    _note(request, "service.cancellation_requested", actor)
    reissuing.charge_what_waits(service=fresh, on=on, actor=actor)
    request.withheld.set(
        invoicing.strip_service(
            service=fresh, on=on, actor=actor, reason=str(request), stays=_stays_owed(request, on)
        )
    )
    if timing == Timing.IMMEDIATE:
        _close(request, fresh, on=on, actor=actor)
    publish(CancellationRequested(request_id=request.pk))
    return CancellationRequest.objects.get(pk=request.pk)


def _stays_owed(request: CancellationRequest, on: date) -> Callable[[Invoice, InvoiceItem], bool]:
    """Return which lines of open invoices are owed although the service is to end."""

    def stays(invoice: Invoice, item: InvoiceItem) -> bool:
        if item.kind == Kind.UPGRADE and item.upgrade is not None:
            return item.upgrade.status in MADE
        if request.timing == Timing.IMMEDIATE or request.ends_on is None:
            return False
        # What was not paid in time stays so: time does not begin anew with every change of mind.
        is_late = invoice.status == Invoice.Status.UNPAID and invoice.due_date < on
        begins = item.period_start or _begins(invoice, item)
        return is_late or (begins is not None and begins < request.ends_on)

    return stays


def _begins(invoice: Invoice, item: InvoiceItem) -> date | None:
    """Return when the period begins that is invoiced with a line that has none of its own."""
    items = invoice.items.filter(service=item.service_id, kind=Kind.HOSTING)
    return items.order_by("period_start").values_list("period_start", flat=True).first()


def _refuse(service: Service, timing: str) -> None:
    domain = {"domain": service.domain}
    if service.status not in {Service.Status.ACTIVE, Service.Status.SUSPENDED}:
        raise UnableToRequestCancellation(_("%(domain)s is not running.") % domain)
    if open_request_of(service) is not None:
        raise UnableToRequestCancellation(
            _("The cancellation of %(domain)s was requested before.") % domain, code="requested"
        )
    if Closing.objects.open().filter(service=service).exists():
        raise UnableToRequestCancellation(
            _("%(domain)s is being closed already.") % domain, code="closing"
        )
    if timing not in Timing.values:
        raise UnableToRequestCancellation(_("Choose when the service ends."), field="timing")
    if timing == Timing.END_OF_PERIOD and service.next_due_date is None:
        raise UnableToRequestCancellation(
            _("This service has no billing period. Choose to end it immediately."), field="timing"
        )


@transaction.atomic
def withdraw(*, request: CancellationRequest, actor: Actor, on: date) -> CancellationRequest:
    """
    Let the service go on; renewals that were not owed any more are owed again.

    Withdrawn twice, it is withdrawn once.

    :raises UnableToWithdrawCancellation: it has been carried out
    """
    service = termination.lock(request.service)
    fresh = CancellationRequest.objects.select_for_update().get(pk=request.pk)
    if fresh.status == Status.WITHDRAWN:
        return fresh
    if fresh.status != Status.OPEN:
        raise UnableToWithdrawCancellation(
            _("The service is closed already. You can restore it from its page.")
        )
    fresh.withdraw(at=timezone.now())
    fresh.save()
    _note(fresh, "service.cancellation_withdrawn", actor)
    _invoice_again(fresh, service, on=on, actor=actor)
    publish(CancellationWithdrawn(request_id=fresh.pk))
    return fresh


def _invoice_again(
    request: CancellationRequest, service: Service, *, on: date, actor: Actor
) -> None:
    """
    Make the withheld lines of this service anew; what came meanwhile is left alone.

    They are due when they were, and who was told of them is not told again.
    """
    for invoice in request.withheld.select_related("replaced_by").order_by("pk"):
        shorter: Invoice | None = getattr(invoice, "replaced_by", None)
        specs = _withheld_lines(invoice, shorter, service)
        if not specs:
            continue
        is_free = shorter is None and invoice.number is not None
        try:
            made = invoicing.issue_invoice(
                client=service.client,
                items=specs,
                due_date=invoice.due_date,
                on=on,
                actor=actor,
                replaces=invoice if is_free else None,
            )
        except invoicing.UnableToInvoice:
            continue  # the period is on another invoice by now
        notices.keep_notices(invoice=made, earlier=invoice)
    periods.set_next_invoice_date(service)


def _withheld_lines(invoice: Invoice, shorter: Invoice | None, service: Service) -> list[ItemSpec]:
    """Return what was taken off an invoice: all of a service, or what the one after it has not."""
    left = shorter.items.filter(service=service) if shorter else InvoiceItem.objects.none()
    kept = [ItemSpec.of_item(each) for each in left.select_related("service", "upgrade")]
    charged = InvoiceItem.objects.filter(upgrade=OuterRef("upgrade"), is_live=True)
    items = invoice.items.filter(service=service).exclude(
        ~Q(upgrade__status__in=MADE) | Exists(charged), kind=Kind.UPGRADE
    )
    specs = [ItemSpec.of_item(each) for each in items.select_related("service", "upgrade")]
    return [each for each in specs if each not in kept]


def cancellations_due(*, today: date) -> list[int]:
    """
    Return the ids of the requests whose day has come, the oldest first.

    Neither before the day that the client was told, nor before what is paid for ends.
    """
    waiting = CancellationRequest.objects.filter(
        status=Status.OPEN, ends_on__lte=today, service__status__in=["active", "suspended"]
    ).exclude(timing=Timing.END_OF_PERIOD, service__next_due_date__gt=today)
    return list(waiting.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def process(*, request: CancellationRequest, actor: Actor, on: date) -> CancellationRequest | None:
    """
    Carry out a request whose day has come: the service is closed, and can be restored.

    None where it was withdrawn or carried out meanwhile.

    :raises UnableToRequest: the module is busy with the service
    """
    service = termination.lock(request.service)
    fresh = CancellationRequest.objects.select_for_update().get(pk=request.pk)
    if fresh.status != Status.OPEN or fresh.pk not in cancellations_due(today=on):
        return None
    _close(fresh, service, on=on, actor=actor)
    return CancellationRequest.objects.get(pk=fresh.pk)


def _close(request: CancellationRequest, service: Service, *, on: date, actor: Actor) -> None:
    termination.close_service(
        service=service,
        reason=request.reason,
        actor=actor,
        on=on,
        cause=Closing.Cause.CANCELLATION,
    )


def _note(request: CancellationRequest, action: str, actor: Actor) -> None:
    service = request.service
    activity.record(
        action=action,
        subject=service,
        name=service.domain,
        client=service.client,
        actor=actor,
        scope=service.mail_domain,
        after={
            "timing": request.timing,
            "reason": request.reason,
            "ends_on": request.ends_on.isoformat() if request.ends_on else "",
        },
    )
