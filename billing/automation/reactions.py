"""Reactions: which event is followed by what."""

from __future__ import annotations

from django.utils import timezone

from billing.events import ServiceActivated
from billing.models import Service
from billing.operations import setting_up
from core.events import publish, reacts_to
from provisioning.events import (
    AccountCreated,
    AccountSuspended,
    AccountTerminated,
    AccountUnsuspended,
    PackageChanged,
)


@reacts_to(AccountCreated)
def activate_the_service(event: AccountCreated) -> None:
    """The account is there: the service has begun."""
    service = _service_of(event.mail_domain_id)
    if service is not None and service.status == Service.Status.PENDING:
        now = timezone.now()
        service.activate(at=now)
        service.save()
        setting_up.service_has_begun(service=service, at=now)
        publish(ServiceActivated(service_id=service.pk))


@reacts_to(AccountSuspended)
def suspend_the_service(event: AccountSuspended) -> None:
    """The account is switched off: so is the service."""
    service = _service_of(event.mail_domain_id)
    if service is not None and service.status == Service.Status.ACTIVE:
        is_overdue = event.code == Service.SuspendedFor.OVERDUE
        service.suspend(
            suspended_for=Service.SuspendedFor.OVERDUE if is_overdue else Service.SuspendedFor.STAFF
        )
        service.save()


@reacts_to(AccountUnsuspended)
def unsuspend_the_service(event: AccountUnsuspended) -> None:
    """The account is switched on: so is the service."""
    service = _service_of(event.mail_domain_id)
    if service is not None and service.status == Service.Status.SUSPENDED:
        service.unsuspend()
        service.save()


@reacts_to(PackageChanged)
def give_the_service_its_product(event: PackageChanged) -> None:
    """The package is changed: the service has the product that was wanted."""
    service = _service_of(event.mail_domain_id)
    if service is not None and service.wanted_product is not None:
        service.product = service.wanted_product
        service.wanted_product = None
        service.save()


@reacts_to(AccountTerminated)
def terminate_the_service(event: AccountTerminated) -> None:
    """The account is gone: the service has ended."""
    service = _service_of(event.mail_domain_id)
    if service is not None and service.status != Service.Status.TERMINATED:
        service.terminate(at=timezone.now())
        service.save()


def _service_of(mail_domain_id: int) -> Service | None:
    """Return the locked service of a domain; a domain may have been set up without one."""
    services = Service.objects.select_for_update(of=("self",)).select_related("wanted_product")
    return services.filter(mail_domain_id=mail_domain_id).first()
