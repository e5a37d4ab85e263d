"""Adding a mailbox: the vendor, our rows and the audit line afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from billing.models import Service
from clients.actors import Actor
from clients.models import Activity
from provisioning import queries, tasks
from provisioning.models import Alias, Mailbox, ModuleLog
from provisioning.operations import mailboxes
from provisioning.operations.mailboxes import (
    MailboxChange,
    MailboxSpec,
    UnableToAddMailbox,
)
from provisioning.sandbox import Sandbox
from tests import makers

pytestmark = [pytest.mark.django_db, pytest.mark.servers]

GOOD = "Lumen-4471!x"


def spec(local_part: str = "anna", **fields: Any) -> MailboxSpec:
    values: dict[str, Any] = {
        "password": GOOD,
        "quota_mb": 5000,
        "account_type": Mailbox.Type.BASIC,
        "display_name": "Anna",
    }
    return MailboxSpec(local_part=local_part, **(values | fields))


def add(service: Service, actor: Actor, **fields: Any) -> Mailbox:
    return mailboxes.add_mailbox(mail_domain=service.mail_domain, spec=spec(**fields), actor=actor)


def wait_until_final(mailbox: Mailbox) -> None:
    """Let the time pass after which what the vendor says is final."""
    Mailbox.objects.filter(pk=mailbox.pk).update(
        unsettled_since=timezone.now() - timedelta(minutes=2)
    )


def test_a_mailbox_is_there_at_once(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)

    mailbox = add(service, actor)

    remote = vendor.mailboxes(service.domain)["anna"]
    assert mailbox.status == Mailbox.Status.ACTIVE
    assert not mailbox.is_unsettled
    assert remote["quota_gb"] == 5
    assert vendor.accepts_password(service.domain, "anna", GOOD)
    assert len(vendor.calls("addUser")) == 1
    line = Activity.objects.get(action="mailbox.added")
    assert (line.object_name, line.client) == (f"anna@{service.domain}", service.client)


def test_no_password_is_kept_anywhere(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)

    mailbox = add(service, actor)
    change = MailboxChange(1, 5000, "Anna", password="Umber-9034!q")
    mailboxes.update_mailbox(mailbox=mailbox, change=change, actor=actor)

    everything = [
        *ModuleLog.objects.values_list("request", "response"),
        *Activity.objects.values_list("before", "after"),
        *Mailbox.objects.values_list(),
    ]
    assert GOOD not in str(everything)
    assert "Umber-9034" not in str(everything)
    assert GOOD not in repr(spec())


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"account_type": Mailbox.Type.ENHANCED}, "type", "not part of this plan"),
        ({"quota_mb": 26_000}, "quota", "up to 25 GB"),
        ({"quota_mb": 0}, "quota", "more than 0"),
        ({"local_part": "two words"}, "local_part", "1 to 64"),
        ({"local_part": "postmaster"}, "local_part", "reserved"),
        ({"local_part": "info"}, "local_part", "already an alias"),
        ({"local_part": "ben"}, "local_part", "already a mailbox"),
        ({"password": "short"}, "password", "at least 8 characters"),
        ({"password": "nocapitals1!"}, "password", "an upper-case letter"),
        ({"password": "NOSMALL1!"}, "password", "a lower-case letter"),
        ({"account_type": 7}, "type", "Basic or Enhanced"),
    ],
)
def test_what_the_plan_does_not_hold_is_refused_and_the_vendor_is_not_asked(
    vendor: Sandbox, actor: Actor, fields: dict[str, object], field: str, words: str
) -> None:
    service = makers.make_service(vendor=vendor, product=makers.make_product(enhanced_mailboxes=0))
    makers.make_mailbox(service, "ben")
    Alias.objects.create(mail_domain=service.mail_domain, local_part="info", target="x@y.test")

    with pytest.raises(UnableToAddMailbox, match=words) as refusal:
        add(service, actor, **fields)

    assert refusal.value.field == field
    assert vendor.calls() == []
    assert service.mail_domain.mailboxes.count() == 1


def test_a_full_plan_is_refused(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor, product=makers.make_product(basic_mailboxes=1))
    makers.make_mailbox(service, "ben", status=Mailbox.Status.DISABLED)

    with pytest.raises(UnableToAddMailbox, match="All 1 Basic mailboxes"):
        add(service, actor)

    assert vendor.calls() == []


def test_a_limit_of_none_is_unlimited_and_of_zero_is_none(vendor: Sandbox, actor: Actor) -> None:
    product = makers.make_product(
        basic_mailboxes=None, enhanced_mailboxes=0, quota_pool_gb=None, mailbox_quota_gb=None
    )
    service = makers.make_service(vendor=vendor, product=product)

    add(service, actor, quota_mb=900_000)

    with pytest.raises(UnableToAddMailbox, match="not part"):
        add(service, actor, local_part="ben", account_type=Mailbox.Type.ENHANCED)
    assert list(vendor.mailboxes(service.domain)) == ["anna"]


def test_the_quota_pool_is_shared(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(
        vendor=vendor, product=makers.make_product(quota_pool_gb=Decimal("7.5"))
    )
    add(service, actor, quota_mb=5000)

    with pytest.raises(UnableToAddMailbox, match=r"2\.5 GB of your plan's 7\.5 GB"):
        add(service, actor, local_part="ben", quota_mb=2501)

    add(service, actor, local_part="ben", quota_mb=2500)
    assert queries.usage_of(service.mail_domain).quota.left_mb == 0


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Service.Status.SUSPENDED, "suspended"),
        (Service.Status.PENDING, "not active"),
        (Service.Status.TERMINATED, "not active"),
    ],
)
def test_nothing_is_added_to_a_service_that_is_not_active(
    vendor: Sandbox, actor: Actor, status: str, words: str
) -> None:
    service = makers.make_service(status=status)

    with pytest.raises(UnableToAddMailbox, match=words):
        add(service, actor)

    assert vendor.calls() == []


def test_the_same_form_sent_twice_is_one_mailbox(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    key = uuid4()

    first = add(service, actor, request_key=key)
    second = add(service, actor, request_key=key)

    assert first.pk == second.pk
    assert len(vendor.calls("addUser")) == 1


@pytest.mark.parametrize(
    ("sentence", "words", "field"),
    [
        ("Password does not meet the requirements", "Password does not meet", "password"),
        ("Account limit reached", "no room", ""),
        ("Domain is not verified", "not verified", ""),
        ("Something nobody has heard of", "Something nobody has heard of", ""),
    ],
)
def test_a_refusal_leaves_nothing_and_says_why(
    vendor: Sandbox, actor: Actor, sentence: str, words: str, field: str
) -> None:
    service = makers.make_service(vendor=vendor)
    vendor.faults.add(action="addUser", kind="reject", sentence=sentence)

    with pytest.raises(UnableToAddMailbox, match=words) as refusal:
        add(service, actor)

    assert refusal.value.field == field
    assert not service.mail_domain.mailboxes.live().exists()
    assert vendor.mailboxes(service.domain) == {}


@pytest.mark.parametrize("fault", ["drop_before", "rate_limit"])
def test_a_vendor_that_cannot_be_reached_leaves_nothing(
    vendor: Sandbox, actor: Actor, fault: str
) -> None:
    service = makers.make_service(vendor=vendor)
    vendor.faults.add(action="addUser", kind=fault, count=0)

    with pytest.raises(UnableToAddMailbox, match="cannot be reached right now"):
        add(service, actor)

    assert not service.mail_domain.mailboxes.live().exists()


@pytest.mark.parametrize("fault", ["drop_after", "http_502", "html", "cut_json"])
def test_a_lost_answer_is_looked_up_and_leaves_one_mailbox(
    vendor: Sandbox, actor: Actor, fault: str
) -> None:
    service = makers.make_service(vendor=vendor)
    options = {"executed": True} if fault in {"http_502", "html"} else {}
    vendor.faults.add(action="addUser", kind=fault, **options)

    mailbox = add(service, actor)
    unclear = mailbox.status
    tasks.settle_mailbox(mailbox_id=mailbox.pk)

    mailbox.refresh_from_db()
    assert unclear == Mailbox.Status.CREATING
    assert mailbox.status == Mailbox.Status.ACTIVE
    assert list(vendor.mailboxes(service.domain)) == ["anna"]
    assert len(vendor.calls("addUser")) == 1


def test_a_write_that_may_still_arrive_is_not_given_up(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(vendor=vendor)
    vendor.faults.add(action="addUser", kind="http_502")

    mailbox = add(service, actor)
    tasks.settle_mailbox(mailbox_id=mailbox.pk)
    early = Mailbox.objects.get(pk=mailbox.pk).status
    wait_until_final(mailbox)
    tasks.settle_mailbox(mailbox_id=mailbox.pk)

    assert early == Mailbox.Status.CREATING
    assert Mailbox.objects.get(pk=mailbox.pk).status == Mailbox.Status.REMOVED
    assert Activity.objects.filter(action="mailbox.not_added").count() == 1


def test_a_delivery_made_twice_is_one_mailbox_with_the_typed_password(
    vendor: Sandbox, actor: Actor
) -> None:
    service = makers.make_service(vendor=vendor)
    vendor.faults.add(action="addUser", kind="duplicate")

    mailbox = add(service, actor)

    assert mailbox.status == Mailbox.Status.ACTIVE
    assert vendor.accepts_password(service.domain, "anna", GOOD)


def test_a_mailbox_of_that_name_made_elsewhere_is_shown_and_not_taken_over(
    vendor: Sandbox,
    actor: Actor,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    service = makers.make_service(vendor=vendor)
    vendor.add_mailbox(service.domain, "anna", quota_gb=1, password="Older-7781!z")

    with (
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(UnableToAddMailbox, match="already in use"),
    ):
        add(service, actor)

    assert vendor.accepts_password(service.domain, "anna", "Older-7781!z")
    shown = service.mail_domain.mailboxes.live().get()
    assert (shown.local_part, shown.quota_mb) == ("anna", 1000)


def test_generated_passwords_meet_the_rule_and_differ() -> None:
    passwords = {mailboxes.generate_password() for _ in range(200)}

    assert len(passwords) == 200
    assert all(not mailboxes.password_problems(password) for password in passwords)


def test_the_sweep_finds_every_unsettled_write(
    vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]
) -> None:
    service = makers.make_service(vendor=vendor)
    vendor.faults.add(action="addUser", kind="drop_after")
    mailbox = add(service, actor)
    wait_until_final(mailbox)

    run_jobs()

    assert Mailbox.objects.get(pk=mailbox.pk).status == Mailbox.Status.ACTIVE
