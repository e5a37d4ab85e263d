"""Agree with a client what a service that exists already costs, and from when it is billed."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from billing.models import Service
from billing.operations import profiles, selections
from billing.operations.selections import Choices
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning.operations import lifecycle


class UnableToAgree(OperationError):
    """The service is billed as before."""


@transaction.atomic
def bill_service(
    *,
    service: Service,
    cycle: Cycle,
    next_due: date,
    actor: Actor,
    choices: Choices | None = None,
) -> None:
    """
    Bill a service from `next_due` on, at today's prices; up to then it is taken as paid.

    It is for services that were set up by staff or moved in. What the choices allow is asked for
    at the vendor where it differs from what the domain may use.

    :raises UnableToAgree: it has ended, or is billed already
    :raises UnableToChoose: not for sale so in the client's currency
    :raises UnableToRequest: the domain is being changed right now
    """
    profile = profiles.lock(service.client)
    chosen = selections.choose(
        product=service.product, cycle=cycle, currency=profile.currency, choices=choices
    )
    entitlement = selections.entitlement_of(service.product, chosen)
    if entitlement != service.mail_domain.entitlement:
        lifecycle.request_package_change(
            mail_domain=service.mail_domain, entitlement=entitlement, actor=actor
        )
    locked = Service.objects.select_for_update().get(pk=service.pk)
    _check(locked)
    locked.currency, locked.cycle = profile.currency, cycle.value
    if cycle.is_recurring:
        locked.anchor_day = next_due.day
        locked.next_due_date = locked.next_invoice_date = next_due
    locked.save()
    selections.save_selections(service=locked, chosen=chosen)
    activity.record(
        action="service.billed",
        subject=locked,
        name=locked.domain,
        client=profile.client,
        actor=actor,
        scope=locked.mail_domain,
        after={
            "cycle": cycle.value,
            "recurring_amount": f"{locked.recurring_amount} {profile.currency_id}",
            "next_due_date": next_due.isoformat() if cycle.is_recurring else None,
        },
    )
    service.refresh_from_db()


def _check(service: Service) -> None:
    if service.status not in {
        Service.Status.PENDING,
        Service.Status.ACTIVE,
        Service.Status.SUSPENDED,
    }:
        raise UnableToAgree(_("This service has ended; nothing can be billed for it."))
    if service.cycle != Cycle.FREE or service.selections.exists():
        raise UnableToAgree(
            _("This service is billed already. Change its product or options instead.")
        )
