"""What mail the automation must not delete."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission

from billing.models import BillingSettings, Closing, Service, TerminationApproval
from billing.operations import approvals, termination_guards
from billing.operations.termination_guards import Allowed
from clients.actors import Actor
from clients.models import User
from provisioning.models import ModuleJob
from tests import makers
from tests.billing.closing_steps import ACTOR, NOW, TODAY, close
from tests.billing.documents import issue, pay

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
Kind, Reason = TerminationApproval.Kind, TerminationApproval.Reason


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def rules() -> BillingSettings:
    return BillingSettings.current()


def approver() -> Actor:
    user = makers.make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="approve_termination"))
    return Actor.from_user(User.objects.get(pk=user.pk))


def closed_service(*, boxes: int = 1, domain: str = "acme.test") -> Closing:
    """Return a closing whose time is over and whose last notice was sent yesterday."""
    service = makers.make_service(domain=domain)
    for n in range(boxes):
        makers.make_mailbox(service, f"box{n}")
    closing = close(service)
    mail_domain = service.mail_domain
    mail_domain.close(at=NOW)
    mail_domain.save()
    service.close(closes_at=NOW - timedelta(hours=1))
    service.save()
    closing.confirm(at=NOW - timedelta(days=30))
    closing.last_notice_days, closing.last_notice_on = 1, TODAY - timedelta(days=1)
    closing.save()
    return closing


def purges() -> Allowed:
    return termination_guards.purge_due(today=TODAY, now=NOW, actor=ACTOR)


def test_mail_whose_time_is_over_is_due_to_be_deleted() -> None:
    closing = closed_service()

    assert purges() == Allowed([closing.pk])


@pytest.mark.parametrize(
    "changes",
    [{"last_notice_on": None}, {"last_notice_on": TODAY}],
    ids=["never told", "told only today"],
)
def test_no_mail_is_deleted_before_its_last_notice_had_a_day(changes: dict[str, Any]) -> None:
    closed_service()
    Closing.objects.update(**changes)

    assert purges() == Allowed([])


@pytest.mark.parametrize(
    "changes",
    [{"closes_at": NOW + timedelta(hours=1)}, {"is_never_terminated": True}],
    ids=["not yet", "never"],
)
def test_mail_is_kept_where_the_service_says_so(changes: dict[str, Any]) -> None:
    closed_service()
    Service.objects.update(**changes)

    assert purges() == Allowed([])


def test_mail_of_somebody_who_has_just_paid_is_not_deleted() -> None:
    closing = closed_service()
    pay(issue(closing.service.client, "3.00"))

    assert purges() == Allowed([])


def test_mail_of_many_mailboxes_waits_for_approval(rules: BillingSettings) -> None:
    rules.purge_approval_mailboxes = 3
    rules.save()
    big, small = closed_service(boxes=3), closed_service(boxes=2, domain="small.test")

    before = purges()
    approval = TerminationApproval.objects.get()
    approvals.approve(approval=approval, actor=approver())

    assert before == Allowed([small.pk], 1)
    assert approval.reason == TerminationApproval.Reason.MANY_MAILBOXES
    assert set(purges().ids) == {big.pk, small.pk}


def test_above_the_cap_no_mail_is_deleted(rules: BillingSettings) -> None:
    rules.termination_cap = 1
    rules.save()
    for n in range(2):
        closed_service(domain=f"acme{n}.test")

    assert purges() == Allowed([], 2)


def purge(closing: Closing) -> Closing | None:
    return termination_guards.purge_closed(closing=closing, today=TODAY, now=NOW, actor=ACTOR)


def answer(service: Service, kind: str, *, days_ago: int = 0, is_approved: bool = True) -> None:
    """Have staff asked about a service, and answering."""
    approval = approvals.ask(
        kind=kind,
        services=[service.pk],
        reason=Reason.ABOVE_CAP,
        on=TODAY - timedelta(days=days_ago),
        actor=ACTOR,
    )
    reply = approvals.approve if is_approved else approvals.decline
    reply(approval=approval, actor=approver())


def pay_something(closing: Closing) -> None:
    pay(issue(closing.service.client, "3.00"))


def decline(closing: Closing) -> None:
    answer(closing.service, Kind.PURGE, is_approved=False)


def never(closing: Closing) -> None:
    Service.objects.filter(pk=closing.service_id).update(is_never_terminated=True)


@pytest.mark.parametrize("spare", [pay_something, decline, never])
def test_what_spares_the_mail_after_it_was_listed_still_spares_it(spare: Any) -> None:
    closing = closed_service()
    listed = purges()
    jobs = ModuleJob.objects.count()

    spare(closing)

    assert listed == Allowed([closing.pk])
    assert purge(closing) is None
    assert Closing.objects.get().status == Closing.Status.CLOSED
    assert ModuleJob.objects.count() == jobs


def test_mail_that_nothing_spares_is_deleted_once() -> None:
    closing = closed_service()

    first, second = purge(closing), purge(closing)

    assert first is not None
    assert second is None
    assert Closing.objects.get().status == Closing.Status.PURGING


@pytest.mark.parametrize(
    ("kind", "days_ago"),
    [(Kind.OVERDUE, 0), (Kind.OVERDUE, 40), (Kind.PURGE, 40)],
    ids=["to close it", "to close it, long ago", "to delete it, long ago"],
)
def test_the_cap_counts_what_was_approved_for_something_else_or_long_ago(
    rules: BillingSettings, kind: str, days_ago: int
) -> None:
    rules.termination_cap = 1
    rules.save()
    first = closed_service()
    answer(first.service, kind, days_ago=days_ago)
    purge(first)
    closed_service(domain="second.test")

    assert purges() == Allowed([], 1)


def test_what_was_approved_lately_takes_nothing_off_the_cap(rules: BillingSettings) -> None:
    rules.termination_cap = 1
    rules.save()
    first = closed_service()
    answer(first.service, Kind.PURGE, days_ago=3)
    purge(first)
    second = closed_service(domain="second.test")

    assert purges() == Allowed([second.pk])
