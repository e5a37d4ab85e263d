"""Invoices are numbered without gaps, taxed by the client's place, and never change again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from billing.events import InvoiceCancelled, InvoicePaid, InvoicePublished
from billing.models import (
    BillingSettings,
    Invoice,
    InvoiceItem,
    TaxRule,
)
from billing.operations import credit, invoicing, profiles
from billing.operations.invoicing import UnableToInvoice
from clients.actors import Actor
from clients.models import Activity, Client
from tests import makers
from tests.billing.documents import ACTOR, TODAY, credit_of, hosting, issue, line, pay
from tests.billing.heard import Heard

pytestmark = pytest.mark.django_db
Status = Invoice.Status


@pytest.fixture
def client_() -> Client:
    """Return a client with an address."""
    client = makers.make_client()
    client.country, client.city, client.postcode = "CZ", "Brno", "602 00"
    client.save()
    return client


def test_an_invoice_has_a_number_lines_and_both_parties(client_: Client) -> None:
    BillingSettings.objects.create(pk=1, company_name="Mail Ltd", company_address="1 Road\nTown")

    invoice = issue(client_, line("3.99", "Mail"), line("4.99", "Backup"))

    invoice.refresh_from_db()
    assert invoice.number == "2026-00001"
    assert (invoice.status, invoice.total, invoice.balance) == (
        Status.UNPAID,
        Decimal("8.98"),
        Decimal("8.98"),
    )
    assert [item.description for item in invoice.items.all()] == ["Mail", "Backup"]
    assert invoice.issuer == {"name": "Mail Ltd", "address": ["1 Road", "Town"], "tax_id": ""}
    assert invoice.recipient["address"] == ["602 00 Brno"]
    assert invoice.recipient["country"] == "CZ"
    assert Activity.objects.get(action="invoice.published").object_name == "2026-00001"


def test_numbers_have_no_gap_where_a_publication_is_rolled_back(client_: Client) -> None:
    issue(client_)
    with transaction.atomic():
        taken = issue(client_)
        transaction.set_rollback(True)

    second = issue(client_)

    assert (taken.number, second.number) == ("2026-00002", "2026-00002")
    assert Invoice.objects.count() == 2


@pytest.mark.parametrize(
    ("form", "number"),
    [
        ("{YEAR}-{NUMBER}", "2026-00001"),
        ("INV{YEAR}{MONTH}{DAY}/{NUMBER}", "INV20260510/00001"),
        ("INV", "INV00001"),
    ],
)
def test_a_number_is_written_as_the_settings_say(client_: Client, form: str, number: str) -> None:
    BillingSettings.objects.create(pk=1, invoice_number_format=form)

    assert issue(client_).number == number


def test_a_draft_has_no_number_until_it_is_published(client_: Client, heard: Heard) -> None:
    draft = invoicing.draft_invoice(
        client=client_, items=[line("5.00")], due_date=TODAY, actor=ACTOR
    )

    assert (draft.number, draft.status) == (None, Status.DRAFT)
    assert not Invoice.objects.published().exists()
    assert heard.of(InvoicePublished) == []

    published = invoicing.publish_invoice(invoice=draft, on=TODAY, actor=ACTOR)

    assert (published.number, published.status) == ("2026-00001", Status.UNPAID)
    assert heard.of(InvoicePublished) == [InvoicePublished(published.pk)]
    with pytest.raises(UnableToInvoice):
        invoicing.publish_invoice(invoice=draft, on=TODAY, actor=ACTOR)


def test_taxes_are_those_of_publication_not_of_the_draft(client_: Client) -> None:
    draft = invoicing.draft_invoice(
        client=client_, items=[line("10.00")], due_date=TODAY, actor=ACTOR
    )
    TaxRule.objects.create(name="VAT", country="CZ", percent=21)

    published = invoicing.publish_invoice(invoice=draft, on=TODAY, actor=ACTOR)

    assert (published.tax, published.total) == (Decimal("2.10"), Decimal("12.10"))


@pytest.mark.parametrize(
    ("rounding", "tax", "total"), [("line", "3.15", "18.12"), ("total", "3.14", "18.11")]
)
def test_tax_is_rounded_per_line_or_on_the_total(
    client_: Client, rounding: str, tax: str, total: str
) -> None:
    BillingSettings.objects.create(pk=1, tax_rounding=rounding)
    TaxRule.objects.create(name="VAT", country="CZ", percent=21)

    invoice = issue(client_, "3.99", "4.99", "5.99")

    assert (invoice.tax, invoice.total) == (Decimal(tax), Decimal(total))
    assert invoice.taxes[0]["name"] == "VAT"


def test_prices_that_hold_the_tax_are_split_to_the_cent(client_: Client) -> None:
    BillingSettings.objects.create(pk=1, has_prices_with_tax=True)
    TaxRule.objects.create(name="VAT", percent=22)

    invoice = issue(client_, "14.00")

    assert (invoice.subtotal, invoice.tax, invoice.total) == (
        Decimal("11.48"),
        Decimal("2.52"),
        Decimal("14.00"),
    )


def test_the_closest_rule_of_each_level_counts(client_: Client) -> None:
    client_.country, client_.state = "CA", "Quebec"
    client_.save()
    TaxRule.objects.create(name="World", percent=1)
    TaxRule.objects.create(name="GST", country="CA", percent=5)
    TaxRule.objects.create(
        name="QST", country="CA", state="quebec", level=2, percent=10, is_compound=True
    )
    TaxRule.objects.create(name="PST", country="CA", state="Manitoba", level=2, percent=7)

    invoice = issue(client_, "100.00")

    assert (invoice.tax, invoice.tax_2) == (Decimal("5.00"), Decimal("10.50"))
    assert [each["name"] for each in invoice.taxes] == ["GST", "QST"]


def test_an_exempt_client_and_an_untaxed_line_cost_no_tax(client_: Client) -> None:
    TaxRule.objects.create(name="VAT", percent=20)
    exempt = makers.make_client()
    profile = profiles.profile_of(exempt)
    profile.is_tax_exempt = True
    profile.save()

    assert issue(exempt, "10.00").total == Decimal("10.00")
    assert issue(client_, "10.00", line("5.00", is_taxed=False)).total == Decimal("17.00")


def test_an_invoice_over_nothing_is_paid_at_once(client_: Client, heard: Heard) -> None:
    invoice = issue(client_, "0.00")

    assert invoice.status == Status.PAID
    assert heard.all == [InvoicePublished(invoice.pk, is_settled=True), InvoicePaid(invoice.pk)]


@pytest.mark.parametrize("amounts", [(), ("5.00", "-5.01")])
def test_no_lines_or_less_than_nothing_make_no_invoice(
    client_: Client, amounts: tuple[str, ...]
) -> None:
    with pytest.raises(UnableToInvoice):
        invoicing.issue_invoice(
            client=client_,
            items=[line(each) for each in amounts],
            due_date=TODAY,
            on=TODAY,
            actor=ACTOR,
        )

    assert not Invoice.objects.exists()
    assert issue(client_).number == "2026-00001"


def test_credit_is_used_by_itself_where_the_settings_say_so(
    client_: Client, heard: Heard, actor: Actor
) -> None:
    credit.add_credit(client=client_, amount=Decimal(12), description="Gift", actor=actor)

    partly = issue(client_, "7.00")
    rest = issue(client_, "7.00")

    assert (partly.status, rest.status) == (Status.PAID, Status.UNPAID)
    assert Invoice.objects.get(pk=rest.pk).balance == Decimal("2.00")
    assert heard.of(InvoicePaid) == [InvoicePaid(partly.pk)]
    assert credit_of(client_) == 0


def test_credit_is_kept_where_the_settings_say_so(client_: Client, actor: Actor) -> None:
    BillingSettings.objects.create(pk=1, is_credit_applied=False)
    credit.add_credit(client=client_, amount=Decimal(12), description="Gift", actor=actor)

    invoice = issue(client_, "7.00")

    assert (invoice.status, invoice.balance) == (Status.UNPAID, Decimal("7.00"))
    assert credit_of(client_) == Decimal(12)


def test_a_period_is_invoiced_once_until_its_invoice_is_cancelled(client_: Client) -> None:
    service = makers.make_service(client=client_)
    first = issue(client_, hosting(service))

    with pytest.raises(UnableToInvoice, match="on an invoice already"):
        issue(client_, hosting(service))
    invoicing.cancel_invoice(invoice=first, actor=ACTOR)
    second = issue(client_, hosting(service))

    assert second.number == "2026-00002"
    assert InvoiceItem.objects.filter(is_live=True).count() == 1


def test_cancelling_gives_back_payments_and_credit(
    client_: Client, heard: Heard, actor: Actor
) -> None:
    credit.add_credit(client=client_, amount=Decimal(3), description="", actor=actor)
    invoice = issue(client_, "10.00")
    pay(invoice, "4.00")

    cancelled = invoicing.cancel_invoice(invoice=invoice, actor=actor, reason="Too late")

    assert (cancelled.status, cancelled.balance) == (Status.CANCELLED, Decimal(0))
    assert credit_of(client_) == Decimal(7)
    assert heard.of(InvoiceCancelled) == [InvoiceCancelled(invoice.pk)]
    assert heard.of(InvoicePaid) == []


def test_cancelling_twice_gives_back_once_and_a_paid_invoice_is_not_cancelled(
    client_: Client, actor: Actor
) -> None:
    invoice, paid = issue(client_, "10.00"), issue(client_, "5.00")
    pay(invoice, "4.00")
    pay(paid)

    for _ in range(2):
        invoicing.cancel_invoice(invoice=invoice, actor=actor)
    with pytest.raises(UnableToInvoice, match="credit note"):
        invoicing.cancel_invoice(invoice=paid, actor=actor)

    assert credit_of(client_) == Decimal(4)
    assert Invoice.objects.get(pk=paid.pk).status == Status.PAID


def test_replacing_keeps_both_documents_and_takes_what_was_paid_along(
    client_: Client, actor: Actor
) -> None:
    service = makers.make_service(client=client_)
    old = issue(client_, hosting(service, "10.00"))
    pay(old, "4.00")

    new = invoicing.reissue_invoice(
        invoice=old, items=[hosting(service, "15.00")], on=TODAY, actor=actor
    )

    old.refresh_from_db()
    assert (old.status, old.number, old.total) == (Status.CANCELLED, "2026-00001", Decimal(10))
    assert (new.number, new.replaces, new.balance) == ("2026-00002", old, Decimal(11))
    assert credit_of(client_) == 0


def test_a_replacement_is_published_before_the_old_one_is_told_to_be_gone(
    client_: Client, actor: Actor, heard: Heard
) -> None:
    old = issue(client_, "10.00")
    heard.all.clear()

    new = invoicing.reissue_invoice(invoice=old, items=[line("15.00")], on=TODAY, actor=actor)

    assert heard.all == [InvoicePublished(new.pk), InvoiceCancelled(old.pk)]


def test_a_draft_loses_the_lines_of_an_ended_service(client_: Client, actor: Actor) -> None:
    ended, other = (makers.make_service(client=client_) for _ in range(2))
    draft = invoicing.draft_invoice(
        client=client_,
        items=[hosting(ended, "3.00"), hosting(other, "7.00")],
        due_date=TODAY,
        actor=actor,
    )

    invoicing.strip_service(service=ended, on=TODAY, actor=actor)

    fresh = Invoice.objects.get(pk=draft.pk)
    assert (fresh.status, fresh.total) == (Status.DRAFT, Decimal("7.00"))
    assert [item.service for item in fresh.items.all()] == [other]


def test_what_was_paid_above_the_replacement_stays_credit(client_: Client, actor: Actor) -> None:
    old = issue(client_, "10.00")
    pay(old, "8.00")

    new = invoicing.reissue_invoice(invoice=old, items=[line("5.00")], on=TODAY, actor=actor)

    assert new.status == Status.PAID
    assert credit_of(client_) == Decimal(3)


def test_an_ended_service_leaves_the_invoices_that_are_not_paid(
    client_: Client, actor: Actor
) -> None:
    ended, other = (makers.make_service(client=client_) for _ in range(2))
    paid = issue(client_, hosting(ended, start=TODAY - timedelta(days=30)))
    pay(paid)
    alone = issue(client_, hosting(ended), line("2.00", "Late fee", kind=InvoiceItem.Kind.LATE_FEE))
    shared = issue(
        client_, hosting(ended, start=TODAY + timedelta(days=30)), hosting(other, "7.00")
    )

    stripped = invoicing.strip_service(service=ended, on=TODAY, actor=actor)

    assert stripped == [alone, shared]
    by_status = dict(Invoice.objects.values_list("pk", "status"))
    assert [by_status[each.pk] for each in (paid, alone, shared)] == [
        Status.PAID,
        Status.CANCELLED,
        Status.CANCELLED,
    ]
    replacement = Invoice.objects.get(replaces=shared)
    assert [item.service for item in replacement.items.all()] == [other]
    assert replacement.balance == Decimal("7.00")


def test_a_cancelled_draft_has_no_number_and_nobody_sees_it(client_: Client) -> None:
    draft = invoicing.draft_invoice(
        client=client_, items=[line("5.00")], due_date=TODAY, actor=ACTOR
    )

    cancelled = invoicing.cancel_invoice(invoice=draft, actor=ACTOR)

    assert (cancelled.status, cancelled.number) == (Status.CANCELLED, None)
    assert issue(client_).number == "2026-00001"
