"""Imports that are cut off, held up, stopped or forgotten: no mailbox twice, no password left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from billing.models import Service
from clients.actors import Actor
from clients.models import Activity
from provisioning import tasks
from provisioning.models import Mailbox, MailboxImport, MailboxImportRow
from provisioning.operations import imports
from provisioning.sandbox import Sandbox
from provisioning.workers import imports as worker
from tests import makers
from tests.provisioning.operations.import_steps import GOOD, read, run, statuses, told

pytestmark = pytest.mark.django_db

Status = MailboxImport.Status
Rows = MailboxImportRow.Status


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    return makers.make_service(domain="acme.test", vendor=vendor)


@pytest.fixture
def owner() -> Actor:
    return Actor.from_user(makers.make_user(email="ada@people.test"))


# Cut off in the middle


def begin(work: MailboxImport, **values: Any) -> MailboxImportRow:
    """Leave an import like a worker that was killed while its first line was under way."""
    MailboxImport.objects.filter(pk=work.pk).update(
        status=Status.RUNNING, claim=uuid4(), lease_until=timezone.now()
    )
    row = work.rows.order_by("number")[0]
    work.rows.filter(pk=row.pk).update(status=Rows.CHECKING, attempts=1, **values)
    return row


def test_killed_after_the_vendor_made_it_nothing_is_sent_again(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    work = read(service, actor, f"1,anna,{GOOD},5,A", "1,ben,,5,B")
    row = begin(work)
    makers.make_mailbox(
        service, "anna", status="creating", request_key=row.key, unsettled_since=timezone.now()
    )
    vendor.add_mailbox("acme.test", "anna", quota_gb=5)

    run_jobs()

    work.refresh_from_db()
    assert [call.fields["username"] for call in vendor.calls("addUser")] == ["ben"]
    assert (work.status, statuses(work)) == (Status.FINISHED, [Rows.DONE, Rows.DONE])
    assert set(Mailbox.objects.values_list("status", flat=True)) == {Mailbox.Status.ACTIVE}
    assert work.rows.get(number=1).password == ""


def test_killed_before_anything_was_claimed_the_line_is_sent_once(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    work = read(service, actor, f"1,anna,{GOOD},5,A")
    begin(work)

    run_jobs()

    assert len(vendor.calls("addUser")) == 1
    assert statuses(work) == [Rows.DONE]


def test_killed_after_the_record_the_line_is_done(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    work = read(service, actor, "1,anna,,5,A")
    row = begin(work)
    makers.make_mailbox(service, "anna", request_key=row.key, vendor=vendor)

    run_jobs()

    assert vendor.calls("addUser") == []
    assert statuses(work) == [Rows.DONE]


def test_a_line_that_never_arrived_is_sent_again_once_that_is_certain(
    service: Service, vendor: Sandbox, actor: Actor, settings: Settings
) -> None:
    work = read(service, actor, f"1,anna,{GOOD},5,A")
    row = begin(work)
    begun_at = timezone.now()
    makers.make_mailbox(
        service, "anna", status="creating", request_key=row.key, unsettled_since=begun_at
    )

    tasks.run_import(import_id=work.pk)
    early = statuses(work)
    sent_early = len(vendor.calls("addUser"))
    with time_machine.travel(begun_at + timedelta(seconds=settings.SETTLE_SECONDS + 1)):
        tasks.run_import(import_id=work.pk)

    assert (early, sent_early) == ([Rows.CHECKING], 0)
    assert statuses(work) == [Rows.DONE]
    assert len(vendor.calls("addUser")) == 1
    assert Mailbox.objects.live().count() == 1


def test_a_lost_answer_is_looked_up_and_not_repeated(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    work = read(service, actor, "1,anna,,5,A", "1,ben,,5,B")
    vendor.faults.add(action="addUser", kind="drop_after", count=1)

    run(work, actor)
    unclear = statuses(work)
    with time_machine.travel(timezone.now() + worker.RECHECK):
        run_jobs()

    work.refresh_from_db()
    assert unclear == [Rows.CHECKING, Rows.DONE]
    assert (work.status, statuses(work)) == (Status.FINISHED, [Rows.DONE, Rows.DONE])
    assert len(vendor.calls("addUser")) == 2


def test_a_line_the_vendor_never_answers_clearly_is_given_up(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    work = read(service, actor, "1,anna,,5,A")
    vendor.faults.add(action="addUser", kind="http_500", count=0)
    imports.start_import(mailbox_import=work, actor=actor)
    at = timezone.now()

    for _ in range(8):
        with time_machine.travel(at):
            tasks.run_import(import_id=work.pk)
        at += timedelta(seconds=61)

    work.refresh_from_db()
    assert work.status == Status.FINISHED
    assert statuses(work) == [Rows.FAILED]
    assert "did not answer clearly" in told(work)[1][1]
    assert not Mailbox.objects.live().exists()


def test_an_import_that_is_held_is_left_alone(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    work = read(service, actor, "1,anna,,5,A")
    MailboxImport.objects.filter(pk=work.pk).update(
        status=Status.RUNNING, claim=uuid4(), lease_until=timezone.now() + timedelta(minutes=5)
    )

    assert not worker.run(work.pk)

    assert vendor.calls("addUser") == []
    assert worker.due(now=timezone.now()) == []


def test_a_long_import_is_done_in_turns(service: Service, actor: Actor, settings: Settings) -> None:
    settings.TURN_SECONDS = -1
    work = read(service, actor, "1,anna,,5,A")
    MailboxImport.objects.filter(pk=work.pk).update(status=Status.RUNNING)

    has_more = worker.run(work.pk)

    work.refresh_from_db()
    assert has_more
    assert (work.claim, work.lease_until) == (None, None)
    assert worker.due(now=timezone.now()) == [work.pk]


# What stands in the way of every line


def test_a_vendor_that_is_down_costs_no_line(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    work = read(service, actor, f"1,anna,{GOOD},5,A", "1,ben,,5,B")
    vendor.faults.add(action="addUser", kind="drop_before", count=0)

    run(work, actor)
    paused, waiting = work.pause, statuses(work)
    vendor.faults.clear()
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        run_jobs()

    work.refresh_from_db()
    assert "cannot be reached" in paused
    assert waiting == [Rows.WAITING, Rows.WAITING]
    assert (work.status, statuses(work), work.pause) == (Status.FINISHED, [Rows.DONE] * 2, "")
    assert vendor.accepts_password("acme.test", "anna", GOOD)


def test_a_suspended_service_waits(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    work = read(service, actor, "1,anna,,5,A")
    domain = service.mail_domain
    domain.suspend(at=timezone.now(), reason="Overdue on Payment")
    domain.save()

    run(work, actor)
    paused = work.pause
    domain.unsuspend()
    domain.save()
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        run_jobs()

    assert "suspended" in paused
    assert statuses(work) == [Rows.DONE]
    assert len(vendor.calls("addUser")) == 1


# Stopped, or forgotten


def test_a_discarded_file_keeps_no_password_and_cannot_be_started(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    work = read(service, actor, f"1,anna,{GOOD},5,A")

    imports.cancel_import(mailbox_import=work, actor=actor)

    with pytest.raises(imports.UnableToStartImport, match="discarded"):
        imports.start_import(mailbox_import=work, actor=actor)
    assert work.rows.get().password == ""
    assert not vendor.calls("addUser")


def test_cancelling_finishes_the_line_under_way_and_makes_no_other(
    service: Service, vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    work = read(service, actor, "1,anna,,5,A", "1,ben,,5,B")
    row = begin(work)
    makers.make_mailbox(
        service, "anna", status="creating", request_key=row.key, unsettled_since=timezone.now()
    )
    vendor.add_mailbox("acme.test", "anna", quota_gb=5)

    imports.cancel_import(mailbox_import=work, actor=actor)
    run_jobs()

    work.refresh_from_db()
    assert (work.status, statuses(work)) == (Status.CANCELLED, [Rows.DONE, Rows.SKIPPED])
    assert work.finished_at is not None
    assert list(vendor.mailboxes("acme.test")) == ["anna"]
    assert Activity.objects.filter(action="mailboxes.import_cancelled").count() == 1


def test_after_a_day_no_password_is_left(
    service: Service, vendor: Sandbox, owner: Actor, run_jobs: Callable[[], None]
) -> None:
    unconfirmed = read(service, owner, f"1,anna,{GOOD},5,A")
    fetched_by_nobody = run(read(service, owner, "1,ben,generate,5,B"), owner)
    stuck = read(service, owner, "1,carl,,5,C")
    MailboxImport.objects.filter(pk=stuck.pk).update(status=Status.RUNNING)

    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        run_jobs()

    unconfirmed.refresh_from_db()
    stuck.refresh_from_db()
    assert unconfirmed.status == Status.CANCELLED
    assert (stuck.status, statuses(stuck)) == (Status.FINISHED, [Rows.FAILED])
    assert statuses(fetched_by_nobody) == [Rows.DONE]
    assert set(MailboxImportRow.objects.values_list("password", flat=True)) == {""}
    assert list(vendor.mailboxes("acme.test")) == ["ben"]
