"""However often the cron is called, and whatever days it misses: the same bills and states."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest
from django.utils import timezone

from billing.events import InvoiceNoticeDue, InvoicePublished
from billing.models import Invoice, InvoiceItem, Payment, Service
from billing.operations import payments
from billing.pricing.cycles import Cycle, due_after
from clients.actors import Actor
from clients.models import EmailMessage
from provisioning.models import ModuleJob
from provisioning.sandbox import Sandbox
from provisioning.workers import runner as workers
from tests.billing.automation.days import configure, cron, has_run_daily, on
from tests.billing.heard import Heard
from tests.billing_makers import make_billed_service
from tests.makers import make_client

# `python -m benchmarks.calendar` asks for 200 services and 400 days.
SERVICES = int(os.environ.get("CALENDAR_SERVICES", "8"))
DAYS = int(os.environ.get("CALENDAR_DAYS", "36"))
LONGEST_GAP = max(DAYS // 13, 3)
# So many days at the end without a gap, so that what was late has been made up for.
QUIET_DAYS = 20
FIRST = date(2026, 1, 5)
LAST = FIRST + timedelta(days=DAYS - 1)
INVOICE_DAYS, REMINDER_DAYS, SUSPENSION_DAYS = 14, 3, 7
OVERDUE_DAYS = (1, 3, 7)
ACTOR = Actor.system("test")

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600 if DAYS > 100 else 120)]


@dataclass(frozen=True)
class Plan:
    """A service: what it costs, when it is due, how late its client pays (None: never)."""

    service_id: int
    due: date
    cycle: Cycle
    price: Decimal
    days_late: int | None

    def periods(self) -> list[tuple[date, date]]:
        """Return the periods that are to be invoiced by the last day."""
        days = [
            due_after(start=self.due, cycle=self.cycle, number=number, anchor_day=self.due.day)
            for number in range(DAYS // 28 + 3)
        ]
        latest = LAST + timedelta(days=INVOICE_DAYS)
        return [(start, end) for start, end in pairwise(days) if start <= latest]

    def is_paid(self, start: date) -> bool:
        """Tell whether a period that begins then is paid by the last day."""
        return self.days_late is not None and start + timedelta(days=self.days_late) <= LAST

    def is_unpaid_after(self, start: date, days: int) -> bool:
        """Tell whether a period that begins then is unpaid when so many days have passed."""
        has_come = start + timedelta(days=days) <= LAST
        return has_come and (self.days_late is None or self.days_late > days)


def plans(vendor: Sandbox) -> list[Plan]:
    """Make the services: some clients have two, due together."""
    made: list[Plan] = []
    client = make_client()
    lateness = (-10, 0, 2, 5, 12, None)
    for number in range(SERVICES):
        shares = number % 4 == 3
        if not shares:
            client = make_client()
        late = made[-1].days_late if shares else lateness[number % len(lateness)]
        due = made[-1].due if shares else FIRST + timedelta(days=3 + number * 3 % 29)
        cycle = Cycle.QUARTERLY if number % 5 == 4 else Cycle.MONTHLY
        price = Decimal(5 + number) + Decimal(number % 100) / 100
        with on(FIRST - timedelta(days=30)):
            service = make_billed_service(
                price=price,
                cycle=cycle,
                next_due=due,
                client=client,
                vendor=vendor,
                domain=f"service{number}.test",
            )
        made.append(Plan(service.pk, due, cycle, price, late))
    return made


def at_random() -> dict[int, int]:
    """Return how often the cron is called on each day: not at all, or up to twenty times."""
    random, day = Random(11), 0  # noqa: S311  # nothing is kept secret by it
    times: dict[int, int] = {}
    while day < DAYS:
        gap = random.choice((0, 0, 0, 1, 2, LONGEST_GAP))
        for missed in range(day, day + gap):
            times[missed] = 0
        times[day + gap] = random.choice((1, 5, 20) if DAYS > 100 else (1, 2))
        day += gap + 1
    return {day: max(times[day], day >= DAYS - QUIET_DAYS) for day in range(DAYS)}


def pay_what_is_due(made: list[Plan], day: date) -> None:
    """Let the clients pay what they would have paid by now, as soon as there is an invoice."""
    late = {plan.service_id: plan.days_late for plan in made}
    items = InvoiceItem.objects.filter(
        kind=InvoiceItem.Kind.HOSTING, invoice__status=Invoice.Status.UNPAID
    )
    due: set[int] = set()
    for service_id, start, invoice_id in items.values_list(
        "service_id", "period_start", "invoice_id"
    ):
        days = late[service_id or 0]
        if days is not None and start is not None and start + timedelta(days=days) <= day:
            due.add(invoice_id)
    for invoice in Invoice.objects.filter(pk__in=due).select_related("client").order_by("pk"):
        payments.record_payment(
            client=invoice.client,
            invoice=invoice,
            amount=invoice.balance,
            gateway="bank_transfer",
            reference=str(invoice.number),
            paid_on=day,
            actor=ACTOR,
        )


def do_module_jobs() -> None:
    for _ in range(3):
        for job in ModuleJob.objects.due(at=timezone.now()).first_in_line().order_by("pk"):
            workers.run(job.pk)


def simulate(made: list[Plan], times: dict[int, int]) -> None:
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        with on(day, 0, 30):
            pay_what_is_due(made, day)
        for call in range(times[number]):
            minutes = 60 + call * 22 * 60 // max(times[number], 1)
            cron(day, hour=minutes // 60, minute=minutes % 60)
        with on(day, 23, 30):
            do_module_jobs()


def check_the_books(made: list[Plan]) -> None:
    """Compare what was invoiced and paid, and what became of the services, with the plan."""
    expected = {
        (plan.service_id, start, end, plan.price, "paid" if plan.is_paid(start) else "unpaid")
        for plan in made
        for start, end in plan.periods()
    }
    rows = InvoiceItem.objects.values_list(
        "service_id", "period_start", "period_end", "amount", "invoice__status"
    )
    assert len(rows) == len(expected)
    assert set(rows) == expected
    paid = sum(plan.price for plan in made for start, _ in plan.periods() if plan.is_paid(start))
    assert sum(Payment.objects.values_list("amount", flat=True)) == paid
    for plan in made:
        service = Service.objects.get(pk=plan.service_id)
        starts = [start for start, _ in plan.periods()]
        unpaid = [start for start in starts if not plan.is_paid(start)]
        is_overdue = any(plan.is_unpaid_after(start, SUSPENSION_DAYS) for start in unpaid)
        assert service.status == ("suspended" if is_overdue else "active"), plan
        assert service.suspended_for == ("overdue" if is_overdue else "")
        assert service.next_invoice_date == plan.periods()[-1][1]
        assert service.next_due_date == (unpaid[0] if unpaid else plan.periods()[-1][1])
    numbers = sorted(int(str(each).split("-")[1]) for each in all_numbers())
    assert numbers == list(range(1, len(numbers) + 1))


def check_the_post(heard: Heard) -> None:
    """No invoice is told of twice, neither as an event nor in an email."""
    told = Counter((each.invoice_id, each.kind) for each in heard.of(InvoiceNoticeDue))
    published = Counter(each.invoice_id for each in heard.of(InvoicePublished))
    sent = Counter(
        EmailMessage.objects.filter(subject__icontains="invoice").values_list("to", "subject")
    )
    assert {*told.values(), *published.values(), *sent.values()} == {1}
    assert len(published) == Invoice.objects.count()


def all_numbers() -> list[str | None]:
    return list(Invoice.objects.values_list("number", flat=True))


def notices_by_period(heard: Heard) -> Counter[tuple[date, int, str]]:
    """Count what was told, by the period's first day, the client and the kind."""
    return Counter(
        (invoice.due_date, invoice.client_id, told.kind)
        for told in heard.of(InvoiceNoticeDue)
        for invoice in [Invoice.objects.get(pk=told.invoice_id)]
    )


def expected_notices(made: list[Plan]) -> set[tuple[date, int, str]]:
    days = {"reminder": -REMINDER_DAYS} | {
        f"overdue_{number}": each for number, each in enumerate(OVERDUE_DAYS, 1)
    }
    owners = dict(Service.objects.values_list("pk", "client_id"))
    return {
        (start, owners[plan.service_id], kind)
        for plan in made
        for start, _ in plan.periods()
        for kind, after in days.items()
        if plan.is_unpaid_after(start, after)
    }


@pytest.fixture
def made(vendor: Sandbox) -> list[Plan]:
    configure(
        invoice_days=INVOICE_DAYS,
        reminder_days=REMINDER_DAYS,
        overdue_notice_days=list(OVERDUE_DAYS),
        suspension_days=SUSPENSION_DAYS,
    )
    has_run_daily(FIRST - timedelta(days=1))
    return plans(vendor)


@pytest.mark.parametrize("times", [1, 5, 20] if DAYS > 100 else [2])
def test_how_often_it_is_called_changes_nothing(made: list[Plan], heard: Heard, times: int) -> None:
    simulate(made, dict.fromkeys(range(DAYS), times))

    check_the_books(made)
    check_the_post(heard)
    assert set(notices_by_period(heard)) == expected_notices(made)


def test_days_that_were_missed_are_made_up_for(made: list[Plan], heard: Heard) -> None:
    times = at_random()
    assert LONGEST_GAP in gaps(times)

    simulate(made, times)

    check_the_books(made)
    check_the_post(heard)


def gaps(times: dict[int, int]) -> set[int]:
    """Return how long the stretches without a call are."""
    words = "".join("x" if times[day] else "." for day in range(DAYS)).split("x")
    return {len(word) for word in words}
