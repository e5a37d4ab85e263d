"""When an ordered service is set up: decided here, whoever asks."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet

from billing.events import OrderStuck
from billing.models import Order, Product, Service
from billing.queries.orders import orders_paid_but_not_set_up
from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.events import publish
from core.sentences import sentence as _
from provisioning.models import MailDomain, ModuleJob
from provisioning.operations import lifecycle
from provisioning.queries import Setup, setup_of

log = structlog.get_logger(__name__)
ACTOR = Actor.system("billing")

# How long after the module has given up an order is tried again by itself.
PAUSE = timedelta(hours=1)
AutoSetup = Product.AutoSetup


class UnableToSetUp(OperationError):
    """The account is not asked for."""


def provision_if_due(*, order: Order, actor: Actor) -> ModuleJob | None:
    """
    Ask for the account of an order's service if its product says that it is time; else do nothing.

    The caller holds the lock of the order. Asked for once: what has a job already gets no other.
    """
    is_due = {
        AutoSetup.ORDER: True,
        AutoSetup.PAYMENT: order.paid_at is not None,
        AutoSetup.ACCEPT: order.accepted_at is not None,
    }.get(AutoSetup(order.service.product.auto_setup), False)
    return _request(order, actor) if is_due else None


@transaction.atomic
def set_up_order(*, order: Order, actor: Actor) -> ModuleJob:
    """
    Ask for the account now, whatever the product says: staff's own decision.

    :raises UnableToSetUp: the order is closed, its service has begun, or it is asked for already
    """
    fresh = locked(order)
    if fresh.status not in {Order.Status.PENDING, Order.Status.ACTIVE}:
        raise UnableToSetUp(_("This order is closed. Open it again first."))
    job = _request(fresh, actor)
    if job is None:
        raise UnableToSetUp(
            _("%(domain)s is set up already, or is being set up.") % {"domain": fresh.domain}
        )
    note(order=fresh, action="order.set_up", actor=actor)
    return job


def provision_paid(*, service: Service, at: datetime, actor: Actor = ACTOR) -> None:
    """
    Note that the first payment of a service has arrived, and set it up if that was waited for.

    In the transaction of the payment. Services that were placed without an order are left alone.
    """
    order = _rows().filter(service=service).first()
    if order is None or order.paid_at is not None:
        return
    order.paid_at = at
    order.save(update_fields=["paid_at"])
    provision_if_due(order=order, actor=actor)


def service_has_begun(*, service: Service, at: datetime) -> None:
    """Make a pending order active: its account is there. In the transaction that says so."""
    order = _rows().filter(service=service).first()
    if order is None or order.status != Order.Status.PENDING:
        return
    order.accept(at=at)
    order.save()
    note(order=order, action="order.fulfilled", actor=ACTOR)


def retry_stuck(now: datetime) -> int:
    """
    Try again what is paid and was not set up, tell staff once of each; return how many there are.

    Each order is a transaction of its own: one that cannot be helped stops no other.
    """
    stuck = list(orders_paid_but_not_set_up(now).values_list("pk", flat=True))
    for order_id in stuck:
        try:
            _retry(order_id, now)
        except OperationError as refusal:
            log.warning("order still not set up", order=order_id, why=refusal.code)
    return len(stuck)


@transaction.atomic
def _retry(order_id: int, now: datetime) -> None:
    order = locked(Order(pk=order_id))
    if not orders_paid_but_not_set_up(now).filter(pk=order_id).exists():
        return
    if order.alarmed_at is None:
        order.alarmed_at = now
        order.save(update_fields=["alarmed_at"])
        note(order=order, action="order.stuck", actor=ACTOR, is_internal=True)
        publish(OrderStuck(order_id=order.pk))
    if provision_if_due(order=order, actor=ACTOR) is not None:
        return
    domain = order.service.mail_domain
    failed = domain.jobs.filter(
        action=ModuleJob.Action.CREATE,
        status=ModuleJob.Status.FAILED,
        finished_at__lt=now - PAUSE,
    ).first()
    # What the module or the vendor has refused would be refused again.
    if failed is not None and setup_of(domain) == Setup.GIVEN_UP:
        with transaction.atomic():
            lifecycle.retry(job=failed, actor=ACTOR)


def locked(order: Order) -> Order:
    """Return the order, locked after its domain, with its service, product and client."""
    MailDomain.objects.select_for_update(of=("self",)).get(service__order=order.pk)
    return _rows().get(pk=order.pk)


def note(
    *,
    order: Order,
    action: str,
    actor: Actor,
    after: dict[str, object] | None = None,
    is_internal: bool = False,
) -> None:
    """Write an activity line of an order; an internal one is not on its service's own page."""
    activity.record(
        action=action,
        subject=order,
        name=f"{order.domain} ({order.number})",
        client=order.client,
        actor=actor,
        scope=None if is_internal else order.service.mail_domain,
        after=after,
    )


def _request(order: Order, actor: Actor) -> ModuleJob | None:
    service = order.service
    domain = MailDomain.objects.get(pk=service.mail_domain_id)
    was_asked_for = domain.jobs.filter(action=ModuleJob.Action.CREATE).exclude(
        status=ModuleJob.Status.CANCELLED
    )
    is_new = service.status == Service.Status.PENDING and (
        domain.status == MailDomain.Status.PENDING
    )
    if not is_new or was_asked_for.exists():
        return None
    return lifecycle.request_creation(mail_domain=domain, actor=actor)


def _rows() -> QuerySet[Order]:
    orders = Order.objects.select_for_update(of=("self",))
    return orders.select_related("client", "service__product", "service__mail_domain")
