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
from provisioning.operations import lifecycle, verification
from provisioning.operations.verification import Verdict
from provisioning.sandbox import Sandbox
from provisioning.workers import verification as checks
from tests import makers
from tests.vendor import USERNAME

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
    assert not ModuleJob.objects.open().exists()


def test_a_worker_that_dies_after_noting_the_drop_leaves_the_addition_to_the_next(
    vendor: Sandbox, run_jobs: Callable[[], None]
) -> None:
    domain = makers.make_unverified(vendor=vendor).mail_domain
    vendor.clock.advance(25 * 3600)

    outcome = checks.check(domain, actor=tasks.POLL, is_asked_for=False)
    # Nobody is woken: the worker is gone.
    before = fresh(domain)
    run_jobs()

    assert outcome.verdict is checks.Verdict.DROPPED
    assert before.status == MailDomain.Status.PENDING
    assert fresh(domain).status == MailDomain.Status.UNVERIFIED
    assert list(vendor.domains()) == [domain.domain]


def test_a_domain_that_is_being_terminated_is_not_added_again(
    vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    service = makers.make_unverified(vendor=vendor)
    domain = service.mail_domain
    vendor.clock.advance(25 * 3600)
    later = timezone.now() + timedelta(hours=1)
    termination = makers.make_job(service, ModuleJob.Action.TERMINATE, due_at=later)

    first = verification.recheck(mail_domain=domain, actor=actor)
    second = verification.recheck(mail_domain=fresh(domain), actor=actor)
    ModuleJob.objects.update(due_at=timezone.now())
    run_jobs()

    assert (first, second) == (Verdict.ENDING, Verdict.ENDING)
    assert ModuleJob.objects.get() == termination
    assert fresh(domain).status == MailDomain.Status.TERMINATED
    assert vendor.calls("addDomain") == []
    assert list(vendor.domains()) == []


def test_an_addition_that_was_refused_is_not_repeated_by_a_recheck(
    vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    domain = makers.make_service(status="pending").mail_domain
    vendor.add_domain(domain.domain, reseller=USERNAME)
    lifecycle.request_creation(mail_domain=domain, actor=actor)
    run_jobs()
    calls = len(vendor.calls())

    verdict = verification.recheck(mail_domain=domain, actor=actor)
    run_jobs()

    job = ModuleJob.objects.get()
    assert verdict is Verdict.NEEDS_STAFF
    assert (job.status, job.cause) == ("failed", "exists_at_vendor")
    assert len(vendor.calls()) == calls


def test_an_addition_given_up_while_the_vendor_was_down_can_be_asked_for_again(
    vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    service = makers.make_service(status="pending")
    failed = makers.make_job(service)
    failed.fail(at=timezone.now(), cause="unreachable", message="Given up after 7 attempts.")
    failed.save()

    verdict = verification.recheck(mail_domain=service.mail_domain, actor=actor)
    run_jobs()

    assert verdict is Verdict.ADDED_AGAIN
    assert fresh(service.mail_domain).status == MailDomain.Status.UNVERIFIED
    assert ModuleJob.objects.get(pk=failed.pk).status == ModuleJob.Status.CANCELLED
    assert list(vendor.domains()) == [service.domain]


def test_many_clicks_on_recheck_ask_the_vendor_once(vendor: Sandbox, actor: Actor) -> None:
    domain = makers.make_unverified(vendor=vendor).mail_domain
    vendor.faults.add(action="getDomainVerification", kind="http_500", count=0)
    verification.recheck(mail_domain=domain, actor=actor)
    calls = len(vendor.calls("getDomainVerification"))

    verdicts = {verification.recheck(mail_domain=domain, actor=actor) for _ in range(3)}

    assert verdicts == {Verdict.JUST_CHECKED}
    assert len(vendor.calls("getDomainVerification")) == calls


def test_a_moment_later_recheck_asks_the_vendor_again(vendor: Sandbox, actor: Actor) -> None:
    domain = makers.make_unverified(vendor=vendor).mail_domain
    vendor.zone.publish_expected(domain.domain, "verification")
    asked = timezone.now() - timedelta(seconds=11)
    MailDomain.objects.filter(pk=domain.pk).update(rechecked_at=asked)

    first = verification.recheck(mail_domain=domain, actor=actor)
    second = verification.recheck(mail_domain=domain, actor=actor)

    assert (first, second) == (Verdict.VERIFIED, Verdict.VERIFIED)
    assert len(vendor.calls("getDomainVerification")) == 1


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
