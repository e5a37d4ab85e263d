"""Reminders, overdue notices and late fees: each once, on its day, to whom it concerns."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.events import InvoiceNoticeDue
from billing.models import BillingProfile, Invoice, InvoiceItem, InvoiceNotice
from billing.operations import invoicing, payments, profiles
from billing.operations.items import ItemSpec
from clients.actors import Actor
from clients.models import Activity, Client
from tests.billing.automation.days import START, configure, cron, cron_daily, on
from tests.billing.heard import Heard
from tests.billing_makers import make_billed_service
from tests.makers import make_client

pytestmark = pytest.mark.django_db
DUE = START + timedelta(days=10)
ACTOR = Actor.system("test")
NOTICES = ("send_reminders", "send_overdue_notices")
FEES = ("charge_late_fees",)


@pytest.fixture(autouse=True)
def _before() -> None:
    configure(is_suspension_on=False)


def issue(
    amount: str = "100.00", *, client: Client | None = None, due: date = DUE, **fields: Any
) -> Invoice:
    """Return an open invoice that was made on the first day."""
    values: dict[str, Any] = {"kind": InvoiceItem.Kind.OTHER, "unit_price": Decimal(amount)}
    spec = ItemSpec(description="Advice", amount=Decimal(amount), **(values | fields))
    with on(START):
        return invoicing.issue_invoice(
            client=client or make_client(), items=[spec], due_date=due, on=START, actor=ACTOR
        )


def pay(invoice: Invoice, day: date, amount: str = "") -> None:
    with on(day, 8):
        payments.record_payment(
            client=invoice.client,
            invoice=invoice,
            amount=Decimal(amount) if amount else Invoice.objects.get(pk=invoice.pk).balance,
            gateway="bank_transfer",
            reference=f"{invoice.number} {day}",
            paid_on=day,
            actor=ACTOR,
        )


def told_on() -> dict[str, int]:
    """Return the days after the due date on which each notice went out."""
    return {
        notice.kind: (notice.told_at.date() - notice.invoice.due_date).days
        for notice in InvoiceNotice.objects.select_related("invoice")
        if notice.told_at
    }


def test_each_notice_goes_out_once_on_its_day(heard: Heard) -> None:
    configure(reminder_days=3, overdue_notice_days=[1, 3, 7])
    invoice = issue()

    cron_daily(START, DUE + timedelta(days=20), *NOTICES)

    assert told_on() == {"reminder": -3, "overdue_1": 1, "overdue_2": 3, "overdue_3": 7}
    told = heard.of(InvoiceNoticeDue)
    assert [each.kind for each in told] == ["reminder", "overdue_1", "overdue_2", "overdue_3"]
    assert {each.invoice_id for each in told} == {invoice.pk}
    assert Activity.objects.filter(action="invoice.noticed").count() == 4


def test_after_days_without_a_run_only_the_latest_notice_goes_out(heard: Heard) -> None:
    issue()

    cron(DUE + timedelta(days=4))
    cron_daily(DUE + timedelta(days=5), DUE + timedelta(days=12), *NOTICES)

    assert told_on() == {"overdue_2": 4, "overdue_3": 7}
    assert len(heard.of(InvoiceNoticeDue)) == 2


def test_who_has_paid_or_asked_for_quiet_is_not_told(heard: Heard) -> None:
    paid, quiet, partly = issue(), issue(), issue()
    pay(paid, START + timedelta(days=1))
    pay(partly, START + timedelta(days=1), "99.99")
    profiles.profile_of(quiet.client)
    BillingProfile.objects.filter(client=quiet.client).update(wants_overdue_notices=False)

    cron_daily(START, DUE + timedelta(days=8), *NOTICES)

    told = Counter(each.invoice_id for each in heard.of(InvoiceNoticeDue))
    assert told == {partly.pk: 4, quiet.pk: 1}
    assert set(InvoiceNotice.objects.filter(invoice=quiet).values_list("kind", flat=True)) == {
        "reminder"
    }


def test_notices_can_be_switched_off(heard: Heard) -> None:
    configure(reminder_days=0, overdue_notice_days=[0, 5])
    issue()

    cron_daily(START, DUE + timedelta(days=8), *NOTICES)

    assert told_on() == {"overdue_1": 5}
    assert len(heard.of(InvoiceNoticeDue)) == 1


def test_nobody_is_reminded_on_the_day_that_the_invoice_was_made(heard: Heard) -> None:
    issue(due=START + timedelta(days=2))

    cron(START)
    on_the_first_day = list(heard.of(InvoiceNoticeDue))
    cron(START + timedelta(days=1))

    assert on_the_first_day == []
    assert [each.kind for each in heard.of(InvoiceNoticeDue)] == ["reminder"]


def test_who_was_told_is_not_told_again_because_the_invoice_was_replaced(heard: Heard) -> None:
    invoice = issue()
    cron_daily(START, DUE + timedelta(days=1), *NOTICES)
    before = len(heard.of(InvoiceNoticeDue))
    spec = ItemSpec.of_item(invoice.items.get())
    with on(DUE + timedelta(days=1), 12):
        invoicing.reissue_invoice(
            invoice=invoice, items=[spec], on=DUE + timedelta(days=1), actor=ACTOR
        )

    cron(DUE + timedelta(days=2))
    cron(DUE + timedelta(days=3))

    assert before == 2
    assert [each.kind for each in heard.of(InvoiceNoticeDue)[before:]] == ["overdue_2"]


def fees() -> list[Invoice]:
    return list(Invoice.objects.filter(items__kind=InvoiceItem.Kind.LATE_FEE).order_by("pk"))


@pytest.mark.parametrize(
    ("settings", "fee"),
    [
        ({"late_fee_kind": "percent", "late_fee_value": 5}, "5.00"),
        ({"late_fee_kind": "percent", "late_fee_value": 5, "late_fee_minimum": 8}, "8.00"),
        ({"late_fee_kind": "fixed", "late_fee_value": 12}, "12.00"),
    ],
)
def test_a_late_fee_is_an_invoice_of_its_own_charged_once(
    settings: dict[str, Any], fee: str
) -> None:
    configure(late_fee_days=5, **settings)
    invoice = issue()

    cron_daily(START, DUE + timedelta(days=4), *FEES)
    before = fees()
    cron_daily(DUE + timedelta(days=5), DUE + timedelta(days=30), *FEES)

    assert before == []
    charged = fees()
    assert [each.total for each in charged] == [Decimal(fee)]
    assert charged[0].due_date == DUE + timedelta(days=5)
    assert str(invoice.number) in charged[0].items.get().description
    invoice.refresh_from_db()
    assert invoice.total == 100


def test_no_fee_without_the_setting_for_the_exempt_or_for_what_is_paid() -> None:
    issue()
    cron_daily(DUE, DUE + timedelta(days=8), *FEES)
    without = fees()
    configure(late_fee_kind="fixed", late_fee_value=5)
    Invoice.objects.get()
    exempt, paid, funds = issue(), issue(), issue(kind=InvoiceItem.Kind.FUNDS)
    profiles.profile_of(exempt.client)
    BillingProfile.objects.filter(client=exempt.client).update(is_late_fee_exempt=True)
    pay(paid, DUE + timedelta(days=8))

    cron(DUE + timedelta(days=9))

    assert without == []
    charged = fees()
    assert len(charged) == 1
    assert charged[0].client_id not in {exempt.client_id, paid.client_id, funds.client_id}


def test_the_fee_of_what_is_owed_no_more_is_taken_back() -> None:
    configure(late_fee_kind="fixed", late_fee_value=5)
    cancelled, other = issue(), issue()
    cron(DUE + timedelta(days=6))

    with on(DUE + timedelta(days=7)):
        invoicing.cancel_invoice(invoice=cancelled, actor=ACTOR)

    statuses = {fee.client_id: fee.status for fee in fees()}
    assert statuses == {cancelled.client_id: "cancelled", other.client_id: "unpaid"}


@pytest.mark.parametrize(
    ("settled", "statuses"),
    [("paid", ["paid"]), ("cancelled", ["cancelled"]), ("", ["cancelled", "unpaid"])],
)
def test_a_debt_has_one_fee_though_its_invoice_is_replaced(
    settled: str, statuses: list[str]
) -> None:
    configure(late_fee_kind="fixed", late_fee_value=5)
    client = make_client()
    with on(START):
        services = [make_billed_service(client=client, next_due=DUE) for _ in range(2)]
    cron_daily(DUE - timedelta(days=1), DUE + timedelta(days=6), "create_invoices", *FEES)
    (fee,) = fees()
    if settled == "paid":
        pay(fee, DUE + timedelta(days=6))
    with on(DUE + timedelta(days=7), 8):
        if settled == "cancelled":
            invoicing.cancel_invoice(invoice=fee, actor=ACTOR)
        invoicing.strip_service(service=services[0], on=DUE + timedelta(days=7), actor=ACTOR)

    cron_daily(DUE + timedelta(days=7), DUE + timedelta(days=8), *FEES)

    assert [each.status for each in fees()] == statuses
    replaced = Invoice.objects.get(replaces__isnull=False)
    assert (replaced.status, replaced.due_date) == ("unpaid", DUE)
    assert replaced.total == 10


def test_an_unpaid_late_fee_suspends_nothing() -> None:
    configure(late_fee_kind="fixed", late_fee_value=5, is_suspension_on=True)
    with on(START):
        service = make_billed_service(next_due=DUE)
    cron_daily(DUE - timedelta(days=1), DUE + timedelta(days=6))
    renewal = Invoice.objects.get(items__service=service)
    pay(renewal, DUE + timedelta(days=6))

    cron_daily(DUE + timedelta(days=7), DUE + timedelta(days=9))
    cron_daily(DUE + timedelta(days=19), DUE + timedelta(days=20))

    service.refresh_from_db()
    assert len(fees()) == 1
    assert fees()[0].status == "unpaid"
    assert service.status == "active"
    assert not service.mail_domain.jobs.exists()
