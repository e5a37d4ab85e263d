"""How a service stands in the eyes of its customer: one word from two state machines."""

from __future__ import annotations

from enum import StrEnum

from billing.models import Service
from provisioning.models import MailDomain


class Standing(StrEnum):
    """What a customer can do with a service now."""

    SETTING_UP = "setting_up"
    UNVERIFIED = "unverified"
    OPEN = "open"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


OF_DOMAIN = {
    MailDomain.Status.PENDING: Standing.SETTING_UP,
    MailDomain.Status.UNVERIFIED: Standing.UNVERIFIED,
    MailDomain.Status.ACTIVE: Standing.OPEN,
    MailDomain.Status.SUSPENDED: Standing.SUSPENDED,
    MailDomain.Status.TERMINATED: Standing.TERMINATED,
}


def standing_of(service: Service) -> Standing:
    """Return what counts for the customer: the stricter of what billing and the vendor say."""
    if service.status == Service.Status.TERMINATED:
        return Standing.TERMINATED
    if service.status == Service.Status.SUSPENDED:
        return Standing.SUSPENDED
    return OF_DOMAIN[MailDomain.Status(service.mail_domain.status)]
