"""A closed service comes back with all that was in it, or ends for good when its time is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission

from billing.events import ServiceClosed, ServiceRestored, ServiceTerminated
from billing.models import CancellationRequest, Closing, Invoice, Service
from billing.operations import services, termination
from billing.operations.termination import UnableToCloseService, UnableToRestoreService
from clients.actors import Actor
from clients.models import User
from provisioning.models import MailDomain, ModuleJob
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.closing_steps import (
    ACTOR,
    DUE,
    NOW,
    TODAY,
    Timing,
    cancel,
    close,
    fresh,
    is_on,
    overdue_service,
    paid_service,
    renewal,
)
from tests.billing.documents import pay
from tests.billing.heard import Heard

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
Run = Callable[[], None]
Status = Closing.Status


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    service = paid_service(vendor=vendor)
    for name in ("anna", "ben"):
        makers.make_mailbox(service, name, vendor=vendor)
    return service


@pytest.fixture
def customer() -> Actor:
    return Actor.from_user(makers.make_user())


def staff(*permissions: str) -> Actor:
    user = makers.make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return Actor.from_user(User.objects.get(pk=user.pk))


def restore(service: Service, actor: Actor = ACTOR, on: date = TODAY) -> Closing:
    return termination.restore_service(service=service, actor=actor, on=on)


def purge(closing: Closing, *, after_days: int) -> Closing | None:
    when = NOW + timedelta(days=after_days)
    return termination.purge_closed(closing=closing, today=when.date(), now=when, actor=ACTOR)


def test_closed_and_restored_a_service_is_as_it_was(
    service: Service, vendor: Sandbox, run_jobs: Run, heard: Heard
) -> None:
    close(service)
    run_jobs()
    off, closed = is_on(vendor), fresh(service).status

    restore(service)
    run_jobs()

    back = fresh(service)
    assert (off, closed) == (False, Service.Status.CLOSING)
    assert is_on(vendor)
    assert (back.status, back.closes_at, back.next_due_date) == ("active", None, DUE)
    assert Closing.objects.get().status == Status.RESTORED
    assert sorted(vendor.mailboxes("acme.test")) == ["anna", "ben"]
    assert back.mail_domain.mailboxes.live().count() == 2
    assert heard.of(ServiceClosed) == [ServiceClosed(service.pk)]
    assert heard.of(ServiceRestored) == [ServiceRestored(service.pk)]


def test_the_hold_is_the_products_unless_somebody_names_another(service: Service) -> None:
    service.product.hold_days = 45
    service.product.save()

    of_product = close(service).hold_days
    Closing.objects.all().delete()
    ModuleJob.objects.all().delete()
    named = close(service, hold_days=10).hold_days

    assert (of_product, named) == (45, 10)


def test_nobody_deletes_mail_at_once_without_the_right(service: Service) -> None:
    for actor in (ACTOR, staff(), staff("approve_termination")):
        with pytest.raises(UnableToCloseService, match="not allowed"):
            close(service, actor=actor, hold_days=0)

    assert not Closing.objects.exists()
    assert not ModuleJob.objects.exists()


def test_a_product_that_keeps_nothing_still_gives_a_day_to_change_ones_mind(
    service: Service,
) -> None:
    service.product.hold_days = 0
    service.product.save()

    closing = close(service)

    assert closing.hold_days == 1
    assert ModuleJob.objects.get().action == ModuleJob.Action.CLOSE


def test_with_the_right_to_purge_mail_is_deleted_at_once(
    service: Service, vendor: Sandbox, run_jobs: Run, heard: Heard
) -> None:
    invoice = renewal(service)

    close(service, actor=staff("purge_service"), hold_days=0)
    run_jobs()

    assert vendor.domains() == {}
    assert fresh(service).status == Service.Status.TERMINATED
    assert Invoice.objects.get(pk=invoice.pk).status == Invoice.Status.CANCELLED
    assert heard.of(ServiceTerminated) == [ServiceTerminated(service.pk)]


def test_a_service_is_closed_once(service: Service) -> None:
    close(service)

    with pytest.raises(UnableToCloseService, match="being closed already"):
        close(service)

    assert Closing.objects.count() == 1
    assert ModuleJob.objects.count() == 1


def test_closing_by_staff_finishes_the_clients_own_request(service: Service) -> None:
    cancel(service, Timing.END_OF_PERIOD)

    close(service)

    assert CancellationRequest.objects.get().status == CancellationRequest.Status.PROCESSED


def test_a_restoration_asked_for_twice_is_one(
    service: Service, vendor: Sandbox, run_jobs: Run
) -> None:
    close(service)
    run_jobs()

    first, second = restore(service), restore(service)
    run_jobs()

    assert first.pk == second.pk
    assert len(vendor.calls("updateDomain")) == 2
    with pytest.raises(UnableToRestoreService, match="is not closed"):
        restore(service)


def test_restored_before_the_vendor_heard_of_it_the_service_never_stopped(
    service: Service, vendor: Sandbox, run_jobs: Run, heard: Heard
) -> None:
    close(service)

    restore(service)
    run_jobs()

    assert fresh(service).status == Service.Status.ACTIVE
    assert is_on(vendor)
    assert Closing.objects.get().status == Status.RESTORED
    assert heard.of(ServiceClosed) == []


def test_a_restored_service_is_invoiced_from_where_its_last_paid_period_ended(
    service: Service, run_jobs: Run
) -> None:
    renewal(service)
    cancel(service, Timing.IMMEDIATE)
    run_jobs()
    moved = fresh(service).next_invoice_date

    restore(service)
    run_jobs()

    back = fresh(service)
    assert moved != DUE
    assert (back.next_due_date, back.next_invoice_date) == (DUE, DUE)


def test_what_is_owed_stays_owed_when_staff_restore(vendor: Sandbox, run_jobs: Run) -> None:
    service, invoice = overdue_service(vendor=vendor)
    close(service, cause=Closing.Cause.OVERDUE)
    run_jobs()

    restore(service, staff())
    run_jobs()

    assert fresh(service).status == Service.Status.ACTIVE
    assert Invoice.objects.get(pk=invoice.pk).status == Invoice.Status.UNPAID


def test_closed_for_non_payment_it_is_the_payment_that_restores(
    vendor: Sandbox, run_jobs: Run, customer: Actor
) -> None:
    service, invoice = overdue_service(vendor=vendor)
    close(service, cause=Closing.Cause.OVERDUE)
    run_jobs()
    with pytest.raises(UnableToRestoreService, match="restored with the payment"):
        restore(service, customer)
    off = is_on(vendor)

    pay(invoice)
    run_jobs()

    assert not off
    assert is_on(vendor)
    assert fresh(service).status == Service.Status.ACTIVE


def test_a_payment_restores_nothing_that_staff_have_closed(vendor: Sandbox, run_jobs: Run) -> None:
    service, invoice = overdue_service(vendor=vendor)
    close(service)
    run_jobs()

    pay(invoice)
    run_jobs()

    assert fresh(service).status == Service.Status.CLOSING
    assert not is_on(vendor)


def test_a_payment_while_the_vendor_is_told_to_close_is_booked_and_restores(
    vendor: Sandbox, run_jobs: Run
) -> None:
    service, invoice = overdue_service(vendor=vendor)
    close(service, cause=Closing.Cause.OVERDUE)
    job = ModuleJob.objects.get(action=ModuleJob.Action.CLOSE)
    job.start(claim=makers.make_claim(), at=NOW, lease_until=NOW - timedelta(seconds=1))
    job.save()

    pay(invoice)
    run_jobs()

    assert Invoice.objects.get(pk=invoice.pk).status == Invoice.Status.PAID
    assert MailDomain.objects.get().status == MailDomain.Status.ACTIVE
    assert fresh(service).status == Service.Status.ACTIVE
    assert is_on(vendor)


def test_whom_staff_had_suspended_cannot_come_back_by_cancelling(
    vendor: Sandbox, run_jobs: Run, customer: Actor
) -> None:
    service = paid_service(status=Service.Status.SUSPENDED, vendor=vendor)
    cancel(service)
    run_jobs()

    with pytest.raises(UnableToRestoreService, match="Our team had suspended"):
        restore(service, customer)

    assert fresh(service).status == Service.Status.CLOSING
    assert not is_on(vendor)


def test_who_owed_when_they_cancelled_cannot_come_back_without_staff(
    vendor: Sandbox, run_jobs: Run, customer: Actor
) -> None:
    service = paid_service(next_due=date(2026, 5, 8), vendor=vendor)
    renewal(service, due=date(2026, 5, 8))
    cancel(service)
    run_jobs()

    with pytest.raises(UnableToRestoreService, match="was not paid when it was cancelled"):
        restore(service, customer)
    closed = fresh(service).status
    restore(service, staff())
    run_jobs()

    assert closed == Service.Status.CLOSING
    assert fresh(service).status == Service.Status.ACTIVE


def test_who_had_paid_up_to_the_end_comes_back_alone(
    service: Service, run_jobs: Run, customer: Actor
) -> None:
    cancel(service)
    run_jobs()

    restore(service, customer)
    run_jobs()

    assert fresh(service).status == Service.Status.ACTIVE


def test_when_its_time_is_over_the_mail_is_deleted_and_nothing_is_owed(
    service: Service, vendor: Sandbox, run_jobs: Run
) -> None:
    closing = close(service)
    invoice = renewal(service)
    run_jobs()

    early = purge(closing, after_days=29)
    kept = list(vendor.domains())
    late = purge(closing, after_days=31)
    run_jobs()

    assert early is None
    assert kept == ["acme.test"]
    assert late is not None
    assert vendor.domains() == {}
    assert fresh(service).status == Service.Status.TERMINATED
    assert Closing.objects.get().status == Status.PURGED
    assert Invoice.objects.get(pk=invoice.pk).status == Invoice.Status.CANCELLED


def test_what_is_being_restored_is_not_deleted(
    service: Service, vendor: Sandbox, run_jobs: Run
) -> None:
    closing = close(service)
    run_jobs()
    restore(service)

    assert purge(closing, after_days=31) is None
    run_jobs()

    assert is_on(vendor)
    assert not ModuleJob.objects.filter(action=ModuleJob.Action.TERMINATE).exists()


def test_what_is_being_deleted_is_not_restored(
    service: Service, customer: Actor, run_jobs: Run
) -> None:
    closing = close(service)
    run_jobs()
    purge(closing, after_days=31)

    with pytest.raises(UnableToRestoreService, match="is being deleted"):
        restore(service, customer)

    assert not ModuleJob.objects.filter(action=ModuleJob.Action.RESTORE).exists()


def test_terminated_by_the_module_alone_the_closing_ends_too(
    service: Service, run_jobs: Run
) -> None:
    close(service)
    run_jobs()

    services.terminate_service(service=service, actor=ACTOR)
    run_jobs()

    assert Closing.objects.get().status == Status.PURGED
    assert fresh(service).closes_at is None


def test_terminated_at_once_nothing_is_owed_and_no_request_is_left(
    service: Service, run_jobs: Run
) -> None:
    cancel(service, Timing.END_OF_PERIOD)
    invoice = renewal(service)

    services.terminate_service(service=service, actor=ACTOR)
    run_jobs()

    assert Invoice.objects.get(pk=invoice.pk).status == Invoice.Status.CANCELLED
    assert CancellationRequest.objects.get().status == CancellationRequest.Status.PROCESSED
