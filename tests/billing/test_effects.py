"""What a payment brings about: once for each line, and nothing for what was not paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from billing.events import InvoicePaid
from billing.models import Invoice, InvoiceItem, Service
from billing.operations import invoicing
from clients.models import Activity
from core.events import publish
from provisioning.models import ModuleJob
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.documents import ACTOR, TODAY, hosting, issue, line, pay
from tests.billing_makers import make_billed_service

pytestmark = pytest.mark.django_db
Action = ModuleJob.Action


def due_of(service: Service) -> date | None:
    return Service.objects.get(pk=service.pk).next_due_date


def suspended(service: Service) -> Service:
    """Suspend a service as the automation does for what is overdue."""
    Service.objects.filter(pk=service.pk).update(suspended_for=Service.SuspendedFor.OVERDUE)
    return service


def test_a_paid_period_moves_the_due_date_to_its_end() -> None:
    service = make_billed_service(next_due=TODAY)
    invoice = issue(service.client, hosting(service, days=31))

    pay(invoice, "4.00")

    assert due_of(service) == TODAY

    pay(invoice)

    assert due_of(service) == TODAY + timedelta(days=31)
    assert Activity.objects.get(action="service.paid_until").before == {
        "next_due_date": "2026-05-10"
    }


def test_told_twice_it_is_done_once() -> None:
    service = make_billed_service(next_due=TODAY)
    invoice = issue(service.client, hosting(service, days=31))
    pay(invoice)
    Service.objects.filter(pk=service.pk).update(next_due_date=TODAY)

    with transaction.atomic():
        publish(InvoicePaid(invoice_id=invoice.pk))

    assert due_of(service) == TODAY
    assert Activity.objects.filter(action="service.paid_until").count() == 1


def test_an_old_period_paid_late_moves_nothing_back() -> None:
    service = make_billed_service(next_due=TODAY + timedelta(days=60))

    pay(issue(service.client, hosting(service, days=31)))

    assert due_of(service) == TODAY + timedelta(days=60)


def test_options_set_up_fees_and_cancelled_invoices_move_nothing() -> None:
    service = make_billed_service(next_due=TODAY)
    cancelled = issue(service.client, hosting(service))
    invoicing.cancel_invoice(invoice=cancelled, actor=ACTOR)

    pay(cancelled, "10.00")
    pay(
        issue(
            service.client,
            line("5.00", kind=InvoiceItem.Kind.SETUP, service=service),
            uses_credit=False,
        )
    )

    assert due_of(service) == TODAY
    assert not cancelled.items.exclude(applied_at=None).exists()


def test_a_service_suspended_for_non_payment_is_on_again_when_all_is_paid(
    vendor: Sandbox, run_jobs: Callable[[], None]
) -> None:
    service = suspended(make_billed_service(status="suspended", vendor=vendor))
    today = timezone.localdate()
    overdue = [
        issue(
            service.client,
            hosting(service, start=today - timedelta(days=days)),
            due=today - timedelta(days=days),
        )
        for days in (60, 30)
    ]

    pay(overdue[0])
    run_jobs()

    assert Service.objects.get(pk=service.pk).status == Service.Status.SUSPENDED
    assert not ModuleJob.objects.exists()

    pay(overdue[1])
    run_jobs()

    assert Service.objects.get(pk=service.pk).status == Service.Status.ACTIVE
    assert [job.action for job in ModuleJob.objects.all()] == [Action.UNSUSPEND]


def test_a_service_suspended_by_staff_stays_so_when_it_is_paid() -> None:
    service = make_billed_service(status="suspended")
    today = timezone.localdate()

    pay(
        issue(
            service.client,
            hosting(service, start=today - timedelta(days=30)),
            due=today - timedelta(days=30),
        )
    )

    assert not ModuleJob.objects.exists()
    assert Service.objects.get(pk=service.pk).suspended_for == "staff"


def test_a_module_that_is_busy_does_not_undo_the_payment() -> None:
    service = suspended(make_billed_service(status="suspended"))
    makers.make_job(service, Action.TERMINATE)
    today = timezone.localdate()
    invoice = issue(
        service.client,
        hosting(service, start=today - timedelta(days=30)),
        due=today - timedelta(days=30),
    )

    pay(invoice)

    assert Invoice.objects.get(pk=invoice.pk).status == Invoice.Status.PAID
    assert [job.action for job in ModuleJob.objects.all()] == [Action.TERMINATE]
