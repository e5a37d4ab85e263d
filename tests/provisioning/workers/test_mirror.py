"""The mirror: our rows say what the vendor says, and what surprised us is on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from billing.models import Service
from clients.actors import Actor
from provisioning import gateway, tasks
from provisioning.emailarray.types import RemoteMailbox
from provisioning.models import Drift, Mailbox, MailDomain
from provisioning.module import Reading
from provisioning.operations import mailboxes, mirror
from provisioning.operations.mailboxes import MailboxSpec
from provisioning.sandbox import Sandbox
from provisioning.workers import mailbox_mirror, sweep
from tests import makers

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def refresh(service: Service) -> MailDomain:
    tasks.refresh_domain(mail_domain_id=service.mail_domain.pk)
    return MailDomain.objects.get(pk=service.mail_domain.pk)


def test_everything_of_a_domain_is_taken_in(vendor: Sandbox) -> None:
    service = makers.make_service(vendor=vendor)
    name = service.domain
    vendor.add_mailbox(name, "anna", account_type=2, quota_gb=7.5)
    with gateway.vendor(service.mail_domain.server) as client:
        client.aliases.add(domain=name, name="info", target=f"anna@{name}")
        client.lists.add(domain=name, name="team")
        client.lists.add_member(domain=name, name="team", member=f"anna@{name}")
        client.lists.add_member(domain=name, name="team", member="guest@partner.test")
        client.forwards.add(domain=name, username="anna", target="anna@elsewhere.test")

    domain = refresh(service)

    anna = domain.mailboxes.get()
    assert (anna.local_part, anna.account_type, anna.quota_mb) == ("anna", 2, 7500)
    assert domain.aliases.get().target == f"anna@{name}"
    members = domain.distribution_lists.get().members
    assert set(members.values_list("address", flat=True)) == {
        f"anna@{name}",
        "guest@partner.test",
    }
    assert domain.forwards.get().target == "anna@elsewhere.test"
    assert domain.dkim.is_enabled is False
    assert domain.mirrored_at is not None
    assert domain.mirror_error == ""


def test_a_second_reading_changes_nothing(vendor: Sandbox) -> None:
    service = makers.make_service(vendor=vendor)
    vendor.add_mailbox(service.domain, "anna")
    with gateway.vendor(service.mail_domain.server) as client:
        client.lists.add(domain=service.domain, name="team")
        client.lists.add_member(domain=service.domain, name="team", member="guest@partner.test")
    refresh(service)
    before = list(Mailbox.objects.values_list())

    refresh(service)

    assert list(Mailbox.objects.values_list()) == before
    assert service.mail_domain.distribution_lists.count() == 1
    assert not Drift.objects.filter(kind=Drift.Kind.TYPE).exists()


def test_what_is_gone_at_the_vendor_goes_here(vendor: Sandbox) -> None:
    service = makers.make_service(vendor=vendor)
    domain = service.mail_domain
    domain.aliases.create(local_part="info", target="x@y.test")
    domain.forwards.create(local_part="anna", target="x@y.test")
    team = domain.distribution_lists.create(local_part="team")
    team.members.create(address="x@y.test")

    refresh(service)

    assert not domain.aliases.exists()
    assert not domain.forwards.exists()
    assert not domain.distribution_lists.exists()


def test_more_mailboxes_than_a_page_are_all_read(vendor: Sandbox) -> None:
    service = makers.make_service(vendor=vendor)
    for number in range(230):
        vendor.add_mailbox(service.domain, f"box{number:03}")

    refresh(service)

    assert service.mail_domain.mailboxes.count() == 230
    assert len(vendor.calls("getAllUsersDomain")) == 3


def test_a_change_made_elsewhere_is_followed_and_kept_as_drift(vendor: Sandbox) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", account_type=1, quota_mb=5000)
    vendor.add_mailbox(service.domain, "anna", account_type=2, quota_gb=9)

    refresh(service)
    refresh(service)

    mailbox.refresh_from_db()
    assert (mailbox.account_type, mailbox.quota_mb) == (2, 9000)
    kinds = sorted(Drift.objects.values_list("kind", "ours", "theirs"))
    assert kinds == [("quota", "5000", "9000"), ("type", "1", "2")]


def test_an_unknown_account_type_is_kept(vendor: Sandbox) -> None:
    service = makers.make_service(vendor=vendor)
    vendor.add_mailbox(service.domain, "anna", account_type=7)

    domain = refresh(service)

    assert domain.mailboxes.get().type_label == "Type 7"


def test_a_mailbox_the_vendor_does_not_list_is_marked_and_never_deleted(vendor: Sandbox) -> None:
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna")

    refresh(service)
    missing = Mailbox.objects.get(pk=mailbox.pk)
    vendor.add_mailbox(service.domain, "anna", quota_gb=5)
    refresh(service)

    back = Mailbox.objects.get(pk=mailbox.pk)
    assert missing.missing_since is not None
    assert missing.status == Mailbox.Status.ACTIVE
    assert back.missing_since is None
    assert Drift.objects.get(kind=Drift.Kind.MISSING_MAILBOX).closed_at is not None


def test_a_mailbox_in_change_is_left_alone(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    vendor.faults.add(action="addUser", kind="http_502")
    creating = mailboxes.add_mailbox(
        mail_domain=service.mail_domain,
        spec=MailboxSpec("anna", "Lumen-4471!x", 5000, 1),
        actor=actor,
    )

    refresh(service)

    creating.refresh_from_db()
    assert creating.status == Mailbox.Status.CREATING
    assert creating.missing_since is None
    assert not Drift.objects.exists()


def test_a_reading_that_began_before_a_change_does_not_undo_it(vendor: Sandbox) -> None:
    service = makers.make_service(vendor=vendor)
    added = makers.make_mailbox(service, "anna", settled_at=timezone.now())
    gone = makers.make_mailbox(service, "ben", status=Mailbox.Status.REMOVED)
    reading = Reading(
        began_at=timezone.now() - timedelta(seconds=5),
        info=None,  # type: ignore[arg-type]  # not looked at for mailboxes
        mailboxes=[RemoteMailbox.model_validate({"username": "ben"})],
        aliases=[],
        forwards=[],
        lists=[],
        dkim=None,  # type: ignore[arg-type]
        branding=None,  # type: ignore[arg-type]
    )

    differences = mailbox_mirror.record(service.mail_domain, reading)

    added.refresh_from_db()
    assert differences == []
    assert added.missing_since is None
    assert Mailbox.objects.filter(local_part="ben").get().pk == gone.pk


@pytest.mark.parametrize("fault", ["html", "drop_before", "cut_json", "http_500"])
def test_an_unreadable_vendor_leaves_our_rows_and_says_so(vendor: Sandbox, fault: str) -> None:
    service = makers.make_service(vendor=vendor)
    makers.make_mailbox(service, "anna")
    before = service.mail_domain.mirrored_at
    vendor.faults.add(action="getAllUsersDomain", kind=fault, count=0)

    domain = refresh(service)

    assert domain.mailboxes.get().missing_since is None
    assert domain.mirrored_at == before
    assert domain.mirror_error
    assert domain.server.health == "down"


def test_a_vendor_that_answers_again_is_healthy_again(vendor: Sandbox) -> None:
    service = makers.make_service(vendor=vendor)
    vendor.faults.add(action="getAllUsersDomain", kind="drop_before", count=6)
    refresh(service)

    domain = refresh(service)

    assert domain.server.health == "ok"


def test_a_domain_missing_at_the_vendor_is_drift(vendor: Sandbox) -> None:
    service = makers.make_service()
    makers.make_mailbox(service, "anna")

    domain = refresh(service)

    assert vendor.domains() == {}
    assert domain.mailboxes.get().status == Mailbox.Status.ACTIVE
    assert Drift.objects.get().kind == Drift.Kind.MISSING_DOMAIN


def test_a_domain_switched_off_elsewhere_is_drift(vendor: Sandbox) -> None:
    service = makers.make_service(vendor=vendor)
    MailDomain.objects.filter(pk=service.mail_domain.pk).update(
        updated_at=timezone.now() - timedelta(minutes=1)
    )
    with gateway.vendor(service.mail_domain.server) as client:
        client.domains.set_active(service.domain, active=False)

    refresh(service)

    drift = Drift.objects.get()
    assert (drift.kind, drift.ours, drift.theirs) == ("domain_status", "active", "inactive")


def test_a_fresh_mirror_is_not_asked_for_again(vendor: Sandbox) -> None:
    service = makers.make_service(vendor=vendor)

    assert mirror.refresh_when_stale(service.mail_domain) is False


def test_many_who_ask_send_one_message(
    vendor: Sandbox, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    service = makers.make_service(vendor=vendor)
    old = timezone.now() - timedelta(hours=1)
    MailDomain.objects.update(mirrored_at=old)
    domain = MailDomain.objects.get(pk=service.mail_domain.pk)

    with django_capture_on_commit_callbacks() as callbacks:
        asked = [mirror.refresh_when_stale(domain) for _ in range(3)]

    assert len(callbacks) == 1
    assert asked == [True, False, False]


def test_domains_that_fail_do_not_keep_the_others_from_being_read(
    vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "AT_ONCE", 1)
    broken, well = makers.make_service(), makers.make_service(vendor=vendor)
    MailDomain.objects.update(mirrored_at=timezone.now() - timedelta(days=3))
    MailDomain.objects.filter(pk=broken.mail_domain.pk).update(mirrored_at=None)

    for _ in range(2):
        for mail_domain_id in sweep.stale_domains(now=timezone.now()):
            tasks.refresh_domain(mail_domain_id=mail_domain_id)

    mirrored_at = MailDomain.objects.get(pk=well.mail_domain.pk).mirrored_at
    assert mirrored_at is not None
    assert timezone.now() - mirrored_at < timedelta(minutes=1)
