"""Changing, switching and deleting a mailbox: the vendor and our rows afterwards."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from clients.actors import Actor
from clients.models import Activity
from provisioning import gateway, tasks
from provisioning.models import Mailbox
from provisioning.operations import mailboxes
from provisioning.operations.mailboxes import (
    MailboxChange,
    UnableToChangeMailbox,
)
from provisioning.sandbox import Sandbox
from tests import makers

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

GOOD = "Lumen-4471!x"


def wait_until_final(mailbox: Mailbox) -> None:
    """Let the time pass after which what the vendor says is final."""
    Mailbox.objects.filter(pk=mailbox.pk).update(
        unsettled_since=timezone.now() - timedelta(minutes=2)
    )


def test_a_change_arrives_at_the_vendor(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)

    mailboxes.update_mailbox(
        mailbox=mailbox,
        change=MailboxChange(Mailbox.Type.ENHANCED, 7500, "Anna B", password="Umber-9034!q"),
        actor=actor,
    )

    remote = vendor.mailboxes(service.domain)["anna"]
    mailbox.refresh_from_db()
    assert (remote["account_type"], remote["quota_gb"], remote["uname"]) == (2, 7.5, "Anna B")
    assert vendor.accepts_password(service.domain, "anna", "Umber-9034!q")
    assert (mailbox.account_type, mailbox.quota_mb) == (Mailbox.Type.ENHANCED, 7500)
    line = Activity.objects.get(action="mailbox.changed")
    assert line.before["quota_mb"] == 5000
    assert line.after["quota_mb"] == 7500


def test_an_unknown_type_is_kept_when_something_else_changes(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", account_type=5, vendor=vendor)

    mailboxes.update_mailbox(mailbox=mailbox, change=MailboxChange(5, 6000, "Anna"), actor=actor)

    mailbox.refresh_from_db()
    assert mailbox.type_label == "Type 5"
    assert vendor.mailboxes(service.domain)["anna"]["account_type"] == 5


def test_a_change_that_is_unclear_holds_its_room_until_it_is_looked_up(
    vendor: Sandbox, actor: Actor
) -> None:
    service = makers.make_service(vendor=vendor, product=makers.make_product(enhanced_mailboxes=1))
    anna = makers.make_mailbox(service, "anna", vendor=vendor)
    ben = makers.make_mailbox(service, "ben", vendor=vendor)
    vendor.faults.add(action="updateUser", kind="drop_after")
    enhanced = MailboxChange(Mailbox.Type.ENHANCED, 5000, "")

    unclear = mailboxes.update_mailbox(mailbox=anna, change=enhanced, actor=actor)
    with pytest.raises(UnableToChangeMailbox, match="Enhanced mailboxes of your plan"):
        mailboxes.update_mailbox(mailbox=ben, change=enhanced, actor=actor)
    with pytest.raises(UnableToChangeMailbox, match="still being checked"):
        mailboxes.update_mailbox(mailbox=anna, change=enhanced, actor=actor)
    tasks.settle_mailbox(mailbox_id=anna.pk)

    anna.refresh_from_db()
    assert unclear.is_unsettled
    assert not anna.is_unsettled
    assert anna.account_type == Mailbox.Type.ENHANCED


def test_a_change_that_did_not_happen_is_undone_in_our_rows(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    vendor.faults.add(action="updateUser", kind="http_502")

    mailboxes.update_mailbox(
        mailbox=mailbox, change=MailboxChange(Mailbox.Type.ENHANCED, 9000, ""), actor=actor
    )
    wait_until_final(mailbox)
    tasks.settle_mailbox(mailbox_id=mailbox.pk)

    mailbox.refresh_from_db()
    assert (mailbox.account_type, mailbox.quota_mb) == (Mailbox.Type.BASIC, 5000)
    assert mailbox.wanted_account_type is None
    assert Activity.objects.filter(action="mailbox.not_changed").count() == 1


def test_a_quota_below_the_mail_that_is_there_is_refused(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor, usage_mb=4200)

    with pytest.raises(UnableToChangeMailbox, match=r"holds 4\.2 GB"):
        mailboxes.update_mailbox(mailbox=mailbox, change=MailboxChange(1, 4000, ""), actor=actor)

    assert vendor.calls() == []


def test_disable_and_enable_reach_the_vendor(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)

    disabled = mailboxes.disable_mailbox(mailbox=mailbox, actor=actor)
    there = vendor.mailboxes(service.domain)["anna"]["disabled"]
    enabled = mailboxes.enable_mailbox(mailbox=mailbox, actor=actor)

    assert (disabled.status, there) == (Mailbox.Status.DISABLED, True)
    assert enabled.status == Mailbox.Status.ACTIVE
    assert vendor.mailboxes(service.domain)["anna"]["disabled"] is False


def test_a_lost_password_is_never_taken_for_set(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    vendor.faults.add(action="updateUser", kind="html")

    mailboxes.update_mailbox(
        mailbox=mailbox, change=MailboxChange(password="Umber-9034!q"), actor=actor
    )
    tasks.settle_mailbox(mailbox_id=mailbox.pk)
    early = Mailbox.objects.get(pk=mailbox.pk)
    wait_until_final(mailbox)
    tasks.settle_mailbox(mailbox_id=mailbox.pk)

    mailbox.refresh_from_db()
    assert early.is_unsettled
    assert not mailbox.is_unsettled
    assert mailbox.password_unconfirmed_at is not None
    assert not Activity.objects.filter(action="mailbox.changed").exists()
    assert Activity.objects.get(action="mailbox.password_unknown").after == {
        "has_new_password": True
    }


def test_a_password_set_again_needs_no_more_confirming(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(
        service, "anna", vendor=vendor, password_unconfirmed_at=timezone.now()
    )

    mailboxes.update_mailbox(
        mailbox=mailbox, change=MailboxChange(password="Umber-9034!q"), actor=actor
    )

    assert Mailbox.objects.get(pk=mailbox.pk).password_unconfirmed_at is None


def test_a_lost_change_of_name_is_not_taken_for_made(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    vendor.faults.add(action="updateUser", kind="html")

    mailboxes.update_mailbox(
        mailbox=mailbox, change=MailboxChange(display_name="Anna B"), actor=actor
    )
    wait_until_final(mailbox)
    tasks.settle_mailbox(mailbox_id=mailbox.pk)

    line = Activity.objects.get(action="mailbox.not_changed")
    assert line.after == {"display_name": "Anna B"}
    assert Mailbox.objects.get(pk=mailbox.pk).display_name == ""


def test_a_new_password_leaves_what_was_changed_elsewhere(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    with gateway.vendor(service.mail_domain.server) as client:
        client.mailboxes.update(
            domain=service.domain,
            username="anna",
            display_name="From the panel",
            quota_gb=Decimal(9),
            account_type=2,
        )

    mailboxes.update_mailbox(
        mailbox=mailbox, change=MailboxChange(password="Umber-9034!q"), actor=actor
    )

    remote = vendor.mailboxes(service.domain)["anna"]
    assert (remote["quota_gb"], remote["account_type"]) == (9, 2)
    assert remote["uname"] == "From the panel"


def test_an_unknown_type_is_never_converted(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", account_type=7, vendor=vendor)

    with pytest.raises(UnableToChangeMailbox, match="only be changed by support"):
        mailboxes.update_mailbox(mailbox=mailbox, change=MailboxChange(account_type=1), actor=actor)

    assert vendor.mailboxes(service.domain)["anna"]["account_type"] == 7
