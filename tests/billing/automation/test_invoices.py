"""Renewal invoices made by the cron: when, for how much, together or apart, each once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.events import InvoicePaid, InvoicePublished
from billing.models import (
    AutomationItem,
    AutomationJobRun,
    CancellationRequest,
    ClientGroup,
    Invoice,
    InvoiceItem,
    InvoiceNotice,
    Promotion,
    Selection,
    Service,
    TaxRule,
)
from billing.operations import cancellation, credit, profiles, renewals
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from clients.models import Activity, Client
from tests.billing.automation.days import START, configure, cron, done, on
from tests.billing.heard import Heard
from tests.billing_makers import make_billed_service, make_currency, make_priced_product
from tests.makers import make_client

pytestmark = pytest.mark.django_db
DUE = START + timedelta(days=14)
ACTOR = Actor.system("test")


@pytest.fixture(autouse=True)
def _before() -> None:
    configure(invoice_days=14)


def service_due(day: date = DUE, **fields: Any) -> Service:
    with on(START - timedelta(days=20)):
        return make_billed_service(next_due=day, **fields)


def periods() -> list[tuple[date | None, date | None]]:
    hosting = InvoiceItem.objects.filter(kind=InvoiceItem.Kind.HOSTING).order_by("period_start")
    return list(hosting.values_list("period_start", "period_end"))


def test_a_period_is_invoiced_that_many_days_before_it_begins_and_once() -> None:
    service = service_due()

    cron(START - timedelta(days=1))
    assert not Invoice.objects.exists()
    printed = cron(START)
    cron(START, hour=12)
    cron(START, "--job", "create_invoices", hour=13)

    invoice = Invoice.objects.get()
    assert invoice.status == "unpaid"
    assert invoice.total == invoice.balance == 10
    assert (invoice.issue_date, invoice.due_date) == (START, DUE)
    assert invoice.number == "2026-00001"
    assert invoice.recipient["name"] == service.client.name
    assert periods() == [(DUE, date(2026, 4, 16))]
    service.refresh_from_db()
    assert service.next_invoice_date == date(2026, 4, 16)
    assert service.next_due_date == DUE
    assert "invoiced USD 10.00" in printed
    assert Activity.objects.get(action="invoice.published").actor_name == "cron"


def test_every_option_and_the_promotion_have_a_line_and_the_tax_is_added() -> None:
    TaxRule.objects.create(name="VAT", percent=Decimal(20))
    product = make_priced_product(
        "10.00", options={"basic_mailboxes": "1.50", "enhanced_mailboxes": "3.00"}, name="Mail"
    )
    service = service_due(
        product=product,
        choices={"basic_mailboxes": 4, "enhanced_mailboxes": 2},
        domain="acme.test",
    )
    promotion = Promotion.objects.create(code="HALF", value=Decimal(50), lasting="periods")
    Service.objects.update(promotion=promotion, promotion_periods_left=1)

    cron(START)
    cron(START + timedelta(days=31))

    first, second = Invoice.objects.order_by("pk")
    lines = list(first.items.values_list("kind", "key", "quantity", "amount"))
    assert lines == [
        ("hosting", "product", 1, Decimal("10.00")),
        ("option", "basic_mailboxes", 4, Decimal("6.00")),
        ("option", "enhanced_mailboxes", 2, Decimal("6.00")),
        ("promotion", "product", 1, Decimal("-5.00")),
        ("promotion", "basic_mailboxes", 1, Decimal("-3.00")),
        ("promotion", "enhanced_mailboxes", 1, Decimal("-3.00")),
    ]
    assert [first.subtotal, first.tax, first.total] == [
        Decimal(11),
        Decimal("2.20"),
        Decimal("13.20"),
    ]
    assert second.total == Decimal("26.40")
    assert "Mail for acme.test" in first.items.all()[0].description
    service.refresh_from_db()
    assert service.promotion_periods_left == 0


def test_services_due_on_one_day_share_an_invoice_unless_the_client_wants_them_apart() -> None:
    together, apart, grouped = make_client(), make_client(), make_client()
    for client in (together, apart, grouped):
        service_due(client=client)
        service_due(client=client)
        service_due(DUE - timedelta(days=1), client=client)
    profile = profiles.profile_of(apart)
    profile.has_separate_invoices = True
    profile.save()
    profile = profiles.profile_of(grouped)
    profile.group = ClientGroup.objects.create(name="Agencies", has_separate_invoices=True)
    profile.save()

    cron(START)

    totals = {
        client: sorted(client.invoices.values_list("total", flat=True))
        for client in (together, apart, grouped)
    }
    assert totals == {together: [10, 20], apart: [10, 10, 10], grouped: [10, 10, 10]}


def test_a_clients_own_days_go_before_the_groups_and_those_before_the_settings() -> None:
    usual, own, of_group, both = (service_due() for _ in range(4))
    group = ClientGroup.objects.create(name="Slow payers", invoice_days=21)
    for service, values in (
        (own, {"invoice_days": 18}),
        (of_group, {"group": group}),
        (both, {"group": group, "invoice_days": 7}),
    ):
        profile = profiles.profile_of(service.client)
        for name, value in values.items():
            setattr(profile, name, value)
        profile.save()

    first_days: dict[int, int] = {}
    for days in range(21, 6, -1):
        cron(DUE - timedelta(days=days))
        for client_id in Invoice.objects.values_list("client_id", flat=True):
            first_days.setdefault(client_id, days)

    assert first_days == {
        usual.client_id: 14,
        own.client_id: 18,
        of_group.client_id: 21,
        both.client_id: 7,
    }


def test_periods_keep_to_their_anchor_and_every_period_missed_is_invoiced() -> None:
    service_due(date(2026, 1, 31), anchor_day=31)

    cron(date(2026, 4, 20))

    assert periods() == [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2026, 3, 31)),
        (date(2026, 3, 31), date(2026, 4, 30)),
        (date(2026, 4, 30), date(2026, 5, 31)),
    ]
    # Nobody gets an invoice that is overdue already.
    assert set(Invoice.objects.values_list("due_date", flat=True)) == {
        date(2026, 4, 20),
        date(2026, 4, 30),
    }


def test_what_is_free_closed_cancelled_or_on_an_invoice_already_is_not_invoiced() -> None:
    service_due(price="0.00", cycle=Cycle.ONE_TIME)
    closing = service_due()
    with on(START):
        Service.objects.filter(pk=closing.pk).update(status=Service.Status.TERMINATED)
    wanted_to_end = service_due()
    with on(START - timedelta(days=2)):
        cancellation.request_cancellation(
            service=wanted_to_end,
            timing=CancellationRequest.Timing.END_OF_PERIOD,
            reason="Moving",
            actor=ACTOR,
            on=START,
        )
    invoiced = service_due()
    cron(START)
    Service.objects.filter(pk=invoiced.pk).update(next_invoice_date=DUE)

    cron(START, "--job", "create_invoices", hour=12)

    assert InvoiceItem.objects.get(kind="hosting").service == invoiced
    invoiced.refresh_from_db()
    assert invoiced.next_invoice_date == date(2026, 4, 16)


def test_a_suspended_service_is_still_owed_for() -> None:
    service_due(status=Service.Status.SUSPENDED)

    printed = cron(START)

    assert done(printed, "create_invoices") == 1


def test_a_new_price_counts_for_periods_that_begin_on_its_day_or_later() -> None:
    service = service_due(date(2026, 3, 16))
    Selection.objects.update(next_unit_price=Decimal(12), next_price_date=date(2026, 4, 1))

    cron(date(2026, 3, 2))
    cron(date(2026, 4, 2))
    before = Service.objects.get(pk=service.pk).recurring_amount
    cron(date(2026, 5, 2))

    assert list(Invoice.objects.order_by("pk").values_list("total", flat=True)) == [10, 12, 12]
    assert before in {10, 12}
    assert Service.objects.get(pk=service.pk).recurring_amount == 12


def test_an_invoice_of_nothing_is_paid_at_once_and_its_period_counts(heard: Heard) -> None:
    service = service_due(price="0.00")

    cron(START)

    invoice = Invoice.objects.get()
    assert invoice.status == "paid"
    assert invoice.total == 0
    service.refresh_from_db()
    assert service.next_due_date == date(2026, 4, 16)
    assert heard.of(InvoicePublished) == [InvoicePublished(invoice_id=invoice.pk, is_settled=True)]
    assert heard.of(InvoicePaid) == [InvoicePaid(invoice_id=invoice.pk)]


def test_each_invoice_is_told_of_once_after_the_credit_was_used(heard: Heard) -> None:
    service = service_due()
    credit.add_credit(
        client=service.client, amount=Decimal("4.00"), description="Sorry", actor=ACTOR
    )

    cron(START)
    cron(START, hour=12)

    invoice = Invoice.objects.get()
    assert invoice.balance == 6
    assert heard.of(InvoicePublished) == [InvoicePublished(invoice_id=invoice.pk)]
    notice = InvoiceNotice.objects.get(kind="created")
    assert notice.told_at is not None


def test_invoices_of_a_run_that_was_cut_off_are_told_of_by_the_next(heard: Heard) -> None:
    service_due()
    cron(START, "--job", "create_invoices")
    untold = list(heard.of(InvoicePublished))

    cron(START, hour=10)

    assert untold == []
    assert len(heard.of(InvoicePublished)) == 1


def test_credit_that_came_later_is_used_on_the_next_day_unless_that_is_switched_off() -> None:
    service = service_due()
    cron(START)
    credit.add_credit(client=service.client, amount=Decimal(3), description="", actor=ACTOR)

    configure(is_credit_applied=False)
    cron(START + timedelta(days=1))
    kept = Invoice.objects.get().balance
    configure(is_credit_applied=True)
    printed = cron(START + timedelta(days=2))

    assert kept == 10
    assert Invoice.objects.get().balance == 7
    assert "credit used USD 3.00" in printed


def test_one_service_that_cannot_be_invoiced_stops_no_other_one() -> None:
    services = [service_due() for _ in range(5)]
    odd = services[2]
    euro = make_currency("EUR")
    Service.objects.filter(pk=odd.pk).update(currency=euro)
    broken = services[3]
    Selection.objects.filter(service=broken).update(unit_price=Decimal(-50))
    neighbors = [service_due(client=broken.client) for _ in range(2)]
    priceless = services[4]
    Selection.objects.filter(service=priceless).delete()

    printed = cron(START)

    assert sorted(Invoice.objects.values_list("client_id", flat=True)) == sorted(
        service.client_id for service in [*services[:2], neighbors[0]]
    )
    row = AutomationJobRun.objects.get(job="create_invoices")
    assert (row.done, row.skipped) == (3, 3)
    assert InvoiceItem.objects.filter(service__in=neighbors).count() == 2
    reasons = dict(
        AutomationItem.objects.filter(outcome="skipped").values_list("subject_id", "message")
    )
    assert "another currency" in reasons[odd.pk]
    assert "less than 0" in reasons[broken.pk]
    assert "no price" in reasons[priceless.pk]
    assert "another currency" in printed
    # Numbers have no gap: what was tried and rolled back has taken none.
    numbers = Invoice.objects.values_list("number", flat=True)
    assert set(numbers) == {f"2026-0000{number}" for number in (1, 2, 3)}


def test_a_client_is_not_split_where_a_chunk_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewals, "AT_ONCE", 2)
    client = make_client()
    for _ in range(5):
        service_due(client=client)
    service_due()

    cron(START)

    assert sorted(Invoice.objects.values_list("total", flat=True)) == [10, 50]
    assert InvoiceItem.objects.count() == 6


def test_a_run_that_is_killed_half_way_is_finished_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(renewals, "AT_ONCE", 2)
    services = [service_due() for _ in range(7)]
    claim, calls = renewals.claim, iter("...x")

    def claim_until_killed(*arguments: Any) -> Any:
        if next(calls, ".") == "x":
            raise KeyboardInterrupt
        return claim(*arguments)

    monkeypatch.setattr(renewals, "claim", claim_until_killed)

    with pytest.raises(KeyboardInterrupt):
        cron(START)
    half_way = Invoice.objects.count()
    at_once = cron(START, minute=1)
    later = cron(START, minute=6)

    assert half_way == 6
    assert "create_invoices" not in at_once  # its lease is not over yet
    assert done(later, "create_invoices") == 1
    assert set(Invoice.objects.values_list("client_id", flat=True)) == {
        service.client_id for service in services
    }
    numbers = set(Invoice.objects.values_list("number", flat=True))
    assert numbers == {f"2026-0000{number}" for number in range(1, 8)}


def test_the_queries_do_not_grow_with_the_invoices() -> None:
    def queries(number: int, day: date) -> int:
        for _ in range(number):
            service_due(day + timedelta(days=14))
        with CaptureQueriesContext(connection) as counted:
            printed = cron(day, "--job", "create_invoices")
        assert done(printed, "create_invoices") == number
        return len(counted)

    queries(1, START - timedelta(days=3))  # the first makes rows that stay
    few = queries(3, START)
    many = queries(30, START + timedelta(days=3))

    assert many == few
    assert many < 40


def test_a_dry_run_tells_the_sum_and_takes_no_number(heard: Heard) -> None:
    service_due()

    printed = cron(START, "--dry-run")
    cron(START)

    assert "invoiced USD 10.00" in printed
    assert Invoice.objects.get().number == "2026-00001"
    assert len(heard.of(InvoicePublished)) == 1


def test_the_client_reads_the_lines_in_their_language() -> None:
    client = make_client()
    Client.objects.update(language="de")
    service_due(client=Client.objects.get(pk=client.pk))

    cron(START)

    assert "16. März 2026" in InvoiceItem.objects.get().description
