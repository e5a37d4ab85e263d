"""Where the next invoice of a service begins after its terms, its end or an invoice were undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.models import CancellationRequest, Invoice, Product, Promotion, Service, Upgrade
from billing.operations import (
    cancellation,
    renewals,
    suspension,
    taking_back,
    termination,
    upgrade_guards,
    upgrades,
)
from billing.operations.invoicing import UnableToInvoice
from billing.operations.taking_back import Periods
from billing.operations.upgrades import Change
from billing.pricing.cycles import Cycle
from provisioning.sandbox import Sandbox
from tests.billing.automation.days import cron, on
from tests.billing.closing_steps import ACTOR, close, fresh, overdue_service
from tests.billing.documents import pay
from tests.billing_makers import make_billed_service, make_price, make_priced_product

pytestmark = pytest.mark.django_db
Run = Callable[[], None]
CHANGED, YEAR_END = date(2026, 12, 1), date(2027, 3, 1)
DUE = date(2027, 1, 1)


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with on(CHANGED):
        yield


@pytest.fixture
def yearly(vendor: Sandbox) -> Service:
    """A service that was paid for a year and on, up to 1 March, and that can be had monthly."""
    product = make_priced_product("120.00", cycle=Cycle.ANNUALLY)
    make_price(product, "12.00", cycle=Cycle.MONTHLY)
    Product.objects.filter(pk=product.pk).update(reduction_policy="credit")
    service = make_billed_service(
        product=product, cycle=Cycle.ANNUALLY, next_due=date(2026, 3, 1), vendor=vendor
    )
    pay(renew(service, date(2026, 2, 20)))
    return fresh(service)


def renew(service: Service, day: date) -> Invoice:
    renewed = renewals.invoice_next_period(
        service_ids=[service.pk],
        due=renewals.due_for_invoice(today=day, days=400),
        today=day,
        actor=ACTOR,
    )
    return renewed.invoices[0]


def make_monthly(service: Service, run_jobs: Run) -> Service:
    """Change to monthly payment now; what is left of the year is credited."""
    change = Change(service.product, Cycle.MONTHLY, {})
    shown = upgrades.preview(service=fresh(service), change=change, on=CHANGED)
    quote = upgrades.offer(shown=shown, change=change, user=None, now=timezone.now())
    upgrades.confirm(
        quote_id=quote.pk,
        service=fresh(service),
        actor=ACTOR,
        on=CHANGED,
        now=timezone.now(),
    )
    run_jobs()
    return fresh(service)


def request_and_withdraw(service: Service, day: date, _run_jobs: Run) -> None:
    request = cancellation.request_cancellation(
        service=service,
        timing=CancellationRequest.Timing.END_OF_PERIOD,
        reason="Moving",
        actor=ACTOR,
        on=day,
    )
    cancellation.withdraw(request=request, actor=ACTOR, on=day)


def close_and_restore(service: Service, day: date, run_jobs: Run) -> None:
    close(service, on=day)
    run_jobs()
    termination.restore_service(service=service, actor=ACTOR, on=day)
    run_jobs()


@pytest.mark.parametrize("there_and_back", [request_and_withdraw, close_and_restore])
def test_a_year_that_was_credited_is_no_reason_to_invoice_nothing(
    yearly: Service, run_jobs: Run, there_and_back: Callable[[Service, date, Run], None]
) -> None:
    before = make_monthly(yearly, run_jobs)

    there_and_back(before, CHANGED, run_jobs)

    after = fresh(yearly)
    assert (before.next_due_date, before.next_invoice_date) == (DUE, DUE)
    assert (after.next_due_date, after.next_invoice_date) == (DUE, DUE)
    assert renew(yearly, DUE - timedelta(days=7)).total == 12


def test_a_year_paid_ahead_at_other_terms_leaves_no_month_out(
    yearly: Service, run_jobs: Run
) -> None:
    pay(renew(yearly, CHANGED))
    make_monthly(yearly, run_jobs)

    months = [renew(yearly, CHANGED) for _month in range(3)]

    periods = [each.items.get(kind="hosting") for each in months]
    assert [each.period_start for each in periods] == [DUE, date(2027, 2, 1), YEAR_END]
    assert fresh(yearly).next_invoice_date == date(2027, 4, 1)


@pytest.fixture
def owing(vendor: Sandbox) -> Service:
    """A monthly service whose period from 1 January on is invoiced."""
    service = make_billed_service(next_due=DUE, vendor=vendor)
    renew(service, CHANGED)
    return fresh(service)


def take_back(invoice: Invoice, then: Periods) -> None:
    taking_back.take_back_invoice(invoice=invoice, then=then, actor=ACTOR)


def test_a_renewal_taken_back_is_invoiced_again(owing: Service) -> None:
    first = Invoice.objects.get()

    take_back(first, Periods.INVOICE_AGAIN)

    again = renew(owing, CHANGED)
    assert Invoice.objects.get(pk=first.pk).status == Invoice.Status.CANCELLED
    assert again.items.get().period_start == DUE
    assert fresh(owing).next_due_date == DUE
    assert list(Invoice.objects.open()) == [again]


def test_a_renewal_forgiven_counts_as_paid(owing: Service) -> None:
    first = Invoice.objects.get()

    take_back(first, Periods.FORGIVE)
    take_back(first, Periods.FORGIVE)

    after = fresh(owing)
    assert Invoice.objects.get().status == Invoice.Status.CANCELLED
    assert (after.next_due_date, after.next_invoice_date) == (date(2027, 2, 1),) * 2
    upgrade_guards.check_service(after, on=DUE)


def test_the_earlier_of_two_periods_is_invoiced_again_and_the_later_once(owing: Service) -> None:
    later = renew(owing, CHANGED)
    first = Invoice.objects.get(items__period_start=DUE)

    take_back(first, Periods.INVOICE_AGAIN)
    again = renew(owing, CHANGED)
    cron(CHANGED, "--job", "create_invoices")

    assert set(Invoice.objects.open()) == {later, again}
    assert again.items.get().period_start == DUE


def test_no_period_is_forgiven_before_an_earlier_one(owing: Service) -> None:
    later = renew(owing, CHANGED)

    with pytest.raises(UnableToInvoice, match="An earlier period"):
        take_back(later, Periods.FORGIVE)

    assert Invoice.objects.open().count() == 2
    assert fresh(owing).next_due_date == DUE


def test_a_forgiven_debt_lifts_the_suspension_for_it() -> None:
    service, invoice = overdue_service()
    before = suspension.paid_again(today=CHANGED).exists()

    take_back(invoice, Periods.FORGIVE)

    assert not before
    assert list(suspension.paid_again(today=CHANGED)) == [service]
    assert fresh(service).next_due_date == date(2026, 5, 1)


def test_what_was_paid_is_not_taken_back(owing: Service) -> None:
    invoice = Invoice.objects.get()
    pay(invoice)

    for then in Periods:
        with pytest.raises(UnableToInvoice, match="credit note"):
            take_back(invoice, then)

    assert fresh(owing).next_due_date == date(2027, 2, 1)


def test_a_discount_and_a_change_are_on_the_next_invoice_again(owing: Service) -> None:
    promotion = Promotion.objects.create(code="HALF", kind="percent", value=Decimal(50))
    Service.objects.filter(pk=owing.pk).update(promotion=promotion, promotion_periods_left=1)
    change = Upgrade.objects.create(
        service=owing,
        kind=Upgrade.Kind.MAILBOX,
        status=Upgrade.Status.APPLIED,
        old={},
        new={},
        amount=Decimal(4),
        recurring_difference=Decimal(4),
        is_charged_at_renewal=True,
        items=[
            {
                "kind": "option",
                "key": "enhanced_mailboxes",
                "quantity": 1,
                "unit": "4.00",
                "amount": "4.00",
                "period": None,
                "is_taxed": True,
                "label": "One more",
                "value": "",
                "promotion": "",
            }
        ],
    )
    first = renew(owing, CHANGED)
    left = fresh(owing).promotion_periods_left

    take_back(first, Periods.INVOICE_AGAIN)
    again = renew(owing, CHANGED)

    assert (first.total, again.total) == (Decimal(9), Decimal(9))
    assert (left, fresh(owing).promotion_periods_left) == (0, 0)
    assert again.items.get(kind="upgrade").upgrade == change
