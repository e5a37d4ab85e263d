"""How a service stands in the eyes of its customer: one word from two state machines."""

from __future__ import annotations

from enum import StrEnum

from billing.models import Service
from provisioning.models import MailDomain
from provisioning.queries import Setup, setup_of


class Standing(StrEnum):
    """What a customer can do with a service now."""

    ORDERED = "ordered"
    SETTING_UP = "setting_up"
    GIVEN_UP = "given_up"
    NEEDS_STAFF = "needs_staff"
    ENDING = "ending"
    UNVERIFIED = "unverified"
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"


OF_DOMAIN = {
    MailDomain.Status.UNVERIFIED: Standing.UNVERIFIED,
    MailDomain.Status.ACTIVE: Standing.OPEN,
    MailDomain.Status.SUSPENDED: Standing.SUSPENDED,
    MailDomain.Status.CLOSING: Standing.CLOSED,
    MailDomain.Status.TERMINATED: Standing.TERMINATED,
}

OF_SERVICE = {
    Service.Status.TERMINATED: Standing.TERMINATED,
    Service.Status.CLOSING: Standing.CLOSED,
    Service.Status.SUSPENDED: Standing.SUSPENDED,
    Service.Status.CANCELLED: Standing.CANCELLED,
    # What staff look into is told to nobody.
    Service.Status.FRAUD: Standing.NEEDS_STAFF,
}

OF_SETUP = {
    Setup.NOT_ASKED_FOR: Standing.ORDERED,
    Setup.UNDER_WAY: Standing.SETTING_UP,
    Setup.GIVEN_UP: Standing.GIVEN_UP,
    Setup.NEEDS_STAFF: Standing.NEEDS_STAFF,
    Setup.ENDING: Standing.ENDING,
}


def standing_of(service: Service) -> Standing:
    """
    Return what counts for the customer: the stricter of what billing and the vendor say.

    Of a domain that the vendor does not hold yet its jobs are read as well.
    """
    if service.status in OF_SERVICE:
        return OF_SERVICE[Service.Status(service.status)]
    mail_domain = service.mail_domain
    if mail_domain.status == MailDomain.Status.PENDING:
        return OF_SETUP[setup_of(mail_domain)]
    return OF_DOMAIN[MailDomain.Status(mail_domain.status)]
