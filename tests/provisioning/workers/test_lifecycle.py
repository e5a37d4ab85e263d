"""Each lifecycle job against the stand-in: what the vendor, our rows and billing say afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from billing.models import Service
from billing.operations import ordering, services
from clients.actors import Actor
from clients.models import Activity
from provisioning.models import MailDomain, ModuleJob
from provisioning.operations import lifecycle
from provisioning.sandbox import Sandbox
from provisioning.workers import runner
from tests import makers
from tests import vendor as stand_in

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

Run = Callable[[], None]
Action = ModuleJob.Action
Status = ModuleJob.Status


def place(actor: Actor, domain: str = "acme.test") -> Service:
    return ordering.place_service(
        client=makers.make_client(), product=makers.make_product(), domain=domain, actor=actor
    )


def job_of(service: Service, action: str) -> ModuleJob:
    return ModuleJob.objects.filter(mail_domain=service.mail_domain, action=action).latest("pk")


def test_a_placed_service_is_created_at_the_vendor_and_waits_for_its_record(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = place(actor, " ACME.test. ")

    run_jobs()

    service.refresh_from_db()
    domain = service.mail_domain
    assert list(vendor.domains()) == ["acme.test"]
    assert service.status == Service.Status.ACTIVE
    assert domain.status == MailDomain.Status.UNVERIFIED
    assert domain.verification_record
    assert domain.verification_deadline is not None
    assert domain.verification_deadline > timezone.now()
    assert Activity.objects.filter(action="account.create", actor_name="test").count() == 1


def test_nothing_is_sent_before_a_worker_runs(vendor: Sandbox, actor: Actor) -> None:
    place(actor)

    assert vendor.calls() == []
    assert vendor.domains() == {}


def test_a_domain_that_somebody_put_at_the_vendor_is_not_taken_over(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    vendor.add_domain("acme.test", reseller=stand_in.USERNAME)
    service = place(actor)

    run_jobs()

    job = job_of(service, Action.CREATE)
    service.refresh_from_db()
    assert (job.status, job.cause) == (Status.FAILED, "exists_at_vendor")
    assert service.status == Service.Status.PENDING
    assert vendor.calls("addDomain") == []


def test_staff_can_adopt_such_a_domain(vendor: Sandbox, actor: Actor, run_jobs: Run) -> None:
    vendor.add_domain("acme.test", reseller=stand_in.USERNAME)
    client, product = makers.make_client(), makers.make_product()

    service = ordering.place_service(
        client=client, product=product, domain="acme.test", actor=actor, adopt=True
    )
    run_jobs()

    service.refresh_from_db()
    assert service.mail_domain.status == MailDomain.Status.ACTIVE
    assert vendor.calls("addDomain") == []


@pytest.mark.parametrize("fault", ["drop_after", "http_502", "html", "cut_json", "duplicate"])
def test_a_lost_answer_to_add_domain_leaves_exactly_one_domain(
    vendor: Sandbox, actor: Actor, run_jobs: Run, fault: str
) -> None:
    options = {"executed": True} if fault in {"http_502", "html"} else {}
    vendor.faults.add(action="addDomain", kind=fault, count=1, **options)
    service = place(actor)

    run_jobs()

    service.refresh_from_db()
    assert list(vendor.domains()) == ["acme.test"]
    assert len(vendor.calls("addDomain")) <= 2
    assert service.mail_domain.status == MailDomain.Status.UNVERIFIED
    assert job_of(service, Action.CREATE).status == Status.SUCCEEDED


def test_a_vendor_that_is_down_leaves_the_job_waiting_with_back_off(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    vendor.faults.add(action="*", kind="drop_before", count=0)
    service = place(actor)

    run_jobs()

    job = job_of(service, Action.CREATE)
    wait = (job.due_at - timezone.now()).total_seconds()
    assert (job.status, job.cause, job.attempts) == (Status.QUEUED, "unreachable", 1)
    assert 40 < wait < 80
    assert service.mail_domain.status == MailDomain.Status.PENDING


def test_a_job_is_given_to_staff_after_the_last_attempt(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    vendor.faults.add(action="*", kind="drop_before", count=0)
    service = place(actor)
    job = job_of(service, Action.CREATE)

    for _ in range(7):
        ModuleJob.objects.filter(pk=job.pk).update(due_at=timezone.now())
        run_jobs()

    job.refresh_from_db()
    assert (job.status, job.attempts) == (Status.FAILED, 7)
    assert "Given up after 7 attempts" in job.message


def test_a_refused_log_in_stops_at_once_and_marks_the_server(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = place(actor)
    vendor.add_reseller(stand_in.USERNAME, "another password")

    run_jobs()

    job = job_of(service, Action.CREATE)
    service.mail_domain.server.refresh_from_db()
    assert (job.status, job.cause) == (Status.FAILED, "authentication_failed")
    assert service.mail_domain.server.health == "refused"
    assert stand_in.PASSWORD not in job.message + job.vendor_message


def test_suspend_and_unsuspend_switch_the_domain_at_the_vendor(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = makers.make_service(vendor=vendor)

    services.suspend_service(service=service, reason="Overdue on Payment", actor=actor)
    run_jobs()
    service = Service.objects.get(pk=service.pk)
    suspended = (service.status, service.mail_domain.suspension_reason)
    off = vendor.domains()[service.domain]["active"]
    services.unsuspend_service(service=service, actor=actor)
    run_jobs()

    service = Service.objects.get(pk=service.pk)
    assert suspended == (Service.Status.SUSPENDED, "Overdue on Payment")
    assert str(off) in {"0", "False"}
    assert str(vendor.domains()[service.domain]["active"]) in {"1", "True"}
    assert service.status == Service.Status.ACTIVE
    assert service.mail_domain.suspension_reason == ""


def test_a_later_contrary_wish_supersedes_a_waiting_job(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = makers.make_service(vendor=vendor)

    suspension = services.suspend_service(service=service, reason="Overdue", actor=actor)
    services.unsuspend_service(service=service, actor=actor)
    run_jobs()

    suspension.refresh_from_db()
    assert suspension.status == Status.CANCELLED
    assert [call.fields.get("editdomainactive") for call in vendor.calls("updateDomain")] == ["1"]


def test_the_same_wish_twice_is_one_job(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)

    first = services.suspend_service(service=service, reason="Overdue", actor=actor)
    second = services.suspend_service(service=service, reason="Overdue", actor=actor)

    assert first.pk == second.pk


def test_jobs_of_one_domain_run_in_order(vendor: Sandbox) -> None:
    service = makers.make_service(vendor=vendor)
    first = makers.make_job(service, Action.SUSPEND)
    second = makers.make_job(service, Action.TERMINATE)

    assert runner.run(second.pk) is None
    following = runner.run(first.pk)

    second.refresh_from_db()
    assert following == second.pk
    assert second.status == Status.QUEUED
    assert service.domain in vendor.domains()


def test_terminate_removes_the_domain_and_everything_in_it(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, vendor=vendor)

    services.terminate_service(service=service, actor=actor)
    run_jobs()

    service = Service.objects.get(pk=service.pk)
    mailbox.refresh_from_db()
    assert vendor.domains() == {}
    assert service.status == Service.Status.TERMINATED
    assert service.mail_domain.status == MailDomain.Status.TERMINATED
    assert mailbox.status == "removed"


def test_terminating_what_the_vendor_no_longer_has_is_done_with_a_warning(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = makers.make_service()

    job = services.terminate_service(service=service, actor=actor)
    run_jobs()

    job.refresh_from_db()
    assert job.status == Status.SUCCEEDED
    assert "did not have the domain" in job.message
    assert len(vendor.calls("removeDomain")) == 1


def test_terminating_a_domain_we_never_sent_touches_nobody_elses(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    vendor.add_domain("acme.test", reseller=stand_in.USERNAME)
    service = place(actor)
    run_jobs()

    services.terminate_service(service=service, actor=actor)
    run_jobs()

    assert list(vendor.domains()) == ["acme.test"]
    assert vendor.calls("removeDomain") == []


def test_a_refused_addition_is_not_remembered_as_sent(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    vendor.faults.add(action="addDomain", kind="reject", sentence="Domain limit reached")
    service = place(actor)
    run_jobs()
    vendor.add_domain("acme.test", reseller=stand_in.USERNAME)

    services.terminate_service(service=service, actor=actor)
    run_jobs()

    assert list(vendor.domains()) == ["acme.test"]
    assert vendor.calls("removeDomain") == []


def test_nothing_is_added_for_a_service_that_has_ended(vendor: Sandbox) -> None:
    service = makers.make_service(status=Service.Status.TERMINATED)
    late = makers.make_job(service, Action.CREATE)

    runner.run(late.pk)

    late.refresh_from_db()
    assert late.status == Status.CANCELLED
    assert vendor.calls() == []


def test_staff_can_retry_a_failed_job(vendor: Sandbox, actor: Actor, run_jobs: Run) -> None:
    service = place(actor)
    vendor.add_reseller(stand_in.USERNAME, "another password")
    run_jobs()
    vendor.add_reseller(stand_in.USERNAME, stand_in.PASSWORD)

    lifecycle.retry(job=job_of(service, Action.CREATE), actor=actor)
    run_jobs()

    assert job_of(service, Action.CREATE).status == Status.SUCCEEDED
    assert list(vendor.domains()) == ["acme.test"]


def test_a_new_request_takes_the_place_of_a_failed_one(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = place(actor)
    vendor.add_reseller(stand_in.USERNAME, "another password")
    run_jobs()
    failed = job_of(service, Action.CREATE)

    lifecycle.request_creation(mail_domain=service.mail_domain, actor=actor)

    failed.refresh_from_db()
    assert failed.status == Status.CANCELLED
    assert job_of(service, Action.CREATE).status == Status.QUEUED


def test_a_late_worker_cannot_record_over_its_successor(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = makers.make_service(vendor=vendor)
    job = services.suspend_service(service=service, reason="Overdue", actor=actor)
    late = runner._claim(job.pk, claim=makers.make_claim(), now=timezone.now())  # noqa: SLF001
    assert late is not None
    ModuleJob.objects.filter(pk=job.pk).update(lease_until=timezone.now())

    run_jobs()
    runner._record_success(late, None, now=timezone.now())  # noqa: SLF001

    job.refresh_from_db()
    assert (job.status, job.attempts) == (Status.SUCCEEDED, 2)
    assert Activity.objects.filter(action="account.suspend").count() == 1


@pytest.mark.parametrize(
    ("state", "ask", "words"),
    [
        (Service.Status.TERMINATED, "terminate_service", "is terminated"),
        (Service.Status.ACTIVE, "unsuspend_service", "Only a suspended domain"),
        (Service.Status.PENDING, "unsuspend_service", "Only a suspended domain"),
    ],
)
def test_a_wish_that_does_not_fit_the_state_is_refused(
    actor: Actor, state: str, ask: str, words: str
) -> None:
    service = makers.make_service(status=state)

    with pytest.raises(lifecycle.UnableToRequest, match=words):
        getattr(services, ask)(service=service, actor=actor)

    assert not ModuleJob.objects.exists()
    assert not Activity.objects.exists()
