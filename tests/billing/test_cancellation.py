"""A client's wish to end a service: what it ends, what is owed no more, and its withdrawal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from billing.events import CancellationRequested, CancellationWithdrawn
from billing.models import CancellationRequest, Closing, Invoice, InvoiceItem, Service
from billing.operations import cancellation, ordering
from billing.operations.cancellation import (
    UnableToRequestCancellation,
    UnableToWithdrawCancellation,
)
from billing.operations.ordering import UnableToPlaceService
from clients.models import Activity
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
    fresh,
    is_on,
    paid_service,
    renewal,
)
from tests.billing.documents import credit_of, hosting, issue, pay
from tests.billing.heard import Heard

pytestmark = pytest.mark.django_db
Run = Callable[[], None]
Status = CancellationRequest.Status


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def service() -> Service:
    return paid_service()


def withdraw(request: CancellationRequest, on: date = TODAY) -> CancellationRequest:
    return cancellation.withdraw(request=request, actor=ACTOR, on=on)


def live_periods(service: Service) -> list[date]:
    items = service.invoice_items.filter(kind=InvoiceItem.Kind.HOSTING, is_live=True)
    return [day for day in items.values_list("period_start", flat=True) if day]


def test_a_cancellation_for_the_end_leaves_the_service_running_until_then(
    service: Service, heard: Heard
) -> None:
    request = cancel(service, Timing.END_OF_PERIOD)

    assert (request.status, request.ends_on) == (Status.OPEN, DUE)
    assert fresh(service).status == Service.Status.ACTIVE
    assert heard.of(CancellationRequested) == [CancellationRequested(request.pk)]
    assert Activity.objects.filter(action="service.cancellation_requested").count() == 1
    assert not Closing.objects.exists()
    assert not ModuleJob.objects.exists()


def test_a_renewal_that_is_not_paid_is_owed_no_more(service: Service) -> None:
    invoice = renewal(service)

    cancel(service, Timing.END_OF_PERIOD)

    invoice.refresh_from_db(fields=["balance"])
    assert Invoice.objects.get(pk=invoice.pk).status == Invoice.Status.CANCELLED
    assert live_periods(service) == []


def test_other_services_on_the_same_invoice_stay_owed(service: Service) -> None:
    other = paid_service(client=service.client, domain="other.test")
    shared = issue(
        service.client, hosting(service, start=DUE), hosting(other, "7.00", start=DUE), due=DUE
    )

    cancel(service, Timing.END_OF_PERIOD)

    replaced = Invoice.objects.get(replaces=shared)
    assert Invoice.objects.get(pk=shared.pk).status == Invoice.Status.CANCELLED
    assert replaced.status == Invoice.Status.UNPAID
    assert replaced.total == 7
    assert live_periods(other) == [DUE]


def test_what_was_paid_on_the_renewal_becomes_credit(service: Service) -> None:
    invoice = renewal(service)
    pay(invoice, "4.00")

    cancel(service, Timing.END_OF_PERIOD)

    assert credit_of(service.client) == 4


def test_withdrawn_the_service_goes_on_and_its_renewal_is_owed_again(
    service: Service, heard: Heard
) -> None:
    renewal(service, amount="12.00")
    request = cancel(service, Timing.END_OF_PERIOD)

    withdrawn = withdraw(request)

    again = Invoice.objects.get(status=Invoice.Status.UNPAID)
    assert withdrawn.status == Status.WITHDRAWN
    assert again.total == 12
    assert again.due_date == DUE
    assert live_periods(service) == [DUE]
    assert fresh(service).next_invoice_date == DUE + timedelta(days=30)
    assert heard.of(CancellationWithdrawn) == [CancellationWithdrawn(request.pk)]


def test_withdrawn_twice_it_is_withdrawn_once(service: Service, heard: Heard) -> None:
    renewal(service)
    request = cancel(service, Timing.END_OF_PERIOD)

    first, second = withdraw(request), withdraw(request)

    assert first.pk == second.pk
    assert Invoice.objects.filter(status=Invoice.Status.UNPAID).count() == 1
    assert len(heard.of(CancellationWithdrawn)) == 1


def test_withdrawn_with_nothing_withheld_makes_no_invoice(service: Service) -> None:
    request = cancel(service, Timing.END_OF_PERIOD)

    withdraw(request)

    assert not Invoice.objects.exists()
    assert fresh(service).next_invoice_date == DUE


def test_a_cancellation_for_now_closes_at_once_and_keeps_the_mail(
    vendor: Sandbox, run_jobs: Run
) -> None:
    service = paid_service(vendor=vendor)
    makers.make_mailbox(service, "anna", vendor=vendor)

    request = cancel(service)
    run_jobs()

    ended = fresh(service)
    assert request.status == Status.PROCESSED
    assert ended.status == Service.Status.CLOSING
    assert ended.closes_at is not None
    assert timezone.localdate(ended.closes_at) == TODAY + timedelta(days=30)
    assert not is_on(vendor)
    assert list(vendor.mailboxes("acme.test")) == ["anna"]
    assert Closing.objects.get().cause == Closing.Cause.CANCELLATION


def test_a_cancelled_domain_that_was_never_verified_is_removed_with_nothing_kept(
    vendor: Sandbox, run_jobs: Run
) -> None:
    service = makers.make_unverified(vendor=vendor, domain="acme.test")

    cancel(service)
    run_jobs()

    assert fresh(service).status == Service.Status.TERMINATED
    assert vendor.domains() == {}
    assert Closing.objects.get().status == Closing.Status.PURGED


def test_a_closed_domain_is_restored_and_not_ordered_again(vendor: Sandbox, run_jobs: Run) -> None:
    service = paid_service(vendor=vendor)
    cancel(service)
    run_jobs()

    with pytest.raises(UnableToPlaceService, match="Restore it on its page"):
        ordering.check_domain(domain="acme.test", client=service.client)
    with pytest.raises(UnableToPlaceService, match="already has an email service here"):
        ordering.check_domain(domain="acme.test", client=makers.make_client())


def test_after_a_cancellation_for_now_there_is_nothing_to_withdraw(service: Service) -> None:
    request = cancel(service)

    with pytest.raises(UnableToWithdrawCancellation, match="closed already"):
        withdraw(request)

    assert CancellationRequest.objects.get().status == Status.PROCESSED


@pytest.mark.parametrize(
    ("timing", "reason", "words"),
    [
        (Timing.IMMEDIATE, "   ", "Say why"),
        ("soon", "No need", "Choose when"),
    ],
)
def test_a_request_without_a_reason_or_a_time_is_refused(
    service: Service, timing: str, reason: str, words: str
) -> None:
    with pytest.raises(UnableToRequestCancellation, match=words):
        cancellation.request_cancellation(
            service=service, timing=timing, reason=reason, actor=ACTOR, on=TODAY
        )

    assert not CancellationRequest.objects.exists()
    assert not Activity.objects.exists()


def test_one_service_has_one_open_request(service: Service) -> None:
    cancel(service, Timing.END_OF_PERIOD)

    with pytest.raises(UnableToRequestCancellation, match="requested before"):
        cancel(service)

    assert CancellationRequest.objects.count() == 1
    assert fresh(service).status == Service.Status.ACTIVE


@pytest.mark.parametrize("status", [Service.Status.PENDING, Service.Status.TERMINATED])
def test_only_a_running_service_can_be_cancelled(status: str) -> None:
    service = makers.make_service(status=status)

    with pytest.raises(UnableToRequestCancellation, match="is not running"):
        cancel(service)

    assert not CancellationRequest.objects.exists()


def test_a_service_without_periods_can_only_be_ended_now() -> None:
    service = makers.make_service()

    with pytest.raises(UnableToRequestCancellation, match="no billing period"):
        cancel(service, Timing.END_OF_PERIOD)

    assert not CancellationRequest.objects.exists()


def test_a_request_is_due_on_the_day_the_client_was_told_and_not_before(service: Service) -> None:
    request = cancel(service, Timing.END_OF_PERIOD)

    assert cancellation.cancellations_due(today=DUE - timedelta(days=1)) == []
    assert cancellation.cancellations_due(today=DUE) == [request.pk]


def test_a_due_date_moved_back_by_mistake_ends_nothing_early(service: Service) -> None:
    cancel(service, Timing.END_OF_PERIOD)
    Service.objects.filter(pk=service.pk).update(next_due_date=date(2026, 1, 1))

    assert cancellation.cancellations_due(today=TODAY) == []


def test_what_was_paid_for_meanwhile_is_delivered_first(service: Service) -> None:
    cancel(service, Timing.END_OF_PERIOD)
    Service.objects.filter(pk=service.pk).update(next_due_date=date(2026, 7, 1))

    assert cancellation.cancellations_due(today=DUE) == []
    assert len(cancellation.cancellations_due(today=date(2026, 7, 1))) == 1


def test_on_its_day_the_service_is_closed_once(vendor: Sandbox, run_jobs: Run) -> None:
    service = paid_service(vendor=vendor)
    request = cancel(service, Timing.END_OF_PERIOD)

    first = cancellation.process(request=request, actor=ACTOR, on=DUE)
    second = cancellation.process(request=request, actor=ACTOR, on=DUE)
    run_jobs()

    assert first is not None
    assert first.status == Status.PROCESSED
    assert second is None
    assert fresh(service).status == Service.Status.CLOSING
    assert MailDomain.objects.get().status == MailDomain.Status.CLOSING
    assert Closing.objects.count() == 1


def test_withdrawn_in_time_nothing_is_closed_on_the_day(service: Service) -> None:
    request = cancel(service, Timing.END_OF_PERIOD)
    withdraw(request)

    assert cancellation.cancellations_due(today=DUE) == []
    assert cancellation.process(request=request, actor=ACTOR, on=DUE) is None
    assert not Closing.objects.exists()
