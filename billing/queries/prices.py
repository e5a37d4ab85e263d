"""Reading what services pay, and where that is not what the price list says."""

from __future__ import annotations

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django_stubs_ext import WithAnnotations

from billing.models import PRODUCT_KEY, Price, Selection, Service
from billing.models.fields import AmountField

# Whoever will be billed again, or may be when staff bring the service back.
BILLED = [
    Service.Status.PENDING,
    Service.Status.ACTIVE,
    Service.Status.SUSPENDED,
    Service.Status.CLOSING,
]


def billed_selections() -> QuerySet[WithAnnotations[Selection]]:
    """
    Return what all services that go on pay for, each with its `coming_price`.

    That is the price of a unit once every decided price change counts.
    """
    return Selection.objects.filter(
        service__status__in=BILLED, service__next_invoice_date__isnull=False
    ).annotate(
        coming_price=Coalesce(F("next_unit_price"), F("unit_price"), output_field=AmountField())
    )


def drifted_selections() -> QuerySet[WithAnnotations[Selection]]:
    """
    Return what costs a service something else than it costs a new client: the drift report.

    Each row has its `coming_price` and its `list_price`. What is not sold any more, or was agreed
    by hand, has nothing to drift from.
    """
    current = Price.objects.current().filter(
        currency=OuterRef("service__currency"), cycle=OuterRef("service__cycle")
    )
    of_product = current.filter(product=OuterRef("service__product")).values("amount")
    of_value = current.filter(option_value=OuterRef("option_value")).values("amount")
    return (
        billed_selections()
        .filter(price__isnull=False)
        .annotate(
            list_price=Case(
                When(key=PRODUCT_KEY, then=Subquery(of_product)),
                default=Subquery(of_value),
                output_field=AmountField(),
            )
        )
        .exclude(Q(list_price__isnull=True) | Q(list_price=F("coming_price")))
        .select_related("service__client", "service__mail_domain", "service__product", "option")
        .order_by("service", "pk")
    )
