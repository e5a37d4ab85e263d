"""Change package: larger at once, smaller only above what is in use."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from billing.models import Service
from billing.operations import services
from clients.actors import Actor
from provisioning.models import MailDomain, ModuleJob
from provisioning.sandbox import Sandbox
from tests import makers

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

Run = Callable[[], None]
Status = ModuleJob.Status


def test_change_package_gives_the_domain_its_new_limits(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = makers.make_service(vendor=vendor)
    larger = makers.make_product(server=service.product.server, basic_mailboxes=50)

    services.change_product(service=service, product=larger, actor=actor)
    run_jobs()

    service = Service.objects.get(pk=service.pk)
    assert service.product == larger
    assert service.wanted_product is None
    assert service.mail_domain.basic_mailboxes == 50


def test_change_package_is_refused_below_use_with_the_numbers(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = makers.make_service(vendor=vendor)
    for _ in range(3):
        makers.make_mailbox(service, vendor=vendor, quota_mb=5000)
    smaller = makers.make_product(
        server=service.product.server, basic_mailboxes=2, quota_pool_gb=Decimal(12)
    )

    job = services.change_product(service=service, product=smaller, actor=actor)
    run_jobs()

    job.refresh_from_db()
    service = Service.objects.get(pk=service.pk)
    assert (job.status, job.cause) == (Status.FAILED, "below_use")
    assert "3 Basic mailboxes, allowed 2" in job.message
    assert "15 GB of quota, allowed 12" in job.message
    assert service.mail_domain.basic_mailboxes == 10


def test_mailboxes_made_at_the_vendor_count_against_a_smaller_package(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = makers.make_service(vendor=vendor)
    for number in range(3):
        vendor.add_mailbox(service.domain, f"elsewhere{number}")
    smaller = makers.make_product(server=service.product.server, basic_mailboxes=2)

    job = services.change_product(service=service, product=smaller, actor=actor)
    run_jobs()

    job.refresh_from_db()
    assert "3 Basic mailboxes, allowed 2" in job.message


def test_an_unreadable_vendor_never_lets_a_package_shrink(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = makers.make_service(vendor=vendor)
    smaller = makers.make_product(server=service.product.server, basic_mailboxes=2)
    vendor.faults.add(action="getAllUsersDomain", kind="html", count=0)

    job = services.change_product(service=service, product=smaller, actor=actor)
    run_jobs()

    job.refresh_from_db()
    assert job.status == Status.QUEUED
    assert MailDomain.objects.get(pk=service.mail_domain.pk).basic_mailboxes == 10
