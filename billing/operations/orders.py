"""What staff do with an order: accept, cancel, hold for fraud, open again."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from billing.events import OrderCancelled
from billing.models import BillingSettings, Invoice, InvoiceItem, Order, Service
from billing.operations import credit_notes, invoicing, profiles, promotions, setting_up
from billing.operations.items import ItemSpec
from billing.operations.setting_up import locked, note
from clients.actors import Actor
from core.errors import OperationError
from core.events import publish
from core.sentences import sentence as _
from provisioning.models import MailDomain
from provisioning.operations import withdrawal

Status = Order.Status


class UnableToChangeOrder(OperationError):
    """The order stays as it is."""


@transaction.atomic
def accept_order(*, order: Order, actor: Actor) -> Order:
    """
    Accept a pending order; its service is set up if that was waited for.

    :raises UnableToChangeOrder: it is not pending
    """
    fresh = locked(order)
    _require(fresh, [Status.PENDING])
    fresh.accept(at=timezone.now())
    fresh.save()
    note(order=fresh, action="order.accepted", actor=actor)
    setting_up.provision_if_due(order=fresh, actor=actor)
    return fresh


@transaction.atomic
def cancel_order(*, order: Order, on: date, actor: Actor, reason: str = "") -> Order:
    """
    Cancel a pending order whose service has not been begun, and free its domain.

    What is not paid of its invoice is not owed any more; what was paid becomes credit. The use of
    its promotion code is somebody else's again.

    :raises UnableToChangeOrder: it is not pending, or the mail server may have the domain
    """
    profiles.lock(order.client)
    fresh = locked(order)
    _require(fresh, [Status.PENDING])
    try:
        withdrawal.withdraw(mail_domain=fresh.service.mail_domain, actor=actor)
    except withdrawal.UnableToWithdraw as error:
        raise UnableToChangeOrder(error.user_message) from error
    service = Service.objects.select_for_update().get(pk=fresh.service_id)
    service.cancel()
    service.next_due_date = service.next_invoice_date = None
    service.save()
    fresh.cancel()
    fresh.save()
    if fresh.promotion_code:
        promotions.give_back(code=fresh.promotion_code)
    note(order=fresh, action="order.cancelled", actor=actor, after={"reason": reason})
    invoicing.strip_service(service=service, on=on, actor=actor, reason=reason)
    for invoice in _paid_invoices(service):
        _give_back(invoice, service, on, actor)
    publish(OrderCancelled(order_id=fresh.pk))
    return fresh


def unpaid_orders(*, today: date, settings: BillingSettings) -> QuerySet[Order]:
    """Return the orders that nobody has paid, set up or looked at for as long as they may wait."""
    if not settings.unpaid_order_days:
        return Order.objects.none()
    last = today - timedelta(days=settings.unpaid_order_days)
    return Order.objects.filter(
        status=Status.PENDING,
        paid_at__isnull=True,
        service__status=Service.Status.PENDING,
        service__registration_date__lte=last,
        service__invoice_items__is_live=True,
        service__invoice_items__invoice__status=Invoice.Status.UNPAID,
    ).distinct()


@transaction.atomic
def cancel_unpaid_order(
    *, order_id: int, today: date, settings: BillingSettings, actor: Actor
) -> Order | None:
    """
    Cancel one of `unpaid_orders`; None where it is not one any more.

    :raises UnableToChangeOrder: the mail server may have its domain
    """
    found = Order.objects.select_related("client").get(pk=order_id)
    profiles.lock(found.client)
    if not unpaid_orders(today=today, settings=settings).filter(pk=order_id).exists():
        return None
    return cancel_order(order=found, on=today, actor=actor, reason="not paid")


@transaction.atomic
def mark_as_fraud(*, order: Order, actor: Actor) -> Order:
    """
    Hold an order for fraud: what is not set up yet stays so, nothing that exists is removed.

    :raises UnableToChangeOrder: it is closed, or its service is being set up right now
    """
    fresh = locked(order)
    _require(fresh, [Status.PENDING, Status.ACTIVE])
    service = Service.objects.select_for_update(of=("self",)).get(pk=fresh.service_id)
    if service.status == Service.Status.PENDING:
        try:
            withdrawal.hold_back(MailDomain.objects.get(pk=service.mail_domain_id))
        except withdrawal.UnableToWithdraw as error:
            raise UnableToChangeOrder(error.user_message) from error
    fresh.mark_as_fraud()
    fresh.save()
    if service.status in {
        Service.Status.PENDING,
        Service.Status.ACTIVE,
        Service.Status.SUSPENDED,
    }:
        service.mark_as_fraud()
        service.save()
    note(order=fresh, action="order.held_for_fraud", actor=actor, is_internal=True)
    return fresh


@transaction.atomic
def reopen_order(*, order: Order, actor: Actor) -> Order:
    """
    Take an order that was held for fraud up again; its service is what its domain is.

    :raises UnableToChangeOrder: it is not held for fraud; a cancelled one has lost its domain
    """
    fresh = locked(order)
    if fresh.status == Status.CANCELLED:
        raise UnableToChangeOrder(
            _("The domain of a cancelled order is free again. Place a new order for it.")
        )
    _require(fresh, [Status.FRAUD])
    services = Service.objects.select_for_update(of=("self",)).select_related("mail_domain")
    service = services.get(pk=fresh.service_id)
    if service.status == Service.Status.FRAUD:
        service.clear_of_fraud()
        service.save()
    fresh.reopen()
    fresh.save()
    note(order=fresh, action="order.reopened", actor=actor, is_internal=True)
    if service.status != Service.Status.PENDING:
        setting_up.service_has_begun(service=service, at=timezone.now())
    fresh = locked(order)
    setting_up.provision_if_due(order=fresh, actor=actor)
    return fresh


def _require(order: Order, statuses: list[Status]) -> None:
    if order.status not in statuses:
        raise UnableToChangeOrder(
            _("Order %(number)s is %(status)s: that cannot be done with it.")
            % {"number": order.number, "status": str(order.get_status_display())}
        )


def _paid_invoices(service: Service) -> list[Invoice]:
    paid = Invoice.objects.filter(
        status=Invoice.Status.PAID, items__service=service, items__is_live=True
    )
    return list(paid.distinct().select_related("client").order_by("pk"))


def _give_back(invoice: Invoice, service: Service, on: date, actor: Actor) -> None:
    """Credit the lines of the service, with the tax that was charged on them."""
    items = InvoiceItem.objects.filter(invoice=invoice, service=service, is_live=True)
    rows = list(items.select_related("service", "upgrade").order_by("pk"))
    if sum(row.amount for row in rows) > 0:
        credit_notes.issue_credit_note(
            client=invoice.client,
            items=[ItemSpec.of_item(row) for row in rows],
            on=on,
            reason=str(_("The order was cancelled.")),
            invoice=invoice,
            actor=actor,
        )
