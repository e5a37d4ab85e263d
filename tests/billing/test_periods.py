"""Where the next invoice of a service begins after its terms, its end or an invoice were undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from django.utils import timezone

from billing.models import CancellationRequest, Invoice, Product, Service
from billing.operations import cancellation, renewals, termination, upgrades
from billing.operations.upgrades import Change
from billing.pricing.cycles import Cycle
from provisioning.sandbox import Sandbox
from tests.billing.automation.days import on
from tests.billing.closing_steps import ACTOR, close, fresh
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
