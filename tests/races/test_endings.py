"""The end of a service, and what comes at the same moment."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import Model
from django.utils import timezone
from django_fsm import ConcurrentTransition

from billing.models import (
    BillingSettings,
    CancellationRequest,
    Closing,
    Invoice,
    InvoiceItem,
    Payment,
    Service,
)
from billing.operations import (
    cancellation,
    invoicing,
    payments,
    termination,
    termination_guards,
)
from clients.actors import Actor
from provisioning.models import MailDomain, ModuleJob
from provisioning.sandbox import Sandbox
from tests import billing_makers
from tests.billing.documents import hosting
from tests.races.together import Meeting, together
from tests.races.unguarded import without_locks

pytestmark = [pytest.mark.servers, pytest.mark.enable_socket, pytest.mark.usefixtures("world")]
Action = ModuleJob.Action
TIMING = CancellationRequest.Timing.END_OF_PERIOD


@pytest.fixture
def service(world: Sandbox) -> Service:
    due = timezone.localdate() + timedelta(days=10)
    return billing_makers.make_billed_service(domain="acme.test", next_due=due, vendor=world)


def read(service: Service) -> Service:
    return Service.objects.with_domain().get(pk=service.pk)


def invoice_of(service: Service, actor: Actor, *, days: int) -> Invoice:
    """Return the service's open renewal, due so many days from today."""
    due = timezone.localdate() + timedelta(days=days)
    return invoicing.issue_invoice(
        client=service.client,
        items=[hosting(service, start=due)],
        due_date=due,
        on=due,
        actor=actor,
    )


# A payment against the termination of what it pays for.


@pytest.fixture
def overdue(service: Service, actor: Actor) -> tuple[Service, Invoice]:
    """A service that is suspended and unpaid for so long that it is to be closed."""
    settings = BillingSettings.current()
    settings.is_termination_on = True
    settings.save()
    due = timezone.localdate() - timedelta(days=40)
    Service.objects.filter(pk=service.pk).update(next_due_date=due, anchor_day=due.day)
    invoice = invoice_of(service, actor, days=-40)
    domain = MailDomain.objects.get()
    domain.suspend(at=timezone.now(), reason="Overdue on Payment")
    domain.save()
    row = read(service)
    row.suspend(suspended_for=Service.SuspendedFor.OVERDUE)
    row.save()
    return read(service), invoice


@pytest.fixture
def spared(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Termination and payment wait for each other when both have looked, and not yet written."""
    meeting = Meeting()
    close, save = termination.close_service, Payment.save

    def wait_and_close(**details: Any) -> Closing:
        meeting()
        return close(**details)

    def save_and_wait(payment: Payment, **details: Any) -> None:
        meeting()
        save(payment, **details)

    monkeypatch.setattr(termination, "close_service", wait_and_close)
    monkeypatch.setattr(Payment, "save", save_and_wait)
    return meeting


def pay(invoice: Invoice, actor: Actor) -> Payment:
    return payments.record_payment(
        client=invoice.client,
        invoice=invoice,
        amount=invoice.total,
        gateway="bank_transfer",
        reference="TX-1",
        paid_on=timezone.localdate(),
        actor=actor,
    )


def terminate(service: Service, actor: Actor) -> Closing | None:
    now = timezone.now()
    return termination_guards.terminate_overdue(
        service=service, today=timezone.localdate(), now=now, actor=actor
    )


@pytest.mark.usefixtures("nobody_works")
def test_who_pays_while_being_terminated_keeps_the_service(
    overdue: tuple[Service, Invoice], spared: Meeting, actor: Actor
) -> None:
    service, invoice = overdue

    paid, _closed = together(partial(pay, invoice, actor), partial(terminate, service, actor))

    assert isinstance(paid, Payment)
    assert not spared.has_happened
    assert Invoice.objects.get().status == Invoice.Status.PAID
    # Either the payment came first and nothing was closed, or it has taken the closing back.
    assert not Closing.objects.filter(status__in=["requested", "closed"]).exists()
    assert not ModuleJob.objects.open().filter(action=Action.CLOSE).exists()


@pytest.mark.usefixtures("nobody_works")
def test_control_without_the_locks_a_paid_service_is_closed(
    overdue: tuple[Service, Invoice],
    spared: Meeting,
    actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_locks(monkeypatch, termination_guards, "terminate_overdue")
    service, invoice = overdue

    together(partial(pay, invoice, actor), partial(terminate, service, actor))

    assert spared.has_happened
    assert Closing.objects.exists()


# A restoration against the deletion of what it brings back.


@pytest.fixture
def closed(service: Service, actor: Actor) -> Closing:
    """A closing whose time is over."""
    closing = termination.close_service(
        service=service, reason="By phone", actor=actor, on=timezone.localdate()
    )
    now = timezone.now()
    domain = MailDomain.objects.get()
    domain.close(at=now)
    domain.save()
    ModuleJob.objects.all().delete()
    row = read(service)
    row.close(closes_at=now)
    row.save()
    fresh = Closing.objects.get(pk=closing.pk)
    fresh.confirm(at=now)
    fresh.save()
    return fresh


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Both wait for each other when they have seen that the service is closed."""
    meeting = Meeting()
    _wait_after(monkeypatch, meeting, Closing, "begin_restoration")
    _wait_after(monkeypatch, meeting, Closing, "begin_purge")
    return meeting


def _wait_after(
    monkeypatch: pytest.MonkeyPatch, meeting: Meeting, model: type[Model], name: str
) -> None:
    transition = vars(model)[name]

    def decide_and_wait(row: Model, **details: Any) -> None:
        transition(row, **details)
        meeting()

    monkeypatch.setattr(model, name, decide_and_wait)


def restore(closing: Closing, actor: Actor) -> Closing:
    return termination.restore_service(
        service=read(closing.service), actor=actor, on=timezone.localdate()
    )


def purge(closing: Closing, actor: Actor) -> Closing | None:
    now = timezone.now()
    fresh = Closing.objects.select_related("service__client").get(pk=closing.pk)
    return termination.purge_closed(closing=fresh, today=timezone.localdate(), now=now, actor=actor)


@pytest.mark.usefixtures("nobody_works")
def test_what_is_restored_and_deleted_at_once_is_one_of_both(
    closed: Closing, decided: Meeting, actor: Actor
) -> None:
    restored, purged = together(partial(restore, closed, actor), partial(purge, closed, actor))

    wanted = set(ModuleJob.objects.open().values_list("action", flat=True))
    assert not decided.has_happened
    if isinstance(restored, Closing):
        assert purged is None
        assert wanted == {Action.RESTORE}
    else:
        assert isinstance(restored, termination.UnableToRestoreService)
        assert wanted == {Action.TERMINATE}


@pytest.mark.usefixtures("nobody_works")
def test_control_without_the_locks_both_decide_and_one_fails(
    closed: Closing, decided: Meeting, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch, termination, "restore_service")
    without_locks(monkeypatch, termination, "purge_closed")

    results = together(partial(restore, closed, actor), partial(purge, closed, actor))

    assert decided.has_happened
    # The row's own guard holds even then, but somebody gets an error for an answer.
    assert [type(each) for each in results].count(ConcurrentTransition) == 1


# Two clicks on "Withdraw".


@pytest.fixture
def requested(service: Service, actor: Actor) -> CancellationRequest:
    """A request that has withheld a renewal."""
    invoice_of(service, actor, days=10)
    return cancellation.request_cancellation(
        service=service, timing=TIMING, reason="Moving", actor=actor, on=timezone.localdate()
    )


@pytest.fixture
def withdrawn(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Both clicks wait for each other when they have seen that the request is open."""
    meeting = Meeting()
    _wait_after(monkeypatch, meeting, CancellationRequest, "withdraw")
    return meeting


def withdraw(request: CancellationRequest, actor: Actor) -> CancellationRequest:
    fresh = CancellationRequest.objects.select_related("service__client").get(pk=request.pk)
    return cancellation.withdraw(request=fresh, actor=actor, on=timezone.localdate())


def test_two_clicks_on_withdraw_make_one_invoice(
    requested: CancellationRequest, withdrawn: Meeting, actor: Actor
) -> None:
    results = together(*[partial(withdraw, requested, actor)] * 2)

    assert not withdrawn.has_happened
    assert [each.status for each in results] == [CancellationRequest.Status.WITHDRAWN] * 2
    assert Invoice.objects.filter(status=Invoice.Status.UNPAID).count() == 1
    assert InvoiceItem.objects.filter(is_live=True).count() == 1


def test_control_without_the_locks_the_second_click_fails(
    requested: CancellationRequest,
    withdrawn: Meeting,
    actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_locks(monkeypatch, cancellation, "withdraw")

    results = together(*[partial(withdraw, requested, actor)] * 2)

    assert withdrawn.has_happened
    assert [type(each) for each in results].count(ConcurrentTransition) == 1
