"""Suspension of what is overdue, and that a payment lifts it and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.models import AutomationItem, BillingProfile, ClientGroup, Invoice, Service
from billing.operations import payments, profiles, services
from clients.actors import Actor
from clients.models import Activity, Client
from provisioning.models import MailDomain, ModuleJob
from provisioning.sandbox import Sandbox
from tests.billing.automation.days import START, configure, cron, done, has_run_daily, on
from tests.billing_makers import make_billed_service
from tests.makers import make_client

pytestmark = pytest.mark.django_db
DUE = START
SUSPENDED_ON = START + timedelta(days=7)
ACTOR = Actor.system("test")
SUSPEND = ("--job", "suspend_overdue")
UNSUSPEND = ("--job", "unsuspend_paid")
RunJobs = Callable[[], None]


@pytest.fixture(autouse=True)
def _before() -> None:
    configure(suspension_days=7, invoice_days=14)
    has_run_daily(SUSPENDED_ON - timedelta(days=1))


def overdue_service(*, due: date = DUE, **fields: Any) -> Service:
    """Return a service whose next period was invoiced in time and not paid."""
    with on(due - timedelta(days=30)):
        service = make_billed_service(next_due=due, **fields)
    cron(due - timedelta(days=14), "--job", "create_invoices")
    has_run_daily(SUSPENDED_ON - timedelta(days=1))
    return service


def pay(service: Service, day: date, amount: str = "", *, hour: int = 8) -> None:
    invoice = Invoice.objects.open().filter(items__service=service).first()
    assert invoice is not None
    with on(day, hour):
        payments.record_payment(
            client=service.client,
            invoice=invoice,
            amount=Decimal(amount) if amount else invoice.balance,
            gateway="bank_transfer",
            reference=f"{invoice.number} {day}",
            paid_on=day,
            actor=ACTOR,
        )


def jobs() -> list[tuple[str, str]]:
    return list(ModuleJob.objects.order_by("pk").values_list("mail_domain__domain", "action"))


def test_what_is_overdue_for_its_days_is_suspended_with_the_reason(
    vendor: Sandbox, run_jobs: RunJobs
) -> None:
    service = overdue_service(vendor=vendor)

    too_early = cron(SUSPENDED_ON - timedelta(days=1), *SUSPEND)
    printed = cron(SUSPENDED_ON, *SUSPEND)
    with on(SUSPENDED_ON):
        run_jobs()
    again = cron(SUSPENDED_ON, *SUSPEND, hour=12)

    service.refresh_from_db()
    assert done(too_early, "suspend_overdue") == 0
    assert done(printed, "suspend_overdue") == 1
    assert done(again, "suspend_overdue") == 0
    assert (service.status, service.suspended_for) == ("suspended", "overdue")
    assert service.mail_domain.suspension_reason == "Overdue on payment"
    assert len(vendor.calls("updateDomain")) == 1
    line = Activity.objects.get(action="service.suspension_requested")
    assert (line.actor_name, line.client) == ("cron", service.client)


def test_nobody_is_suspended_who_is_exempt_has_a_later_day_or_paid_today() -> None:
    plain = overdue_service()
    exempt, of_group, override, partly, slow = (overdue_service() for _ in range(5))
    for service in (exempt, of_group, slow):
        profiles.profile_of(service.client)
    BillingProfile.objects.filter(client=exempt.client).update(is_suspension_exempt=True)
    BillingProfile.objects.filter(client=of_group.client).update(
        group=ClientGroup.objects.create(name="Friends", is_suspension_exempt=True)
    )
    BillingProfile.objects.filter(client=slow.client).update(suspension_days=8)
    Service.objects.filter(pk=override.pk).update(
        suspension_override_until=SUSPENDED_ON + timedelta(days=1)
    )
    pay(partly, SUSPENDED_ON, "1.00")

    cron(SUSPENDED_ON, *SUSPEND)
    first = jobs()
    has_run_daily(SUSPENDED_ON)
    cron(SUSPENDED_ON + timedelta(days=1), *SUSPEND)

    assert first == [(plain.domain, "suspend")]
    assert {domain for domain, _action in jobs()} == {
        each.domain for each in (plain, override, partly, slow)
    }


def test_a_service_that_is_paid_is_not_suspended_for_another_of_the_client() -> None:
    client = make_client()
    paid = overdue_service(client=client)
    owing = overdue_service(client=client, due=DUE - timedelta(days=1))
    pay(paid, DUE)

    cron(SUSPENDED_ON, *SUSPEND)

    assert jobs() == [(owing.domain, "suspend")]


def test_suspension_can_be_switched_off() -> None:
    overdue_service()
    configure(is_suspension_on=False)

    cron(SUSPENDED_ON, *SUSPEND)

    assert jobs() == []


def test_after_an_outage_nobody_is_suspended_in_the_first_run() -> None:
    service = overdue_service()
    has_run_daily(SUSPENDED_ON - timedelta(days=5))

    first = cron(SUSPENDED_ON)
    second = cron(SUSPENDED_ON + timedelta(days=1))

    assert "Waits after a gap" in first
    assert done(second, "suspend_overdue") == 1
    assert jobs() == [(service.domain, "suspend")]


def test_an_invoice_made_late_gives_the_client_all_their_days() -> None:
    with on(DUE - timedelta(days=30)):
        make_billed_service(next_due=DUE)
    late = DUE + timedelta(days=20)

    for number in range(8):
        cron(late + timedelta(days=number))
        if number < 7:
            assert jobs() == []

    assert [action for _domain, action in jobs()] == ["suspend"]


def test_a_payment_lifts_it_at_once(vendor: Sandbox, run_jobs: RunJobs) -> None:
    service = overdue_service(vendor=vendor)
    cron(SUSPENDED_ON, *SUSPEND)
    with on(SUSPENDED_ON):
        run_jobs()

    pay(service, SUSPENDED_ON + timedelta(days=1))
    with on(SUSPENDED_ON + timedelta(days=1)):
        run_jobs()

    service.refresh_from_db()
    assert (service.status, service.suspended_for) == ("active", "")
    assert vendor.domains()[service.domain]["active"]
    assert jobs() == [(service.domain, "suspend"), (service.domain, "unsuspend")]


def test_a_payment_before_the_worker_came_leaves_the_mail_on(
    vendor: Sandbox, run_jobs: RunJobs
) -> None:
    service = overdue_service(vendor=vendor)
    cron(SUSPENDED_ON, *SUSPEND)

    pay(service, SUSPENDED_ON, hour=10)
    with on(SUSPENDED_ON, 11):
        run_jobs()

    service.refresh_from_db()
    assert service.status == "active"
    assert vendor.domains()[service.domain]["active"]
    assert ModuleJob.objects.get(action="suspend").status == "cancelled"


def test_a_part_payment_lifts_nothing(vendor: Sandbox, run_jobs: RunJobs) -> None:
    service = overdue_service(vendor=vendor)
    cron(SUSPENDED_ON, *SUSPEND)
    with on(SUSPENDED_ON):
        run_jobs()

    pay(service, SUSPENDED_ON + timedelta(days=1), "9.99")
    cron(SUSPENDED_ON + timedelta(days=1))

    service.refresh_from_db()
    assert service.status == "suspended"
    assert jobs() == [(service.domain, "suspend")]


def test_the_sweep_lifts_it_when_the_reason_went_some_other_way(
    vendor: Sandbox, run_jobs: RunJobs
) -> None:
    service = overdue_service(vendor=vendor)
    cron(SUSPENDED_ON, *SUSPEND)
    with on(SUSPENDED_ON):
        run_jobs()
    Invoice.objects.update(status="paid", balance=0)  # as an import or a restored backup would

    cron(SUSPENDED_ON + timedelta(days=1), *UNSUSPEND)
    cron(SUSPENDED_ON + timedelta(days=1), *UNSUSPEND)
    with on(SUSPENDED_ON + timedelta(days=1)):
        run_jobs()

    service.refresh_from_db()
    assert service.status == "active"
    assert len(jobs()) == 2


def test_an_unsuspension_that_failed_waits_for_staff(vendor: Sandbox, run_jobs: RunJobs) -> None:
    service = overdue_service(vendor=vendor)
    cron(SUSPENDED_ON, *SUSPEND)
    with on(SUSPENDED_ON):
        run_jobs()
    vendor.faults.add(action="updateDomain", kind="reject", sentence="Not now", count=0)
    pay(service, SUSPENDED_ON + timedelta(days=1))
    with on(SUSPENDED_ON + timedelta(days=1)):
        run_jobs()
    before = list(ModuleJob.objects.values_list("action", "status"))

    for hour in (9, 10):
        cron(SUSPENDED_ON + timedelta(days=1), *UNSUSPEND, hour=hour)

    assert ("unsuspend", "failed") in before
    assert list(ModuleJob.objects.values_list("action", "status")) == before


def test_what_staff_have_suspended_no_payment_lifts(vendor: Sandbox, run_jobs: RunJobs) -> None:
    service = overdue_service(vendor=vendor)
    with on(SUSPENDED_ON):
        services.suspend_service(service=service, reason="Spam", actor=ACTOR)
        run_jobs()

    cron(SUSPENDED_ON, *SUSPEND)
    pay(service, SUSPENDED_ON)
    cron(SUSPENDED_ON + timedelta(days=1))

    service.refresh_from_db()
    assert (service.status, service.suspended_for) == ("suspended", "staff")
    assert jobs() == [(service.domain, "suspend")]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": MailDomain.Status.UNVERIFIED},
        {"status": MailDomain.Status.SUSPENDED},
    ],
)
def test_a_domain_that_cannot_be_suspended_is_left_alone_and_said(fields: dict[str, Any]) -> None:
    service = overdue_service()
    MailDomain.objects.filter(pk=service.mail_domain_id).update(**fields)

    printed = cron(SUSPENDED_ON, *SUSPEND)

    skipped = AutomationItem.objects.get(outcome="skipped")
    assert done(printed, "suspend_overdue") == 0
    assert jobs() == []
    assert (skipped.subject_id, skipped.message[:11]) == (service.pk, "Its domain ")


def test_hundreds_are_asked_for_in_a_few_statements(
    django_assert_max_num_queries: Any,
) -> None:
    client = make_client()
    for number in range(12):
        overdue_service(client=client, due=DUE - timedelta(days=number % 3))

    with django_assert_max_num_queries(32):
        printed = cron(SUSPENDED_ON, *SUSPEND)

    assert done(printed, "suspend_overdue") == 12
    assert Client.objects.count() == 1
