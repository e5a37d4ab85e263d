"""Closing a domain and bringing it back: what the vendor, our rows and the snapshot say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Service
from clients.actors import Actor
from clients.models import Activity
from provisioning.models import (
    Alias,
    CatchAll,
    ClosingSnapshot,
    DistributionList,
    DistributionListMember,
    Dkim,
    Drift,
    Element,
    Forward,
    Mailbox,
    MailDomain,
    ModuleJob,
)
from provisioning.operations import lifecycle, mailboxes, mirror
from provisioning.operations.mailboxes import UnableToChangeMailbox
from provisioning.sandbox import Sandbox
from provisioning.workers import runner, sweep
from tests import makers

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

Run = Callable[[], None]
Action = ModuleJob.Action
Status = MailDomain.Status


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    service = makers.make_service(domain="acme.test", vendor=vendor)
    makers.make_mailbox(service, "anna", vendor=vendor)
    makers.make_mailbox(service, "ben", account_type=Mailbox.Type.ENHANCED, vendor=vendor)
    return service


def domain_of(service: Service) -> MailDomain:
    return MailDomain.objects.get(pk=service.mail_domain_id)


def is_on(vendor: Sandbox, domain: str = "acme.test") -> bool:
    return str(vendor.domains()[domain]["active"]) in {"1", "True"}


def close(service: Service, actor: Actor, run_jobs: Run) -> MailDomain:
    lifecycle.request_closing(mail_domain=service.mail_domain, actor=actor)
    run_jobs()
    return domain_of(service)


def test_closing_switches_the_domain_off_and_deletes_nothing(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    domain = close(service, actor, run_jobs)

    assert domain.status == Status.CLOSING
    assert domain.closed_at is not None
    assert not is_on(vendor)
    assert sorted(vendor.mailboxes("acme.test")) == ["anna", "ben"]
    assert vendor.calls("removeDomain") == []
    assert domain.mailboxes.live().count() == 2
    assert Activity.objects.filter(action="account.close").count() == 1


def test_a_snapshot_says_what_was_there_from_a_fresh_reading(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    vendor.add_mailbox("acme.test", "made-elsewhere", account_type=1, quota_gb=5)
    MailDomain.objects.update(mirrored_at=timezone.now() - timedelta(days=3))
    before = timezone.now()

    close(service, actor, run_jobs)

    snapshot = ClosingSnapshot.objects.get()
    names = [row["local_part"] for row in snapshot.content["mailboxes"]]
    assert names == ["anna", "ben", "made-elsewhere"]
    assert snapshot.mailboxes == 3
    assert snapshot.as_of is not None
    assert snapshot.as_of >= before


def test_a_snapshot_holds_every_kind_of_thing_in_the_domain(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = makers.make_service(domain="acme.test", vendor=vendor)
    # What cannot be read is taken from our rows.
    vendor.faults.add(action="getAllUsersDomain", kind="reject", sentence="Not now", count=0)
    domain, present = service.mail_domain, Element.State.PRESENT
    now = timezone.now()
    makers.make_mailbox(service, "anna", display_name="Anna", vendor=vendor)
    Alias.objects.create(
        mail_domain=domain, local_part="info", target="anna@acme.test", state=present
    )
    CatchAll.objects.create(mail_domain=domain, target="anna@acme.test", state=present)
    Forward.objects.create(
        mail_domain=domain, local_part="anna", target="anna@home.test", state=present
    )
    team = DistributionList.objects.create(mail_domain=domain, local_part="team", state=present)
    DistributionListMember.objects.create(
        distribution_list=team, address="anna@acme.test", state=present
    )
    Dkim.objects.create(mail_domain=domain, is_enabled=True, host="k1._domainkey", key="p=abc")
    MailDomain.objects.update(mirrored_at=now - timedelta(hours=5))

    close(service, actor, run_jobs)

    snapshot = ClosingSnapshot.objects.get()
    content = snapshot.content
    assert content["mailboxes"][0]["display_name"] == "Anna"
    assert content["aliases"] == [{"local_part": "info", "target": "anna@acme.test"}]
    assert content["catch_all"] == "anna@acme.test"
    assert content["forwards"] == [{"local_part": "anna", "target": "anna@home.test"}]
    assert content["lists"][0]["members"] == ["anna@acme.test"]
    assert content["dkim"]["host"] == "k1._domainkey"
    assert content["branding"] is None
    assert content["alias_domains"] == []
    assert snapshot.as_of == now - timedelta(hours=5)


def test_restoring_brings_the_domain_back_with_every_mailbox(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    close(service, actor, run_jobs)

    lifecycle.request_restoration(mail_domain=service.mail_domain, actor=actor)
    run_jobs()

    domain = domain_of(service)
    assert domain.status == Status.ACTIVE
    assert domain.closed_at is None
    assert is_on(vendor)
    assert sorted(domain.mailboxes.live().values_list("local_part", flat=True)) == ["anna", "ben"]
    assert ClosingSnapshot.objects.get().restored_at is not None


@pytest.mark.parametrize("fault", ["drop_after", "http_502"])
@pytest.mark.parametrize("action", [Action.CLOSE, Action.RESTORE])
def test_a_lost_answer_is_asked_for_and_recorded_once(
    service: Service, vendor: Sandbox, run_jobs: Run, action: str, fault: str
) -> None:
    actor = Actor.system("test")
    if action == Action.RESTORE:
        close(service, actor, run_jobs)
    options = {"executed": True} if fault == "http_502" else {}
    vendor.faults.add(action="updateDomain", kind=fault, count=1, **options)
    ask = {
        Action.CLOSE: lifecycle.request_closing,
        Action.RESTORE: lifecycle.request_restoration,
    }[Action(action)]

    ask(mail_domain=service.mail_domain, actor=actor)
    run_jobs()

    expected = Status.CLOSING if action == Action.CLOSE else Status.ACTIVE
    assert domain_of(service).status == expected
    assert is_on(vendor) is (action == Action.RESTORE)
    assert ClosingSnapshot.objects.count() == 1


def test_a_reading_that_has_cost_a_worker_is_not_tried_again(
    service: Service, vendor: Sandbox
) -> None:
    job = makers.make_job(service, Action.CLOSE, cause="worker_lost")

    runner.run(job.pk)

    assert vendor.calls("getAllUsersDomain") == []
    assert domain_of(service).status == Status.CLOSING
    assert ClosingSnapshot.objects.get().mailboxes == 2


def test_with_the_vendor_down_the_closing_waits_and_nothing_is_said_to_be_closed(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    vendor.faults.add(action="*", kind="drop_before", count=0)

    domain = close(service, actor, run_jobs)

    assert domain.status == Status.ACTIVE
    assert domain.jobs.get().status == ModuleJob.Status.QUEUED
    assert not ClosingSnapshot.objects.exists()


def test_a_second_run_of_the_same_closing_takes_no_second_snapshot(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    domain = close(service, actor, run_jobs)
    again = makers.make_job(service, Action.CLOSE)

    runner.run(again.pk)

    again.refresh_from_db()
    assert again.status == ModuleJob.Status.SUCCEEDED
    assert domain_of(service).closed_at == domain.closed_at
    assert ClosingSnapshot.objects.count() == 1


def test_a_closing_that_has_not_begun_is_taken_back_before_the_vendor_hears_of_it(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    closing = lifecycle.request_closing(mail_domain=service.mail_domain, actor=actor)

    lifecycle.request_restoration(mail_domain=service.mail_domain, actor=actor)
    run_jobs()

    closing.refresh_from_db()
    assert closing.status == ModuleJob.Status.CANCELLED
    assert domain_of(service).status == Status.ACTIVE
    assert [call.fields["editdomainactive"] for call in vendor.calls("updateDomain")] == ["1"]


def test_a_suspended_domain_whose_closing_is_taken_back_stays_switched_off(
    vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    service = makers.make_service(
        domain="acme.test", status=Service.Status.SUSPENDED, vendor=vendor
    )
    lifecycle.request_closing(mail_domain=service.mail_domain, actor=actor)

    lifecycle.request_restoration(mail_domain=service.mail_domain, actor=actor)
    run_jobs()

    assert domain_of(service).status == Status.SUSPENDED
    assert not is_on(vendor)


def test_a_closed_domain_is_not_read_by_the_mirror(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    domain = close(service, actor, run_jobs)
    MailDomain.objects.update(mirrored_at=None)
    read_before = len(vendor.calls("getAllUsersDomain"))

    stale = sweep.stale_domains(now=timezone.now())
    is_asked = mirror.refresh(domain)

    assert domain.pk not in stale
    assert not is_asked
    assert len(vendor.calls("getAllUsersDomain")) == read_before
    assert not Drift.objects.exists()


def test_nothing_in_a_closed_domain_can_be_changed(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    close(service, actor, run_jobs)
    anna = Mailbox.objects.get(local_part="anna")

    with pytest.raises(UnableToChangeMailbox, match="is closed"):
        mailboxes.delete_mailbox(mailbox=anna, actor=actor)

    assert sorted(vendor.mailboxes("acme.test")) == ["anna", "ben"]


def test_a_mailbox_in_the_trash_outlives_its_closed_domain_to_the_end(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    mailboxes.delete_mailbox(mailbox=Mailbox.objects.get(local_part="anna"), actor=actor)
    close(service, actor, run_jobs)
    Mailbox.objects.filter(local_part="anna").update(purge_at=timezone.now())

    run_jobs()

    assert Mailbox.objects.get(local_part="anna").status == Mailbox.Status.TRASHED
    assert "anna" in vendor.mailboxes("acme.test")


def test_terminating_a_closed_domain_removes_it_and_keeps_the_snapshot(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    close(service, actor, run_jobs)

    lifecycle.request_termination(mail_domain=service.mail_domain, actor=actor)
    run_jobs()

    assert domain_of(service).status == Status.TERMINATED
    assert vendor.domains() == {}
    assert ClosingSnapshot.objects.get().mailboxes == 2


@pytest.mark.parametrize(
    ("state", "ask", "words"),
    [
        (Service.Status.PENDING, "request_closing", "Only an active or suspended domain"),
        (Service.Status.TERMINATED, "request_closing", "is terminated"),
        (Service.Status.ACTIVE, "request_restoration", "Only a closed domain"),
        (Service.Status.SUSPENDED, "request_restoration", "Only a closed domain"),
        (Service.Status.TERMINATED, "request_restoration", "is terminated"),
    ],
)
def test_a_wish_that_does_not_fit_the_state_is_refused(
    actor: Actor, state: str, ask: str, words: str
) -> None:
    service = makers.make_service(status=state)

    with pytest.raises(lifecycle.UnableToRequest, match=words):
        getattr(lifecycle, ask)(mail_domain=service.mail_domain, actor=actor)

    assert not ModuleJob.objects.exists()


def test_once_its_removal_is_asked_for_a_closed_domain_is_not_restored(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    close(service, actor, run_jobs)
    lifecycle.request_termination(mail_domain=service.mail_domain, actor=actor)

    with pytest.raises(lifecycle.UnableToRequest, match="is being terminated"):
        lifecycle.request_restoration(mail_domain=service.mail_domain, actor=actor)

    assert not ModuleJob.objects.filter(action=Action.RESTORE).exists()


def test_while_a_closing_waits_the_domain_is_neither_suspended_nor_unsuspended(
    service: Service, actor: Actor
) -> None:
    lifecycle.request_closing(mail_domain=service.mail_domain, actor=actor)

    with pytest.raises(lifecycle.UnableToRequest, match="is being closed"):
        lifecycle.request_suspension(mail_domain=service.mail_domain, reason="x", actor=actor)

    assert not ModuleJob.objects.filter(action=Action.SUSPEND).exists()
