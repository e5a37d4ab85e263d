"""One change to many mailboxes: row by row, resumable, failures alone tried again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone
from pytest_django import Settings

from clients.actors import Actor
from clients.models import Activity
from provisioning import tasks
from provisioning.models import Mailbox, MailboxBatch, MailboxBatchItem
from provisioning.operations import batches, mailboxes
from provisioning.operations.batches import UnableToStartBatch
from provisioning.sandbox import Sandbox
from provisioning.workers import batches as worker
from provisioning.workers import removal, sweep
from provisioning.workers.mailboxes import MailboxChange
from tests import makers

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

Action = MailboxBatch.Action


def test_every_chosen_mailbox_is_disabled_and_no_other(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    chosen = [makers.make_mailbox(service, name, vendor=vendor) for name in ("anna", "ben")]
    makers.make_mailbox(service, "carl", vendor=vendor)

    batch = batches.start_batch(
        mail_domain=service.mail_domain, mailboxes=chosen, action=Action.DISABLE, actor=actor
    )
    tasks.run_batch(batch_id=batch.pk)

    batch.refresh_from_db()
    there = {name: row["disabled"] for name, row in vendor.mailboxes(service.domain).items()}
    assert there == {"anna": True, "ben": True, "carl": False}
    assert batch.progress() == (2, 0, 2)
    assert batch.finished_at is not None
    assert Activity.objects.filter(action="mailbox.disabled", actor_name="test").count() == 2


@pytest.mark.parametrize(
    ("action", "values", "there"),
    [
        (Action.SET_TYPE, {"account_type": 2}, {"account_type": 2, "quota_gb": 5}),
        (Action.SET_QUOTA, {"quota_mb": 7500}, {"account_type": 1, "quota_gb": 7.5}),
    ],
)
def test_one_value_changes_and_the_others_stay(
    vendor: Sandbox,
    actor: Actor,
    action: str,
    values: dict[str, int],
    there: dict[str, float],
) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)

    batch = batches.start_batch(
        mail_domain=service.mail_domain, mailboxes=[mailbox], action=action, actor=actor, **values
    )
    tasks.run_batch(batch_id=batch.pk)

    remote = vendor.mailboxes(service.domain)["anna"]
    assert {key: remote[key] for key in there} == there


def test_a_row_that_fails_says_why_and_the_rest_is_done(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor, product=makers.make_product(enhanced_mailboxes=1))
    chosen = [makers.make_mailbox(service, name, vendor=vendor) for name in ("anna", "ben")]
    batch = batches.start_batch(
        mail_domain=service.mail_domain,
        mailboxes=chosen,
        action=Action.SET_TYPE,
        account_type=Mailbox.Type.ENHANCED,
        actor=actor,
    )

    tasks.run_batch(batch_id=batch.pk)

    anna, ben = batch.items.all()
    assert (anna.status, ben.status) == ("done", "failed")
    assert "Enhanced mailboxes of your plan are in use" in ben.message


def test_only_the_failed_rows_are_tried_again(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    chosen = [makers.make_mailbox(service, name, vendor=vendor) for name in ("anna", "ben")]
    vendor.faults.add(action="disableUser", kind="reject", sentence="Not now", after=1)
    batch = batches.start_batch(
        mail_domain=service.mail_domain, mailboxes=chosen, action=Action.DISABLE, actor=actor
    )
    tasks.run_batch(batch_id=batch.pk)

    again = batches.retry_failed(batch=batch, actor=actor)
    tasks.run_batch(batch_id=again.pk)

    assert [item.mailbox.local_part for item in again.items.all()] == ["ben"]
    assert again.progress() == (1, 0, 1)
    assert vendor.mailboxes(service.domain)["ben"]["disabled"] is True


def test_a_batch_goes_on_where_a_lost_worker_stopped(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    chosen = [makers.make_mailbox(service, name, vendor=vendor) for name in ("anna", "ben")]
    batch = batches.start_batch(
        mail_domain=service.mail_domain, mailboxes=chosen, action=Action.DELETE, actor=actor
    )
    first = batch.items.get(mailbox=chosen[0])
    first.status = MailboxBatchItem.Status.DONE
    first.save()
    MailboxBatch.objects.filter(pk=batch.pk).update(claim=uuid4(), lease_until=timezone.now())

    work = sweep.find_work(now=timezone.now())
    tasks.run_batch(batch_id=work.batches[0])

    there = {name: row["disabled"] for name, row in vendor.mailboxes(service.domain).items()}
    assert work.batches == [batch.pk]
    assert there == {"anna": False, "ben": True}
    assert batch.progress() == (2, 0, 2)


def test_a_batch_that_is_held_is_left_alone(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    batch = batches.start_batch(
        mail_domain=service.mail_domain, mailboxes=[mailbox], action=Action.DELETE, actor=actor
    )
    held_until = timezone.now() + timedelta(minutes=5)
    MailboxBatch.objects.filter(pk=batch.pk).update(claim=uuid4(), lease_until=held_until)

    tasks.run_batch(batch_id=batch.pk)

    assert sweep.find_work(now=timezone.now()).batches == []
    assert list(vendor.mailboxes(service.domain)) == ["anna"]


def test_a_row_with_no_clear_answer_is_checked_and_then_done(
    vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None], settings: Settings
) -> None:
    service = makers.make_service(vendor=vendor)
    chosen = [makers.make_mailbox(service, name, vendor=vendor) for name in ("anna", "ben")]
    vendor.faults.add(action="disableUser", kind="drop_after")
    batch = batches.start_batch(
        mail_domain=service.mail_domain, mailboxes=chosen, action=Action.DISABLE, actor=actor
    )

    tasks.run_batch(batch_id=batch.pk)
    unclear = [(item.status, item.message) for item in batch.items.all()]
    batch.refresh_from_db()
    was_finished = batch.finished_at is not None
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.SETTLE_SECONDS + 1)):
        run_jobs()

    assert unclear == [("waiting", worker.BEING_CHECKED), ("done", "")]
    assert not was_finished
    assert batch.progress() == (2, 0, 2)
    assert len(vendor.calls("disableUser")) == 2


def test_a_row_that_was_cut_off_before_the_call_is_done_after_all(
    vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None], settings: Settings
) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor, unsettled_since=timezone.now())
    batch = batches.start_batch(
        mail_domain=service.mail_domain, mailboxes=[mailbox], action=Action.DISABLE, actor=actor
    )

    with time_machine.travel(timezone.now() + timedelta(seconds=settings.SETTLE_SECONDS + 1)):
        run_jobs()

    assert batch.progress() == (1, 0, 1)
    assert vendor.mailboxes(service.domain)["anna"]["disabled"] is True


def test_a_deletion_that_was_cut_off_after_the_record_is_not_repeated(
    vendor: Sandbox, actor: Actor
) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    batch = batches.start_batch(
        mail_domain=service.mail_domain, mailboxes=[mailbox], action=Action.DELETE, actor=actor
    )
    removal.delete(mailbox, actor)
    vendor.forget_calls()

    tasks.run_batch(batch_id=batch.pk)

    assert batch.progress() == (1, 0, 1)
    assert not vendor.calls()
    assert list(vendor.mailboxes(service.domain)) == ["anna"]


def test_a_row_that_is_never_answered_clearly_is_left_to_a_person(
    vendor: Sandbox, actor: Actor
) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    batch = batches.start_batch(
        mail_domain=service.mail_domain, mailboxes=[mailbox], action=Action.DISABLE, actor=actor
    )
    vendor.faults.add(action="disableUser", kind="http_500", count=0)

    with time_machine.travel(timezone.now() + worker.GIVE_UP + timedelta(minutes=1)):
        tasks.run_batch(batch_id=batch.pk)

    batch.refresh_from_db()
    assert batch.progress() == (0, 1, 1)
    assert batch.finished_at is not None
    assert "Look at the mailbox" in batch.items.get().message


def test_a_long_batch_is_done_in_turns(vendor: Sandbox, actor: Actor, settings: Settings) -> None:
    settings.TURN_SECONDS = -1
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    batch = batches.start_batch(
        mail_domain=service.mail_domain, mailboxes=[mailbox], action=Action.DISABLE, actor=actor
    )

    has_more = worker.run(batch.pk)

    assert has_more
    assert sweep.find_work(now=timezone.now()).batches == [batch.pk]


@pytest.mark.parametrize(
    ("count", "action", "values", "words"),
    [
        (0, Action.DISABLE, {}, "at least one"),
        (501, Action.DISABLE, {}, "up to 500"),
        (1, Action.SET_TYPE, {"account_type": 7}, "Basic or Enhanced"),
        (1, Action.SET_QUOTA, {"quota_mb": 0}, "more than 0"),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(
    actor: Actor, count: int, action: str, values: dict[str, int], words: str
) -> None:
    service = makers.make_service()
    mailbox = makers.make_mailbox(service)

    with pytest.raises(UnableToStartBatch, match=words):
        batches.start_batch(
            mail_domain=service.mail_domain,
            mailboxes=[mailbox] * count,
            action=action,
            actor=actor,
            **values,
        )

    assert not MailboxBatch.objects.exists()


def test_a_foreign_mailbox_is_refused(actor: Actor) -> None:
    service = makers.make_service()
    foreign = makers.make_mailbox(makers.make_service())

    with pytest.raises(UnableToStartBatch, match="belong to this domain"):
        batches.start_batch(
            mail_domain=service.mail_domain,
            mailboxes=[foreign],
            action=Action.DELETE,
            actor=actor,
        )


def test_a_row_keeps_what_was_changed_since_the_batch_began(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    batch = batches.start_batch(
        mail_domain=service.mail_domain,
        mailboxes=[mailbox],
        action=Action.SET_TYPE,
        account_type=Mailbox.Type.ENHANCED,
        actor=actor,
    )
    mailboxes.update_mailbox(
        mailbox=mailbox, change=MailboxChange(quota_mb=9000, display_name="Anna B"), actor=actor
    )

    tasks.run_batch(batch_id=batch.pk)

    remote = vendor.mailboxes(service.domain)["anna"]
    assert (remote["account_type"], remote["quota_gb"], remote["uname"]) == (2, 9, "Anna B")


def test_a_row_that_breaks_does_not_hold_up_the_others(
    vendor: Sandbox, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = makers.make_service(vendor=vendor)
    chosen = [makers.make_mailbox(service, name, vendor=vendor) for name in ("anna", "ben")]
    batch = batches.start_batch(
        mail_domain=service.mail_domain, mailboxes=chosen, action=Action.DISABLE, actor=actor
    )
    disable = worker.ACTIONS[Action.DISABLE]

    def break_on_anna(batch: MailboxBatch, mailbox: Mailbox, actor: Actor) -> Mailbox:
        if mailbox.local_part == "anna":
            raise RuntimeError("a defect")
        return disable(batch, mailbox, actor)

    monkeypatch.setitem(worker.ACTIONS, Action.DISABLE, break_on_anna)

    tasks.run_batch(batch_id=batch.pk)

    batch.refresh_from_db()
    assert batch.progress() == (1, 1, 2)
    assert batch.finished_at is not None


def test_a_run_out_of_time_gives_the_rest_back(
    vendor: Sandbox, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    batch = batches.start_batch(
        mail_domain=service.mail_domain, mailboxes=[mailbox], action=Action.DISABLE, actor=actor
    )

    def run_out(*_: object) -> Mailbox:
        raise SoftTimeLimitExceeded

    with monkeypatch.context() as patch:
        patch.setitem(worker.ACTIONS, Action.DISABLE, run_out)
        tasks.run_batch(batch_id=batch.pk)
    found = sweep.find_work(now=timezone.now()).batches
    tasks.run_batch(batch_id=batch.pk)

    assert found == [batch.pk]
    assert batch.progress() == (1, 0, 1)
