"""Reading orders: which ones should be set up and are not."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Case, DateTimeField, F, QuerySet, When

from billing.models import Order, Product, Service
from provisioning.models import MailDomain

# Setting a service up takes a minute; after this time somebody should look.
USUAL_TIME = timedelta(minutes=5)


def orders_paid_but_not_set_up(on: datetime) -> QuerySet[Order]:
    """
    Return the orders that have waited to be set up for longer than that takes.

    They wait from when they were placed, paid or accepted, as their product says. What staff set
    up by hand is due for nobody.
    """
    setup = Product.AutoSetup
    return (
        Order.objects.filter(
            status__in=[Order.Status.PENDING, Order.Status.ACTIVE],
            service__status=Service.Status.PENDING,
            service__mail_domain__status=MailDomain.Status.PENDING,
        )
        .annotate(
            due_since=Case(
                When(service__product__auto_setup=setup.ORDER, then=F("placed_at")),
                When(service__product__auto_setup=setup.PAYMENT, then=F("paid_at")),
                When(service__product__auto_setup=setup.ACCEPT, then=F("accepted_at")),
                output_field=DateTimeField(),
            )
        )
        .filter(due_since__lt=on - USUAL_TIME)
        .order_by("pk")
    )
