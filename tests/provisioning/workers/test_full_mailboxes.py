"""Mailboxes that fill up: told of at 80 and 95 percent, once, however often the vendor is read."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone

from billing.models import Service
from clients.models import EmailMessage
from provisioning.emailarray.types import RemoteMailbox
from provisioning.models import Mailbox
from provisioning.module import Reading
from provisioning.workers import mailbox_mirror
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def service() -> Service:
    """A service with a mailbox of 10 GB."""
    service = makers.make_service(domain="acme.test")
    makers.make_mailbox(service, "anna", quota_mb=10_000)
    return service


def read(service: Service, **usage_mb: int) -> None:
    """Record a reading of the domain in which so many MB of each mailbox's 10 GB are used."""
    found = [
        RemoteMailbox.model_validate(
            {"username": name, "quota": 10_000, "usage": used, "disabled": name == "off"}
        )
        for name, used in usage_mb.items()
    ]
    reading = Reading(
        began_at=timezone.now(),
        info=None,  # type: ignore[arg-type]  # not looked at for mailboxes
        mailboxes=found,
        aliases=[],
        forwards=[],
        lists=[],
        dkim=None,  # type: ignore[arg-type]
        branding=None,  # type: ignore[arg-type]
    )
    with transaction.atomic():
        mailbox_mirror.record(service.mail_domain, reading)


def told() -> list[EmailMessage]:
    return list(EmailMessage.objects.filter(template="quota_warning").order_by("pk"))


def test_a_mailbox_is_told_of_when_it_reaches_a_level_and_not_again(service: Service) -> None:
    for percent in (79, 80, 90, 79, 82, 94, 95, 99, 93, 96, 100):
        read(service, anna=percent * 100)

    assert ["80 %" in each.text for each in told()] == [True, False]
    assert "95 %" in told()[1].text


def test_one_that_was_emptied_is_told_of_anew(service: Service) -> None:
    for percent in (96, 40, 83):
        read(service, anna=percent * 100)

    assert ["83 %" in each.text for each in told()] == [False, True]


def test_all_mailboxes_of_a_domain_are_in_one_email_the_fullest_first(service: Service) -> None:
    makers.make_mailbox(service, "ben", quota_mb=10_000)
    makers.make_mailbox(service, "carl", quota_mb=10_000)

    read(service, anna=8100, ben=9700, carl=10)

    (message,) = told()
    assert message.to == service.client.email
    assert message.text.index("ben@acme.test: 97 % of 10 GB") < message.text.index(
        "anna@acme.test: 81 % of 10 GB"
    )
    assert "carl" not in message.text


def test_what_is_switched_off_is_nobody_s_worry(service: Service) -> None:
    makers.make_mailbox(service, "off", quota_mb=10_000, status=Mailbox.Status.DISABLED)
    suspended = makers.make_service(status=Service.Status.SUSPENDED)
    makers.make_mailbox(suspended, "eve", quota_mb=10_000)

    read(service, off=9900)
    read(suspended, eve=9900)

    assert told() == []
