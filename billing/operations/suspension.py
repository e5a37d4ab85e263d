"""Suspension for non-payment: who is overdue for long enough, and who is not any more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.models import Invoice, InvoiceItem, Payment, Service
from billing.operations import profiles
from billing.queries.deadlines import reached
from clients.actors import Actor
from clients.models import Client
from clients.operations import activity
from provisioning.models import ModuleJob
from provisioning.operations import bulk, lifecycle

# Services a transaction; their clients' money is locked while it lasts.
AT_ONCE = 500
# What the client is shown.
REASON = "Overdue on payment"
CODE = Service.SuspendedFor.OVERDUE.value


def overdue_services(*, today: date, days: int) -> QuerySet[Service]:
    """
    Return the active services to be suspended: a period of theirs is overdue for `days`.

    A client's or group's own number of days goes before. Left out are exempt clients and groups,
    services with a later override day, and clients who have paid something today.
    """
    unpaid = InvoiceItem.objects.filter(
        reached(
            column="invoice__due_date",
            days="suspension_days",
            owner="invoice__client",
            default=days,
            day=lambda number: today - timedelta(days=number),
        ),
        kind=InvoiceItem.Kind.HOSTING,
        is_live=True,
        invoice__status=Invoice.Status.UNPAID,
        # Not even with 0 days is anything overdue on its due date.
        invoice__due_date__lt=today,
    )
    exempt = Q(client__billing__is_suspension_exempt=True) | Q(
        client__billing__group__is_suspension_exempt=True
    )
    paid_today = Payment.objects.filter(
        client=OuterRef("client"), kind=Payment.Kind.PAYMENT, paid_on__gte=today
    )
    return (
        Service.objects.filter(status=Service.Status.ACTIVE, pk__in=unpaid.values("service_id"))
        .exclude(exempt)
        .exclude(suspension_override_until__gt=today)
        .filter(~Exists(paid_today))
    )


@transaction.atomic
def suspend_overdue(
    *, service_ids: Collection[int], today: date, days: int, actor: Actor
) -> list[Service]:
    """
    Ask for the suspension of those of these services that are overdue; return them.

    Their clients' money is locked first: a payment comes before, and nothing is suspended, or
    after, and lifts it.
    """
    owners = Service.objects.filter(pk__in=service_ids).values("client_id")
    profiles.lock_all(Client.objects.filter(pk__in=owners))
    overdue = overdue_services(today=today, days=days).filter(pk__in=service_ids)
    by_domain = {
        service.mail_domain_id: service
        for service in overdue.select_related("mail_domain", "client").order_by("pk")
    }
    asked = bulk.request_suspensions(
        mail_domain_ids=by_domain, reason=REASON, code=CODE, actor=actor
    )
    suspended = [by_domain[mail_domain_id] for mail_domain_id in asked]
    activity.record_all(
        [
            activity.line(
                action="service.suspension_requested",
                subject=service,
                name=service.domain,
                client=service.client,
                actor=actor,
                scope=service.mail_domain,
                after={"reason": REASON},
            )
            for service in suspended
        ]
    )
    return suspended


def paid_again(*, today: date) -> QuerySet[Service]:
    """
    Return the services that are suspended for non-payment, or about to be, and owe nothing late.

    Whoever was suspended by staff stays so. Left out is one whose unsuspension waits already, or
    has failed: staff were told of that, and asking every few minutes would tell them each time.
    """
    late = InvoiceItem.objects.filter(
        service=OuterRef("pk"),
        kind=InvoiceItem.Kind.HOSTING,
        is_live=True,
        invoice__status=Invoice.Status.UNPAID,
        invoice__due_date__lt=today,
    )
    jobs = ModuleJob.objects.filter(mail_domain=OuterRef("mail_domain"))
    about_to_be = jobs.open().filter(action=ModuleJob.Action.SUSPEND, payload__code=CODE)
    lifted = jobs.filter(
        action=ModuleJob.Action.UNSUSPEND,
        status__in=[
            ModuleJob.Status.QUEUED,
            ModuleJob.Status.RUNNING,
            ModuleJob.Status.FAILED,
        ],
    )
    return Service.objects.filter(
        Q(status=Service.Status.SUSPENDED, suspended_for=CODE)
        | Q(Exists(about_to_be), status=Service.Status.ACTIVE),
        ~Exists(lifted),
        ~Exists(late),
    )


@transaction.atomic
def unsuspend_paid(*, service_id: int, today: date, actor: Actor) -> Service | None:
    """
    Ask for a service to be switched on again; None where it is not one of `paid_again`.

    :raises UnableToRequest: the module is busy with it
    """
    service = Service.objects.with_domain().get(pk=service_id)
    profiles.lock(service.client)
    if not paid_again(today=today).filter(pk=service_id).exists():
        return None
    lifecycle.request_unsuspension(mail_domain=service.mail_domain, actor=actor)
    activity.record(
        action="service.unsuspension_requested",
        subject=service,
        name=service.domain,
        client=service.client,
        actor=actor,
        scope=service.mail_domain,
    )
    return service
