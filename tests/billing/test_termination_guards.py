"""What the automation must not end by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission

from billing.events import TerminationApprovalNeeded
from billing.models import (
    BillingProfile,
    BillingSettings,
    ClientGroup,
    Closing,
    Invoice,
    Payment,
    Service,
    TerminationApproval,
)
from billing.operations import approvals, credit, profiles, termination_guards
from billing.operations.approvals import UnableToAnswer
from billing.operations.termination_guards import Allowed
from clients.actors import Actor
from clients.models import User
from provisioning.models import MailDomain, ModuleJob
from tests import makers
from tests.billing.closing_steps import ACTOR, NOW, TODAY, close, fresh, overdue_service
from tests.billing.documents import issue, pay
from tests.billing.heard import Heard

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
Answer = TerminationApproval.Status


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture(autouse=True)
def rules() -> BillingSettings:
    """Terminations are on, 30 days after the due date, ten a day."""
    settings = BillingSettings.current()
    settings.is_termination_on = True
    settings.save()
    return settings


@pytest.fixture
def service() -> Service:
    return overdue_service()[0]


def due(at: datetime = NOW) -> list[int]:
    return termination_guards.overdue_terminations(today=at.date(), now=at, actor=ACTOR).ids


def terminate(service: Service) -> Closing | None:
    return termination_guards.terminate_overdue(service=service, today=TODAY, now=NOW, actor=ACTOR)


def approver() -> Actor:
    user = makers.make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="approve_termination"))
    return Actor.from_user(User.objects.get(pk=user.pk))


def test_thirty_days_after_the_due_date_an_unpaid_service_is_closed_and_kept(
    service: Service,
) -> None:
    first_day = datetime(2026, 5, 1, 12, tzinfo=NOW.tzinfo)

    before, on_the_day = due(first_day - timedelta(days=1)), due(first_day)
    closing = terminate(service)

    assert (before, on_the_day) == ([], [service.pk])
    assert closing is not None
    assert (closing.cause, closing.hold_days) == (Closing.Cause.OVERDUE, 30)
    assert due() == []


def test_switched_off_nothing_is_terminated(service: Service, rules: BillingSettings) -> None:
    rules.is_termination_on = False
    rules.save()

    assert due() == []
    assert fresh(service).status == Service.Status.SUSPENDED


def exempt(service: Service) -> None:
    profile = profiles.profile_of(service.client)
    profile.is_termination_exempt = True
    profile.save()


def exempt_group(service: Service) -> None:
    profile = profiles.profile_of(service.client)
    profile.group = ClientGroup.objects.create(name="Friends", is_termination_exempt=True)
    profile.save()


def never(service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(is_never_terminated=True)


def overridden(service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(suspension_override_until=TODAY)


def by_staff(service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(suspended_for=Service.SuspendedFor.STAFF)


def running(service: Service) -> None:
    domain = MailDomain.objects.get(pk=service.mail_domain_id)
    domain.unsuspend()
    domain.save()
    row = fresh(service)
    row.unsuspend()
    row.save()


def paid_something_else(service: Service) -> None:
    pay(issue(service.client, "3.00"))


def covered_by_credit(service: Service) -> None:
    credit.add_credit(client=service.client, amount=Decimal(10), description="Gift", actor=ACTOR)


def more_time(service: Service) -> None:
    profile = profiles.profile_of(service.client)
    profile.termination_days = 90
    profile.save()


def jumped(service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(next_due_date=date(2025, 4, 1))


@pytest.mark.parametrize(
    "spare",
    [
        exempt,
        exempt_group,
        never,
        overridden,
        by_staff,
        running,
        paid_something_else,
        covered_by_credit,
        more_time,
        jumped,
        close,
    ],
)
def test_a_service_is_spared_where(service: Service, spare: Any) -> None:
    was_due = due()

    spare(service)

    assert was_due == [service.pk]
    assert due() == []
    assert terminate(service) is None
    assert not Closing.objects.filter(cause=Closing.Cause.OVERDUE).exists()


def test_a_day_after_a_payment_for_something_else_the_debt_counts_again(service: Service) -> None:
    paid_something_else(service)
    Payment.objects.update(created_at=NOW - timedelta(hours=25))
    Invoice.objects.filter(paid_at__isnull=False).update(paid_at=NOW - timedelta(hours=25))

    assert due() == [service.pk]


def test_an_invoice_made_late_gives_nobody_less_time() -> None:
    overdue_service(issued=date(2026, 5, 11))

    assert due() == []


def test_credit_below_the_debt_spares_nobody(service: Service) -> None:
    BillingProfile.objects.filter(client=service.client).update(credit=Decimal("9.99"))

    assert due() == [service.pk]


def many(number: int) -> list[Service]:
    return [overdue_service(domain=f"acme{n}.test")[0] for n in range(number)]


def ask_for() -> Allowed:
    return termination_guards.overdue_terminations(today=TODAY, now=NOW, actor=ACTOR)


def test_above_the_cap_none_is_terminated_and_staff_are_asked_once(
    rules: BillingSettings, heard: Heard
) -> None:
    rules.termination_cap = 2
    rules.save()
    many(3)

    first, second = ask_for(), ask_for()

    approval = TerminationApproval.objects.get()
    assert (first, second) == (Allowed([], 3), Allowed([], 3))
    assert approval.reason == TerminationApproval.Reason.ABOVE_CAP
    assert approval.services.count() == 3
    assert heard.of(TerminationApprovalNeeded) == [TerminationApprovalNeeded(approval.pk)]


def test_the_cap_counts_the_whole_day_and_not_each_run(rules: BillingSettings) -> None:
    rules.termination_cap = 2
    rules.save()
    for each in many(2):
        terminate(each)
    overdue_service(domain="late.test")

    assert ask_for() == Allowed([], 1)


def test_two_percent_of_many_services_is_a_larger_cap(rules: BillingSettings) -> None:
    rules.termination_cap = 1
    rules.termination_cap_percent = Decimal(50)
    rules.save()
    many(4)

    assert termination_guards.cap(rules) == 2
    assert ask_for().ids == []


def test_approved_by_a_second_person_they_are_terminated(rules: BillingSettings) -> None:
    rules.termination_cap = 1
    rules.save()
    services = many(2)
    ask_for()

    approvals.approve(approval=TerminationApproval.objects.get(), actor=approver())

    assert ask_for().ids == [each.pk for each in services]


def test_declined_they_are_left_alone_and_asked_about_again_after_a_week(
    rules: BillingSettings,
) -> None:
    rules.termination_cap = 1
    rules.save()
    many(2)
    ask_for()

    approvals.decline(approval=TerminationApproval.objects.get(), actor=approver())
    now = ask_for()
    later = NOW + timedelta(days=8)
    again = termination_guards.overdue_terminations(today=later.date(), now=later, actor=ACTOR)

    assert now == Allowed([], 0)
    assert again == Allowed([], 2)


def test_approved_does_not_mean_that_who_has_paid_is_terminated(rules: BillingSettings) -> None:
    rules.termination_cap = 1
    rules.save()
    services = many(2)
    ask_for()
    approvals.approve(approval=TerminationApproval.objects.get(), actor=approver())

    pay(Invoice.objects.get(items__service=services[0]))

    assert ask_for().ids == [services[1].pk]


def test_nobody_approves_what_they_asked_for_themselves() -> None:
    both = approver()
    approval = approvals.ask(
        kind=TerminationApproval.Kind.PURGE,
        services=[],
        reason=TerminationApproval.Reason.MANY_MAILBOXES,
        on=TODAY,
        actor=both,
    )

    with pytest.raises(UnableToAnswer, match="Somebody else"):
        approvals.approve(approval=approval, actor=both)

    assert approvals.approve(approval=approval, actor=approver()).status == Answer.APPROVED


def test_an_answer_needs_the_right_and_is_given_once() -> None:
    approval = approvals.ask(
        kind=TerminationApproval.Kind.OVERDUE,
        services=[],
        reason=TerminationApproval.Reason.ABOVE_CAP,
        on=TODAY,
        actor=ACTOR,
    )
    for actor in (ACTOR, Actor.from_user(makers.make_user(is_staff=True))):
        with pytest.raises(UnableToAnswer, match="not allowed"):
            approvals.decline(approval=approval, actor=actor)
    approvals.decline(approval=approval, actor=approver())

    with pytest.raises(UnableToAnswer, match="answered already"):
        approvals.approve(approval=approval, actor=approver())

    assert TerminationApproval.objects.get().status == Answer.DECLINED


def never_verified(**fields: Any) -> Service:
    """Return a service that was never paid, and whose domain still waits for its record."""
    service = overdue_service(**fields)[0]
    MailDomain.objects.filter(pk=service.mail_domain_id).update(status=MailDomain.Status.UNVERIFIED)
    Service.objects.filter(pk=service.pk).update(status=Service.Status.ACTIVE, suspended_for="")
    return fresh(service)


def test_what_cannot_be_suspended_for_want_of_a_verified_domain_ends_too() -> None:
    service = never_verified()

    listed = due()
    closing = terminate(service)

    assert listed == [service.pk]
    assert closing is not None
    assert (closing.cause, closing.hold_days) == (Closing.Cause.OVERDUE, 0)
    assert ModuleJob.objects.get().action == ModuleJob.Action.TERMINATE


@pytest.mark.parametrize(
    "spare", [exempt, exempt_group, never, overridden, paid_something_else, covered_by_credit]
)
def test_without_a_verified_domain_a_service_is_spared_as_others_are(spare: Any) -> None:
    service = never_verified()

    spare(service)

    assert due() == []
    assert terminate(service) is None


def test_whom_nobody_suspends_is_not_ended_for_want_of_a_verified_domain() -> None:
    service = never_verified()
    profile = profiles.profile_of(service.client)
    profile.is_suspension_exempt = True
    profile.save()

    assert due() == []


def test_services_without_a_verified_domain_count_for_the_cap(rules: BillingSettings) -> None:
    rules.termination_cap = 1
    rules.save()
    for number in range(2):
        never_verified(domain=f"acme{number}.test")

    assert ask_for() == Allowed([], 2)


def test_declined_after_it_was_listed_a_service_stays(service: Service) -> None:
    listed = due()
    approval = approvals.ask(
        kind=TerminationApproval.Kind.OVERDUE,
        services=[service.pk],
        reason=TerminationApproval.Reason.ABOVE_CAP,
        on=TODAY,
        actor=ACTOR,
    )
    approvals.decline(approval=approval, actor=approver())

    assert listed == [service.pk]
    assert terminate(service) is None
