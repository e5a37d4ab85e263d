"""Two crons at once, and a payment in the moment of a suspension."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from functools import partial
from io import StringIO
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext_lazy

from billing.automation import leases, runner
from billing.automation.job import Job
from billing.automation.work import Work
from billing.models import AutomationJob, AutomationJobRun, Invoice, InvoiceItem, Service
from billing.operations import profiles, renewals, suspension
from clients.actors import Actor
from provisioning.models import ModuleJob
from provisioning.operations import bulk
from tests.billing.documents import hosting, issue, pay
from tests.billing_makers import make_billed_service
from tests.races.together import PATIENCE_SECONDS, Meeting, together
from tests.races.unguarded import without_locks

pytestmark = [
    pytest.mark.servers,
    pytest.mark.enable_socket,
    pytest.mark.usefixtures("world", "nobody_works"),
]
ACTOR = Actor.system("test")


def today() -> date:
    return timezone.localdate()


def cron() -> None:
    call_command("cron", stdout=StringIO())


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A cron of one job; each of its runs adds a word here."""
    runs: list[str] = []

    def note(work: Work) -> None:
        runs.append("ran")
        work.count(1)

    job = Job("only", gettext_lazy("Invoices"), note)
    monkeypatch.setattr(runner, "JOBS", (job,))
    return runs


@pytest.fixture
def seen_free(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Both crons wait for each other when they have seen that the job is free."""
    AutomationJob.objects.create(name="only")
    meeting = Meeting()
    state_of = leases.state_of

    def look_and_wait(jobs: Collection[Job]) -> dict[str, AutomationJob]:
        state = state_of(jobs)
        meeting()
        return state

    monkeypatch.setattr(leases, "state_of", look_and_wait)
    return meeting


def test_of_two_crons_at_once_one_does_a_job(ran: list[str], seen_free: Meeting) -> None:
    results = together(cron, cron)

    assert results == [None, None]
    assert seen_free.has_happened
    assert ran == ["ran"]
    assert AutomationJobRun.objects.get().done == 1


def test_control_without_the_lease_both_do_it(
    ran: list[str], seen_free: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_anyhow(*_args: Any, **_options: Any) -> UUID:
        return uuid4()

    monkeypatch.setattr(leases, "take", take_anyhow)

    together(cron, cron)

    assert seen_free.has_happened
    assert ran == ["ran", "ran"]


@pytest.fixture
def renewing() -> list[int]:
    """Services whose next period is to be invoiced now."""
    due = today() + timedelta(days=3)
    services = [make_billed_service(next_due=due) for _ in range(3)]
    for service in services:
        profiles.profile_of(service.client)
    return [service.pk for service in services]


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Both walks wait for each other when they have put their invoices together."""
    meeting = Meeting()
    save = renewals.Batch.save

    def wait_and_save(batch: renewals.Batch) -> None:
        meeting()
        save(batch)

    monkeypatch.setattr(renewals.Batch, "save", wait_and_save)
    return meeting


def invoice(service_ids: list[int]) -> int:
    due = renewals.due_for_invoice(today=today(), days=14)
    made = renewals.invoice_next_period(
        service_ids=service_ids, due=due, today=today(), actor=ACTOR
    )
    return len(made.invoices)


def test_of_two_walks_over_the_same_services_one_invoices_them(
    renewing: list[int], priced: Meeting
) -> None:
    results = together(*[partial(invoice, renewing)] * 2)

    assert sorted(results) == [0, 3]
    assert not priced.has_happened
    assert InvoiceItem.objects.count() == 3
    numbers = [str(number) for number in Invoice.objects.values_list("number", flat=True)]
    assert sorted(number[-5:] for number in numbers) == ["00001", "00002", "00003"]


def test_control_without_the_locks_only_the_databases_own_rule_is_left(
    renewing: list[int], priced: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch, renewals, "invoice_next_period")

    results = together(*[partial(invoice, renewing)] * 2)

    assert priced.has_happened
    assert any(isinstance(result, IntegrityError) for result in results)
    assert InvoiceItem.objects.filter(kind="hosting").count() == 3


@pytest.fixture
def overdue() -> Service:
    """A service that is to be suspended now."""
    due = today() - timedelta(days=10)
    service = make_billed_service(next_due=due)
    issue(service.client, hosting(service, start=due), due=due)
    return service


@pytest.fixture
def seen_unpaid() -> Event:
    """Set once the suspension has seen that nothing is paid."""
    return Event()


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch, seen_unpaid: Event) -> Meeting:
    """The suspension waits for the payment when it has seen that nothing is paid."""
    meeting = Meeting(seconds=2)  # a payment takes a while on a busy machine
    request = bulk.request_suspensions

    def wait_and_request(**details: Any) -> list[int]:
        seen_unpaid.set()
        meeting()
        return request(**details)

    monkeypatch.setattr(bulk, "request_suspensions", wait_and_request)
    return meeting


def suspend(service: Service) -> None:
    suspension.suspend_overdue(service_ids=[service.pk], today=today(), days=7, actor=ACTOR)


def pay_after(seen_unpaid: Event, meeting: Meeting) -> None:
    invoice = Invoice.objects.get()
    seen_unpaid.wait(PATIENCE_SECONDS)
    pay(invoice)
    meeting()


def waiting_suspensions() -> int:
    return ModuleJob.objects.open().filter(action=ModuleJob.Action.SUSPEND).count()


def test_a_payment_in_the_moment_of_the_suspension_leaves_the_mail_on(
    overdue: Service, looked: Meeting, seen_unpaid: Event
) -> None:
    results = together(partial(suspend, overdue), partial(pay_after, seen_unpaid, looked))

    assert results == [None, None]
    assert not looked.has_happened
    assert Invoice.objects.get().status == "paid"
    assert waiting_suspensions() == 0


def test_control_without_the_lock_who_has_paid_is_suspended(
    overdue: Service,
    looked: Meeting,
    seen_unpaid: Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_locks(monkeypatch, suspension, "suspend_overdue")

    together(partial(suspend, overdue), partial(pay_after, seen_unpaid, looked))

    assert looked.has_happened
    assert Invoice.objects.get().status == "paid"
    assert waiting_suspensions() == 1
