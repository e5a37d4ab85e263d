"""Ownership of a domain: polled, rechecked, dropped by the vendor and added again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from clients.actors import Actor
from clients.models import Activity
from provisioning import tasks
from provisioning.models import MailDomain, ModuleJob
from provisioning.operations import verification
from provisioning.operations.verification import Verdict
from provisioning.sandbox import Sandbox
from tests import makers

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def fresh(domain: MailDomain) -> MailDomain:
    return MailDomain.objects.get(pk=domain.pk)


def poll_now(domain: MailDomain) -> None:
    MailDomain.objects.filter(pk=domain.pk).update(next_verification_at=timezone.now())


def test_a_published_record_is_found_at_the_next_poll(
    vendor: Sandbox, run_jobs: Callable[[], None]
) -> None:
    domain = makers.make_unverified(vendor=vendor).mail_domain
    vendor.zone.publish_expected(domain.domain, "verification")

    run_jobs()

    assert fresh(domain).status == MailDomain.Status.ACTIVE
    assert fresh(domain).next_verification_at is None
    assert Activity.objects.filter(action="domain.verified").count() == 1


def test_an_unpublished_record_is_asked_for_again_ten_minutes_later(
    vendor: Sandbox, run_jobs: Callable[[], None]
) -> None:
    domain = makers.make_unverified(vendor=vendor).mail_domain

    run_jobs()

    after = fresh(domain)
    assert after.status == MailDomain.Status.UNVERIFIED
    assert after.next_verification_at is not None
    wait = after.next_verification_at - timezone.now()
    assert timedelta(minutes=9) < wait <= timedelta(minutes=10)
    assert len(vendor.calls("getDomainVerification")) == 1


@pytest.mark.parametrize(
    "fault", ["drop_before", "html", "cut_json", "http_500", "rate_limit", "wrong_types"]
)
def test_no_error_is_ever_taken_for_verified(vendor: Sandbox, actor: Actor, fault: str) -> None:
    domain = makers.make_unverified(vendor=vendor).mail_domain
    vendor.faults.add(action="getDomainVerification", kind=fault, count=0)

    verdict = verification.recheck(mail_domain=domain, actor=actor)

    assert verdict in {Verdict.UNKNOWN, Verdict.PENDING}
    assert fresh(domain).status == MailDomain.Status.UNVERIFIED
    assert fresh(domain).verification_record == domain.verification_record


def test_a_refusal_in_other_words_is_not_taken_for_verified(vendor: Sandbox, actor: Actor) -> None:
    domain = makers.make_unverified(vendor=vendor).mail_domain
    vendor.faults.add(
        action="getDomainVerification", kind="reject", sentence="Domain does not exist", count=0
    )

    verdict = verification.recheck(mail_domain=domain, actor=actor)

    assert verdict is Verdict.UNKNOWN
    assert fresh(domain).status == MailDomain.Status.UNVERIFIED


def test_a_domain_the_vendor_dropped_is_added_again_with_its_new_record(
    vendor: Sandbox, run_jobs: Callable[[], None]
) -> None:
    domain = makers.make_unverified(vendor=vendor).mail_domain
    vendor.clock.advance(25 * 3600)

    run_jobs()

    after = fresh(domain)
    assert after.status == MailDomain.Status.UNVERIFIED
    assert after.verification_record not in {"", domain.verification_record}
    assert after.times_added == 2
    assert list(vendor.domains()) == [domain.domain]


def test_a_domain_nobody_cares_for_is_not_added_for_ever(
    vendor: Sandbox, run_jobs: Callable[[], None], settings: Settings
) -> None:
    settings.VERIFICATION_ADDITIONS = 2
    domain = makers.make_unverified(vendor=vendor).mail_domain

    for _ in range(3):
        vendor.clock.advance(25 * 3600)
        poll_now(domain)
        run_jobs()

    assert fresh(domain).status == MailDomain.Status.PENDING
    assert len(vendor.calls("addDomain")) == 1


def test_recheck_adds_it_again_however_often_that_was(
    vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None], settings: Settings
) -> None:
    settings.VERIFICATION_ADDITIONS = 1
    domain = makers.make_unverified(vendor=vendor).mail_domain
    vendor.clock.advance(25 * 3600)

    verdict = verification.recheck(mail_domain=domain, actor=actor)
    run_jobs()

    assert verdict is Verdict.ADDED_AGAIN
    assert fresh(domain).status == MailDomain.Status.UNVERIFIED
    assert ModuleJob.objects.get().requested_by_name == "test"


def test_recheck_of_a_verified_domain_changes_nothing(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)

    verdict = verification.recheck(mail_domain=service.mail_domain, actor=actor)

    assert verdict is Verdict.VERIFIED
    assert not Activity.objects.exists()


def test_a_vendor_that_is_down_postpones_the_poll(vendor: Sandbox) -> None:
    domain = makers.make_unverified(vendor=vendor).mail_domain
    vendor.faults.add(action="*", kind="drop_before", count=0)

    tasks.verify_domain(mail_domain_id=domain.pk)

    after = fresh(domain)
    assert after.status == MailDomain.Status.UNVERIFIED
    assert after.next_verification_at is not None
    assert after.next_verification_at > timezone.now()
