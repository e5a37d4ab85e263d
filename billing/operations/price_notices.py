"""Tell clients what their services will cost, before they do."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from billing.events import PriceChangeDue
from billing.models import Selection, Service
from billing.operations import selections
from clients.actors import Actor
from clients.operations import activity
from core.events import publish

# Whoever is closing would be told of a service that ends.
TOLD = [Service.Status.PENDING, Service.Status.ACTIVE, Service.Status.SUSPENDED]


def waiting() -> QuerySet[Service]:
    """Return the services whose clients have not been told of a decided price."""
    untold = Selection.objects.filter(is_next_price_told=False, next_price_date__isnull=False)
    return Service.objects.filter(pk__in=untold.values("service"), status__in=TOLD).order_by("pk")


@transaction.atomic
def tell(*, service_id: int, actor: Actor) -> Service | None:
    """
    Tell a service's client of its next price; None where there is nothing new to be told.

    Prices that begin on the same day are told of together.
    """
    rows = Service.objects.select_for_update(of=("self",)).select_related(
        "client", "product", "mail_domain", "currency"
    )
    service = rows.get(pk=service_id)
    untold = service.selections.filter(is_next_price_told=False, next_price_date__isnull=False)
    day = untold.order_by("next_price_date").values_list("next_price_date", flat=True).first()
    if day is None:
        return None
    untold.filter(next_price_date=day).update(is_next_price_told=True)
    old = selections.recurring_amount(service=service, on=day - timedelta(days=1))
    new = selections.recurring_amount(service=service, on=day)
    if old == new:
        return None
    activity.record(
        action="service.price_told",
        subject=service,
        name=service.domain,
        client=service.client,
        actor=actor,
        scope=service.mail_domain,
        before={"amount": f"{old} {service.currency_id}"},
        after={"amount": f"{new} {service.currency_id}", "starts_on": day.isoformat()},
    )
    publish(PriceChangeDue(service_id=service.pk, starts_on=day))
    return service
