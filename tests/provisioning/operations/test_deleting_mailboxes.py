"""Deleting a mailbox: into the trash, out of it again, or away for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from clients.actors import Actor
from clients.models import Activity
from provisioning import queries, tasks
from provisioning.models import Drift, Mailbox
from provisioning.operations import batches, mailboxes
from provisioning.operations.mailboxes import (
    MailboxSpec,
    UnableToAddMailbox,
    UnableToChangeMailbox,
)
from provisioning.sandbox import Sandbox
from provisioning.workers import removal
from tests import makers

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

Status = Mailbox.Status


@pytest.fixture(autouse=True)
def _a_week(settings: Settings) -> None:
    """Deleted mailboxes are kept for a week, unless a test says otherwise."""
    settings.MAILBOX_TRASH_DAYS = 7


def wait_until_final(mailbox: Mailbox) -> None:
    """Let the time pass after which what the vendor says is final."""
    Mailbox.objects.filter(pk=mailbox.pk).update(
        unsettled_since=timezone.now() - timedelta(minutes=2)
    )


def fresh(mailbox: Mailbox) -> Mailbox:
    return Mailbox.objects.get(pk=mailbox.pk)


def test_a_deleted_mailbox_is_disabled_and_gives_its_slot_back(
    vendor: Sandbox, actor: Actor
) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)

    mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)

    row = fresh(mailbox)
    assert row.status == Status.TRASHED
    assert row.purge_at is not None
    assert timedelta(days=6) < row.purge_at - timezone.now() <= timedelta(days=7)
    assert vendor.mailboxes(service.domain)["anna"]["disabled"] is True
    assert vendor.calls("removeUser") == []
    assert queries.usage_of(service.mail_domain).basic.used == 0
    assert list(queries.recently_deleted(service.mail_domain)) == [mailbox]
    assert Activity.objects.filter(action="mailbox.trashed").count() == 1


def test_its_address_is_not_free(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    makers.make_mailbox(service, "anna", status=Status.TRASHED)

    with pytest.raises(UnableToAddMailbox, match="Restore it under Recently deleted") as refusal:
        mailboxes.add_mailbox(
            mail_domain=service.mail_domain,
            spec=MailboxSpec("anna", "Lumen-4471!x", 5000, 1),
            actor=actor,
        )

    assert refusal.value.code == "trashed"
    assert vendor.calls() == []


@pytest.mark.parametrize("before", [Status.ACTIVE, Status.DISABLED])
def test_restore_brings_it_back_as_it_was(vendor: Sandbox, actor: Actor, before: str) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    if before == Status.DISABLED:
        mailboxes.disable_mailbox(mailbox=mailbox, actor=actor)
    mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)

    mailboxes.restore_mailbox(mailbox=mailbox, actor=actor)

    row = fresh(mailbox)
    assert (row.status, row.purge_at) == (before, None)
    assert vendor.mailboxes(service.domain)["anna"]["disabled"] is (before == Status.DISABLED)
    assert queries.usage_of(service.mail_domain).basic.used == 1


def test_restore_needs_a_free_slot(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor, product=makers.make_product(basic_mailboxes=1))
    mailbox = makers.make_mailbox(service, "anna", status=Status.TRASHED)
    makers.make_mailbox(service, "ben")

    with pytest.raises(UnableToChangeMailbox, match="All 1 Basic mailboxes"):
        mailboxes.restore_mailbox(mailbox=mailbox, actor=actor)

    assert fresh(mailbox).status == Status.TRASHED
    assert vendor.calls() == []


def test_restore_needs_room_in_the_pool(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor, product=makers.make_product(quota_pool_gb=8))
    mailbox = makers.make_mailbox(service, "anna", status=Status.TRASHED, quota_mb=5000)
    makers.make_mailbox(service, "ben", quota_mb=5000)

    with pytest.raises(UnableToChangeMailbox, match="3 GB of your plan"):
        mailboxes.restore_mailbox(mailbox=mailbox, actor=actor)

    assert vendor.calls() == []


def test_delete_now_removes_it_for_good(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)

    mailboxes.purge_mailbox(mailbox=fresh(mailbox), actor=actor)

    assert vendor.mailboxes(service.domain) == {}
    assert fresh(mailbox).status == Status.REMOVED


def test_without_a_trash_it_is_gone_at_once(
    vendor: Sandbox, actor: Actor, settings: Settings
) -> None:
    settings.MAILBOX_TRASH_DAYS = 0
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)

    mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)

    assert vendor.mailboxes(service.domain) == {}
    assert fresh(mailbox).status == Status.REMOVED


def test_it_is_removed_when_its_time_is_over_and_not_before(
    vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    service = makers.make_service(vendor=vendor)
    anna = makers.make_mailbox(service, "anna", vendor=vendor)
    ben = makers.make_mailbox(service, "ben", vendor=vendor)
    for mailbox in (anna, ben):
        mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)
    Mailbox.objects.filter(pk=anna.pk).update(purge_at=timezone.now())

    run_jobs()

    assert list(vendor.mailboxes(service.domain)) == ["ben"]
    assert fresh(anna).status == Status.REMOVED
    assert fresh(ben).status == Status.TRASHED


def test_a_removal_that_fails_is_tried_again_later(
    vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)
    Mailbox.objects.filter(pk=mailbox.pk).update(purge_at=timezone.now())
    vendor.faults.add(action="removeUser", kind="drop_before", count=2)

    run_jobs()
    later = fresh(mailbox)
    Mailbox.objects.filter(pk=mailbox.pk).update(purge_at=timezone.now())
    run_jobs()

    assert later.status == Status.TRASHED
    assert later.purge_at is not None
    assert later.purge_at > timezone.now() + timedelta(minutes=10)
    assert fresh(mailbox).status == Status.REMOVED


@pytest.mark.parametrize("fault", ["drop_after", "http_502"])
def test_a_deletion_with_no_clear_answer_holds_its_slot_until_it_is_looked_up(
    vendor: Sandbox, actor: Actor, fault: str
) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    vendor.faults.add(action="disableUser", kind=fault)

    mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)
    unclear = queries.usage_of(service.mail_domain).basic.used
    wait_until_final(mailbox)
    tasks.settle_mailbox(mailbox_id=mailbox.pk)

    there = vendor.mailboxes(service.domain)["anna"]["disabled"]
    assert unclear == 1
    assert fresh(mailbox).status == (Status.TRASHED if there else Status.ACTIVE)
    assert not fresh(mailbox).is_unsettled


@pytest.mark.parametrize("fault", ["drop_after", "http_502"])
def test_a_restore_with_no_clear_answer_is_looked_up(
    vendor: Sandbox, actor: Actor, fault: str
) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)
    vendor.faults.add(action="enableUser", kind=fault)

    mailboxes.restore_mailbox(mailbox=mailbox, actor=actor)
    wait_until_final(mailbox)
    tasks.settle_mailbox(mailbox_id=mailbox.pk)

    there = vendor.mailboxes(service.domain)["anna"]["disabled"]
    assert fresh(mailbox).status == (Status.TRASHED if there else Status.ACTIVE)


@pytest.mark.parametrize(
    ("fault", "in_the_end"), [("drop_after", Status.REMOVED), ("http_502", Status.TRASHED)]
)
def test_a_removal_with_no_clear_answer_is_looked_up(
    vendor: Sandbox, actor: Actor, fault: str, in_the_end: str
) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)
    vendor.faults.add(action="removeUser", kind=fault)

    unclear = mailboxes.purge_mailbox(mailbox=fresh(mailbox), actor=actor)
    wait_until_final(mailbox)
    tasks.settle_mailbox(mailbox_id=mailbox.pk)

    assert unclear.status == Status.REMOVING
    assert fresh(mailbox).status == in_the_end


def test_a_refused_deletion_leaves_the_mailbox_as_it_was(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    vendor.faults.add(action="disableUser", kind="reject", sentence="Not today")

    with pytest.raises(UnableToChangeMailbox, match="Not today"):
        mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)

    row = fresh(mailbox)
    assert (row.status, row.purge_at, row.is_unsettled) == (Status.ACTIVE, None, False)


def test_the_mirror_sees_nothing_odd_in_the_trash(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)

    tasks.refresh_domain(mail_domain_id=service.mail_domain.pk)

    assert fresh(mailbox).status == Status.TRASHED
    assert not Drift.objects.exists()


def test_deleting_twice_does_not_purge(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)

    first = mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)
    second = mailboxes.delete_mailbox(mailbox=fresh(mailbox), actor=actor)

    assert first.status == second.status == Status.TRASHED
    assert vendor.calls("removeUser") == []
    assert Activity.objects.filter(action="mailbox.trashed").count() == 1


def test_a_batch_of_deletions_that_is_repeated_purges_nothing(
    vendor: Sandbox, actor: Actor
) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    batch = batches.start_batch(
        mail_domain=service.mail_domain,
        mailboxes=[mailbox],
        action=batches.Action.DELETE,
        actor=actor,
    )
    mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)  # cut off before the row was answered

    tasks.run_batch(batch_id=batch.pk)

    assert batch.progress() == (1, 0, 1)
    assert vendor.calls("removeUser") == []


def test_only_what_is_in_the_trash_is_deleted_for_good(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)

    with pytest.raises(UnableToChangeMailbox, match="is active"):
        mailboxes.purge_mailbox(mailbox=mailbox, actor=actor)

    assert list(vendor.mailboxes(service.domain)) == ["anna"]


def test_a_mailbox_restored_in_time_is_not_purged(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    mailboxes.delete_mailbox(mailbox=mailbox, actor=actor)
    Mailbox.objects.filter(pk=mailbox.pk).update(purge_at=timezone.now())
    due = removal.due(now=timezone.now())

    mailboxes.restore_mailbox(mailbox=fresh(mailbox), actor=actor)
    tasks.purge_mailbox(mailbox_id=mailbox.pk)

    row = fresh(mailbox)
    assert due == [mailbox.pk]
    assert (row.status, row.purge_at) == (Status.ACTIVE, None)
    assert vendor.calls("removeUser") == []
