"""Who thinks better of the end of a service owes what they owed, since when they owed it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from billing.models import (
    BillingSettings,
    CancellationRequest,
    Invoice,
    InvoiceItem,
    InvoiceNotice,
    Service,
    Upgrade,
)
from billing.operations import cancellation, late_fees, notices, suspension
from billing.operations.items import ItemSpec
from provisioning.models import ModuleJob
from tests.billing.closing_steps import (
    ACTOR,
    DUE,
    NOW,
    TODAY,
    Timing,
    cancel,
    fresh,
    overdue_service,
    paid_service,
    renewal,
)
from tests.billing.documents import hosting, issue, line

pytestmark = pytest.mark.django_db
LATE = date(2026, 5, 1)
LATER = TODAY + timedelta(days=3)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def service() -> Service:
    return paid_service()


def withdraw(request: CancellationRequest) -> CancellationRequest:
    return cancellation.withdraw(request=request, actor=ACTOR, on=LATER)


def there_and_back(service: Service) -> None:
    """Request the end of a service with its period, and think better of it."""
    withdraw(cancel(service, Timing.END_OF_PERIOD))


def status_of(invoice: Invoice) -> str:
    return str(Invoice.objects.get(pk=invoice.pk).status)


def change_of(service: Service, status: str) -> ItemSpec:
    """Return the line of a change of a service that has come so far."""
    change = Upgrade.objects.create(
        service=service,
        kind=Upgrade.Kind.OPTIONS,
        status=status,
        old={},
        new={},
        amount=Decimal(4),
        recurring_difference=Decimal(4),
    )
    return line("4.00", "More", kind=InvoiceItem.Kind.UPGRADE, service=service, upgrade=change)


def owed(service: Service) -> Decimal:
    """Return what is open of a service's lines."""
    items = InvoiceItem.objects.filter(
        service=service, is_live=True, invoice__status=Invoice.Status.UNPAID
    )
    return sum((each.amount for each in items), Decimal(0))


def test_what_is_overdue_stays_so() -> None:
    service = paid_service(next_due=LATE)
    invoice = renewal(service, due=LATE)
    before = list(suspension.overdue_services(today=TODAY, days=7))

    request = cancel(service, Timing.END_OF_PERIOD)
    meanwhile = list(suspension.overdue_services(today=TODAY, days=7))
    withdraw(request)

    assert request.ends_on == TODAY
    assert Invoice.objects.get() == invoice
    assert status_of(invoice) == Invoice.Status.UNPAID
    assert before == meanwhile == [service]
    assert list(suspension.overdue_services(today=LATER, days=7)) == [service]
    assert fresh(service).next_invoice_date == LATE + timedelta(days=30)


def test_who_is_suspended_for_it_stays_suspended() -> None:
    service, invoice = overdue_service()

    there_and_back(service)

    assert status_of(invoice) == Invoice.Status.UNPAID
    assert not suspension.paid_again(today=LATER).exists()
    assert fresh(service).status == Service.Status.SUSPENDED
    assert not ModuleJob.objects.exists()


def test_the_late_fee_stays_owed() -> None:
    service, invoice = overdue_service()
    settings = BillingSettings(late_fee_kind="fixed", late_fee_value=Decimal(3), late_fee_days=1)
    fee = late_fees.charge_late_fee(
        invoice_id=invoice.pk, today=TODAY, now=NOW, settings=settings, actor=ACTOR
    )
    assert fee is not None

    there_and_back(service)

    assert status_of(fee) == Invoice.Status.UNPAID
    assert Invoice.objects.count() == 2


def test_a_renewal_comes_back_with_its_due_date_and_its_notices(service: Service) -> None:
    invoice = renewal(service)
    notices.give_notice(
        invoice_id=invoice.pk, kind=InvoiceNotice.Kind.REMINDER, now=NOW, actor=ACTOR
    )

    there_and_back(service)

    again = Invoice.objects.open().get()
    assert (again.replaces, again.due_date, again.total) == (invoice, DUE, Decimal(10))
    assert again.notices.filter(kind=InvoiceNotice.Kind.REMINDER).count() == 1


def test_so_does_a_renewal_that_was_on_an_invoice_with_others(service: Service) -> None:
    other = paid_service(client=service.client, domain="other.test")
    shared = issue(
        service.client, hosting(service, start=DUE), hosting(other, "7.00", start=DUE), due=DUE
    )
    notices.give_notice(
        invoice_id=shared.pk, kind=InvoiceNotice.Kind.REMINDER, now=NOW, actor=ACTOR
    )

    there_and_back(service)

    rest, again = Invoice.objects.open().order_by("pk")
    assert (rest.replaces, rest.total) == (shared, Decimal(7))
    assert (again.replaces, again.total, again.due_date) == (None, Decimal(10), DUE)
    assert again.notices.filter(kind=InvoiceNotice.Kind.REMINDER).count() == 1


def test_a_change_in_effect_is_owed_once_throughout(service: Service) -> None:
    change = change_of(service, Upgrade.Status.APPLIED)
    issue(service.client, hosting(service, start=DUE), change, due=DUE)

    request = cancel(service, Timing.END_OF_PERIOD)
    meanwhile = owed(service)
    withdraw(request)

    assert meanwhile == 4
    assert owed(service) == 14
    assert InvoiceItem.objects.filter(upgrade=change.upgrade, is_live=True).count() == 1


def test_a_change_in_effect_is_owed_by_who_ends_the_service_now(service: Service) -> None:
    issue(service.client, change_of(service, Upgrade.Status.APPLIED), hosting(service), due=DUE)

    cancel(service)

    assert owed(service) == 4


def test_a_change_that_was_not_paid_is_neither_owed_nor_made_again(service: Service) -> None:
    issue(service.client, change_of(service, Upgrade.Status.AWAITING_PAYMENT), due=DUE)

    request = cancel(service, Timing.END_OF_PERIOD)
    withdraw(request)

    assert owed(service) == 0
    assert Upgrade.objects.get().status == Upgrade.Status.CANCELLED


def test_a_set_up_fee_goes_where_its_period_goes(service: Service) -> None:
    fee = line("5.00", "Set-up", kind=InvoiceItem.Kind.SETUP, service=service)
    begun = issue(service.client, hosting(service, start=LATE), fee, due=DUE)
    coming = issue(service.client, hosting(service, start=DUE), fee, due=DUE)

    cancel(service, Timing.END_OF_PERIOD)

    assert status_of(begun) == Invoice.Status.UNPAID
    assert status_of(coming) == Invoice.Status.CANCELLED
