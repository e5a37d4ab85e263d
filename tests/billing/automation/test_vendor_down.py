"""A day on which the vendor, or one of its servers, does not answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from billing.models import AutomationJobRun, Invoice, Service
from billing.operations import payments
from clients.actors import Actor
from provisioning.models import ModuleJob
from provisioning.sandbox import Sandbox
from tests.billing.automation.days import START, configure, cron, done, has_run_daily, on
from tests.billing_makers import make_billed_service, make_priced_product
from tests.makers import make_server

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")
DUE = START
SUSPENDED_ON = START + timedelta(days=7)
RunJobs = Callable[[], None]


@pytest.fixture(autouse=True)
def _before() -> None:
    configure(suspension_days=7, invoice_days=14)


@pytest.fixture
def overdue(vendor: Sandbox) -> Service:
    """A service that is to be suspended on the day."""
    return overdue_on(vendor)


def overdue_on(vendor: Sandbox, **fields: object) -> Service:
    with on(DUE - timedelta(days=30)):
        product = make_priced_product(server=make_server(**fields))
        service = make_billed_service(next_due=DUE, product=product, vendor=vendor)
    cron(DUE - timedelta(days=14), "--job", "create_invoices")
    has_run_daily(SUSPENDED_ON - timedelta(days=1))
    return service


def test_the_days_work_is_done_and_what_needs_the_vendor_waits(
    vendor: Sandbox, overdue: Service, run_jobs: RunJobs
) -> None:
    with on(DUE - timedelta(days=30)):
        renewing = make_billed_service(next_due=SUSPENDED_ON + timedelta(days=14), vendor=vendor)
    vendor.faults.add(action="*", kind="drop_before", count=0)

    printed = cron(SUSPENDED_ON)
    with on(SUSPENDED_ON):
        run_jobs()

    overdue.refresh_from_db()
    assert done(printed, "create_invoices") == 1
    assert done(printed, "suspend_overdue") == 1
    assert done(printed, "send_daily_report") == 1
    assert Invoice.objects.filter(items__service=renewing).exists()
    assert not AutomationJobRun.objects.exclude(status="done").exists()
    job = ModuleJob.objects.get()
    assert (job.action, job.status, job.cause) == ("suspend", "queued", "unreachable")
    assert overdue.status == "active"
    assert overdue.suspended_for == ""


def test_the_work_that_waited_is_done_once_when_the_vendor_is_back(
    vendor: Sandbox, overdue: Service, run_jobs: RunJobs
) -> None:
    vendor.faults.add(action="*", kind="drop_before", count=0)
    cron(SUSPENDED_ON)
    with on(SUSPENDED_ON):
        run_jobs()
    cron(SUSPENDED_ON + timedelta(days=1))

    vendor.faults.clear()
    vendor.forget_calls()
    with on(SUSPENDED_ON + timedelta(days=2)):
        run_jobs()
    cron(SUSPENDED_ON + timedelta(days=2))

    overdue.refresh_from_db()
    assert (overdue.status, overdue.suspended_for) == ("suspended", "overdue")
    assert len(vendor.calls("updateDomain")) == 1
    assert ModuleJob.objects.count() == 1


def test_who_pays_while_the_vendor_is_down_is_not_suspended_afterwards(
    vendor: Sandbox, overdue: Service, run_jobs: RunJobs
) -> None:
    vendor.faults.add(action="*", kind="drop_before", count=0)
    cron(SUSPENDED_ON)
    with on(SUSPENDED_ON):
        run_jobs()
    invoice = Invoice.objects.get()
    with on(SUSPENDED_ON, 12):
        payments.record_payment(
            client=overdue.client,
            invoice=invoice,
            amount=Decimal(10),
            gateway="bank_transfer",
            reference="late",
            paid_on=SUSPENDED_ON,
            actor=ACTOR,
        )

    vendor.faults.clear()
    for number in range(3):
        with on(SUSPENDED_ON + timedelta(days=number), 13):
            run_jobs()
        cron(SUSPENDED_ON + timedelta(days=number), hour=14)

    overdue.refresh_from_db()
    assert overdue.status == "active"
    assert vendor.domains()[overdue.domain]["active"]


def test_one_server_that_fails_does_not_stop_the_others(vendor: Sandbox, run_jobs: RunJobs) -> None:
    broken = overdue_on(
        vendor,
        admin_url="http://broken.stand-in.test/admin/json.php",
        fallback_admin_url="",
    )
    others = [overdue_on(vendor) for _ in range(2)]
    vendor.faults.add(action="*", kind="drop_before", host="broken.stand-in.test", count=0)

    printed = cron(SUSPENDED_ON)
    with on(SUSPENDED_ON):
        run_jobs()

    assert done(printed, "suspend_overdue") == 3
    assert [Service.objects.get(pk=each.pk).status for each in others] == ["suspended"] * 2
    assert Service.objects.get(pk=broken.pk).status == "active"
    assert ModuleJob.objects.get(mail_domain=broken.mail_domain).status == "queued"
