"""Suspend, unsuspend, change and terminate a service."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from billing.models import Product, Service
from billing.operations import invoicing, profiles, selections, termination
from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning.models import ModuleJob
from provisioning.operations import lifecycle


class UnableToChangeService(OperationError):
    """The service stays as it is."""


@transaction.atomic
def suspend_service(*, service: Service, reason: str, actor: Actor) -> ModuleJob:
    """
    Ask for the service to be suspended; the client is shown the reason.

    :raises UnableToRequest: the domain is not active
    """
    _note(service, "service.suspension_requested", actor, {"reason": reason})
    return lifecycle.request_suspension(mail_domain=service.mail_domain, reason=reason, actor=actor)


@transaction.atomic
def unsuspend_service(*, service: Service, actor: Actor) -> ModuleJob:
    """
    Ask for the service to be unsuspended.

    :raises UnableToRequest: the domain is not suspended
    """
    _note(service, "service.unsuspension_requested", actor)
    return lifecycle.request_unsuspension(mail_domain=service.mail_domain, actor=actor)


@transaction.atomic
def change_product(*, service: Service, product: Product, actor: Actor) -> ModuleJob:
    """
    Ask for another product; the service has it once the module has changed the package.

    :raises UnableToChangeService: the product lives on another server
    :raises UnableToRequest: the domain is terminated, or a change is being applied
    """
    if product.server_id != service.mail_domain.server_id:
        raise UnableToChangeService(_("This product is on another server; mail cannot be moved."))
    _note(service, "service.product_change_requested", actor, {"product": product.name})
    # The domain's lock before the service's, as where the job is recorded.
    job = lifecycle.request_package_change(
        mail_domain=service.mail_domain,
        entitlement=selections.entitlement_of(product),
        actor=actor,
    )
    Service.objects.filter(pk=service.pk).update(wanted_product=product)
    return job


@transaction.atomic
def terminate_service(*, service: Service, actor: Actor) -> ModuleJob:
    """
    Ask for the service to be terminated: the vendor deletes all its mail at once.

    What is not paid for it is owed no more.

    :raises UnableToRequest: it is terminated already
    """
    profiles.lock(service.client)
    _note(service, "service.termination_requested", actor)
    job = lifecycle.request_termination(mail_domain=service.mail_domain, actor=actor)
    invoicing.strip_service(
        service=service, on=timezone.localdate(), actor=actor, stays=termination.is_begun
    )
    return job


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
