"""End a service so that it can be brought back for a while; bring it back; delete its mail."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from billing.models import CancellationRequest, Closing, Invoice, InvoiceItem, Service, Upgrade
from billing.operations import invoicing, periods, profiles, reissuing
from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning.models import MailDomain
from provisioning.operations import lifecycle

# The right to delete mail that was not kept for a while.
PURGE = "billing.purge_service"
# What everybody else keeps it for at least.
SHORTEST_HOLD = 1
# A domain that the vendor has not verified yet holds no mail: there is nothing to keep.
HOLDS_MAIL = [MailDomain.Status.ACTIVE, MailDomain.Status.SUSPENDED]
Cause = Closing.Cause
Status = Closing.Status


class UnableToCloseService(OperationError):
    """The service goes on as it is."""


class UnableToRestoreService(OperationError):
    """The service stays closed."""


def may_purge(actor: Actor) -> bool:
    """Tell whether somebody may have mail deleted without its being kept for a while."""
    user = actor.user
    return user is not None and user.is_staff and user.has_perm(PURGE)


@transaction.atomic
def close_service(
    *,
    service: Service,
    reason: str,
    actor: Actor,
    on: date,
    cause: str = Cause.STAFF,
    hold_days: int | None = None,
) -> Closing:
    """
    Switch a service off and keep its mail for `hold_days`, or for as long as its product says.

    0 days, whoever says so, count only for staff with the right to purge: then, and where the
    domain holds no mail yet, it is deleted at once.

    :raises UnableToCloseService: it is not running, being closed already, or the right is missing
    :raises UnableToRequest: the module is busy with it
    """
    fresh = lock(service)
    if fresh.status not in {Service.Status.ACTIVE, Service.Status.SUSPENDED}:
        raise UnableToCloseService(
            _("Only an active or suspended service can be closed; %(domain)s is neither.")
            % {"domain": fresh.domain}
        )
    if Closing.objects.open().filter(service=fresh).exists():
        raise UnableToCloseService(
            _("%(domain)s is being closed already.") % {"domain": fresh.domain}, code="closing"
        )
    days = _hold_days(fresh, hold_days, actor)
    if fresh.mail_domain.status not in HOLDS_MAIL:
        days = 0
    closing = Closing(
        service=fresh,
        cause=cause,
        reason=reason[:300],
        hold_days=days,
        requested_by_name=actor.name,
        requested_on=on,
    )
    closing.save()
    _note(fresh, "service.closing_requested", actor, {"hold_days": days, "reason": reason})
    finish_cancellations(fresh)
    if days:
        reissuing.charge_what_waits(service=fresh, on=on, actor=actor)
        lifecycle.request_closing(mail_domain=fresh.mail_domain, actor=actor)
    else:
        _purge(closing, fresh, on=on, actor=actor)
    return closing


def _hold_days(service: Service, wanted: int | None, actor: Actor) -> int:
    if wanted == 0 and not may_purge(actor):
        raise UnableToCloseService(
            _("You are not allowed to delete mail at once. Choose how many days it is kept."),
            field="hold_days",
            code="not_allowed",
        )
    days = service.product.hold_days if wanted is None else wanted
    return days if may_purge(actor) else max(days, SHORTEST_HOLD)


@transaction.atomic
def restore_service(*, service: Service, actor: Actor, on: date) -> Closing:
    """
    Switch a closed service on again, with all that was in it.

    Its due date stays: it keeps its day, and the days it was closed for belong to the next period
    that is paid. What is owed stays owed. Asked for twice, it is one restoration.

    :raises UnableToRestoreService: not closed, being deleted, or for staff or payment to decide
    :raises UnableToRequest: the module is busy with it
    """
    fresh = lock(service)
    closing = Closing.objects.open().filter(service=fresh).select_for_update().first()
    if closing is None:
        raise UnableToRestoreService(_("%(domain)s is not closed.") % {"domain": fresh.domain})
    if closing.status == Status.RESTORING:
        return closing
    if closing.status == Status.PURGING:
        raise UnableToRestoreService(
            _("%(domain)s is being deleted. Write to us at once if that must not happen.")
            % {"domain": fresh.domain},
            code="purging",
        )
    is_staff = actor.user is None or actor.user.is_staff
    if not is_staff:
        _refuse_what_staff_decide(fresh, closing, on=on)
    closing.begin_restoration()
    closing.save()
    first = periods.set_next_invoice_date(fresh)
    _note(fresh, "service.restoration_requested", actor, {"next_due_date": _iso(first)})
    lifecycle.request_restoration(mail_domain=fresh.mail_domain, actor=actor)
    return closing


def _refuse_what_staff_decide(service: Service, closing: Closing, *, on: date) -> None:
    if service.suspended_for == Service.SuspendedFor.STAFF:
        raise UnableToRestoreService(
            _("Our team had suspended this service before it was closed. Write to us."),
            code="suspended",
        )
    if closing.cause == Cause.OVERDUE and is_overdue(service, on=on):
        raise UnableToRestoreService(
            _("This service was closed because it is not paid. It is restored with the payment."),
            code="unpaid",
        )
    if closing.cause == Cause.CANCELLATION and _was_behind(service):
        # Or else nobody would ever have to pay: cancelled, a debt is gone; restored, time begins.
        raise UnableToRestoreService(
            _("This service was not paid when it was cancelled. Write to us, and it comes back."),
            code="was_behind",
        )


def _was_behind(service: Service) -> bool:
    """Tell whether the paid time of a cancelled service was over when its end was asked for."""
    asked = service.cancellations.filter(status=CancellationRequest.Status.PROCESSED).first()
    due = service.next_due_date
    return asked is not None and due is not None and due < timezone.localdate(asked.created_at)


def is_overdue(service: Service, *, on: date) -> bool:
    """Tell whether a period of this service is on an open invoice whose due date has passed."""
    items = service.invoice_items.filter(kind=InvoiceItem.Kind.HOSTING, is_live=True)
    return items.filter(invoice__in=Invoice.objects.overdue(on=on)).exists()


@transaction.atomic
def purge_closed(*, closing: Closing, today: date, now: datetime, actor: Actor) -> Closing | None:
    """
    Ask for the mail of a closed service to be deleted, if its time is over.

    None where that has changed meanwhile: it was restored, paid, or given more time.

    :raises UnableToRequest: the module is busy with it
    """
    service = lock(closing.service)
    fresh = Closing.objects.select_for_update().get(pk=closing.pk)
    if fresh.status != Status.CLOSED or service.status != Service.Status.CLOSING:
        return None
    if service.closes_at is None or service.closes_at > now or service.is_never_terminated:
        return None
    _purge(fresh, service, on=today, actor=actor)
    _note(service, "service.termination_requested", actor, {"reason": fresh.reason})
    return fresh


def _purge(closing: Closing, service: Service, *, on: date, actor: Actor) -> None:
    closing.begin_purge(on=on)
    closing.save()
    lifecycle.request_termination(mail_domain=service.mail_domain, actor=actor)
    # Nobody owes anything for what is gone.
    invoicing.strip_service(
        service=service, on=on, actor=actor, reason=closing.reason, stays=is_begun
    )


def is_begun(invoice: Invoice, item: InvoiceItem) -> bool:
    """Tell whether a line is of a change that was made, on an invoice that is paid in part."""
    # Cancelled, credit that was given for the same change would come back.
    is_made = item.upgrade is not None and item.upgrade.status == Upgrade.Status.APPLIED
    return item.kind == InvoiceItem.Kind.UPGRADE and is_made and invoice.balance < invoice.total


def lock(service: Service) -> Service:
    """Lock the client's money, the domain and the service, in this order; return the service."""
    profiles.lock(service.client)
    MailDomain.objects.select_for_update().get(pk=service.mail_domain_id)
    rows = Service.objects.with_domain().select_for_update(of=("self",))
    return rows.get(pk=service.pk)


def finish_cancellations(service: Service) -> None:
    """Note that what the client asked for has come about, in whatever way."""
    for request in service.cancellations.filter(status=CancellationRequest.Status.OPEN):
        request.process(at=timezone.now())
        request.save()


def _note(
    service: Service, action: str, actor: Actor, after: dict[str, object] | None = None
) -> None:
    activity.record(
        action=action,
        subject=service,
        name=service.domain,
        client=service.client,
        actor=actor,
        scope=service.mail_domain,
        after=after,
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
