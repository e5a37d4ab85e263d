"""The billing pages: what is owed, each invoice, and paying with credit."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.models import BillingSettings, CreditEntry, TaxRule
from billing.operations import credit_notes, invoicing
from clients.models import Client
from tests import makers
from tests.billing.documents import ACTOR, TODAY, hosting, issue, line, pay
from tests.clientarea.money import balance_of, client, give, page, text

__all__ = ["client"]

MOST_QUERIES = 8


def test_the_list_shows_what_is_owed_and_hides_drafts(customer: Browser, client: Client) -> None:
    today = timezone.localdate()
    issue(client, "10.00", due=today + timedelta(days=5))
    issue(client, "5.50", due=today - timedelta(days=1))
    invoicing.draft_invoice(client=client, items=[line("9.00")], due_date=today, actor=ACTOR)
    issue(makers.make_client(), "77.00")

    shown = text(page(customer, "/billing/invoices/"))

    assert "15.50 USD" in shown
    assert "2 open invoices" in shown
    assert "2026-00001" in shown
    assert "Overdue" in shown
    assert "9.00 USD" not in shown
    assert "77.00" not in shown
    assert "2026-00003" not in shown


def test_the_list_is_filtered_searched_and_paged(customer: Browser, client: Client) -> None:
    today = timezone.localdate()
    for number in range(30):
        issue(client, line("1.00", f"Thing {number}"), due=today)
    paid = issue(client, line("3.00", "Something blue"), due=today)
    pay(paid)

    first, second = (
        page(customer, "/billing/invoices/"),
        page(customer, "/billing/invoices/?page=2"),
    )
    by_status = page(customer, "/billing/invoices/?status=paid")
    by_word, by_number = (
        page(customer, f"/billing/invoices/?search={word}") for word in ("blue", "00007")
    )
    nothing = page(customer, "/billing/invoices/?status=overdue")

    assert "2026-00031" in first
    assert "2026-00005" not in first
    assert "2026-00005" in second
    assert "2026-00031" in by_status
    assert "2026-00030" not in by_status
    assert "2026-00031" in by_word
    assert "2026-00007" not in by_word
    assert "2026-00007" in by_number
    assert "No invoice matches" in nothing


def test_the_list_can_be_taken_away_as_it_is_filtered(customer: Browser, client: Client) -> None:
    TaxRule.objects.create(name="VAT", percent=20)
    paid = issue(client, "10.00")
    pay(paid)
    issue(client, "5.00")
    issue(makers.make_client(), "77.00")

    answer = customer.get("/billing/invoices/export/?status=unpaid")

    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    lines = content.decode("utf-8-sig").splitlines()
    assert lines[1:] == ["2026-00002,2026-05-10,2026-05-10,,Unpaid,USD,5.00,1.00,6.00,6.00"]
    assert "/billing/invoices/export/?status=unpaid" in page(
        customer, "/billing/invoices/?status=unpaid"
    )


def test_an_invoice_shows_its_lines_taxes_and_how_to_pay(customer: Browser, client: Client) -> None:
    TaxRule.objects.create(name="VAT", percent=20)
    invoice = issue(client, line("10.00", "Email for acme.test"), due=timezone.localdate())
    pay(invoice, "5.00", reference="TX-9")

    shown = text(page(customer, f"/billing/invoices/{invoice.pk}/"))

    for words in (
        "Email for acme.test",
        "VAT 20 % 2.00 USD",
        "Total 12.00 USD",
        "Still to pay 7.00 USD",
        "Bank transfer TX-9 5.00 USD",
        "IBAN XX00 1234",
        "7.00 USD to pay",
        "due today",
    ):
        assert words in shown
    assert "Use credit" not in shown


def test_an_invoice_was_paid_when_the_money_came(customer: Browser, client: Client) -> None:
    invoice = issue(client, "10.00")
    pay(invoice, paid_on=TODAY + timedelta(days=2))

    shown = text(page(customer, f"/billing/invoices/{invoice.pk}/"))

    assert "This invoice was paid on 12 May 2026." in shown


def test_credit_is_used_for_an_invoice_once(customer: Browser, client: Client) -> None:
    give(client, "12.00")
    invoice = issue(client, "10.00")
    address = f"/billing/invoices/{invoice.pk}/"

    before = page(customer, address)
    answer = customer.post(f"{address}credit/", {"amount": "10.00"}, follow=True)
    again = customer.post(f"{address}credit/", {"amount": "10.00"}, follow=True)

    assert 'value="10.00"' in before
    assert "10.00 USD of your credit was used" in text(answer.content.decode())
    assert "This invoice was paid on" in answer.content.decode()
    assert "nothing left to pay" in again.content.decode()
    assert balance_of(invoice) == 0
    assert CreditEntry.objects.filter(reason="spent").count() == 1


@pytest.mark.parametrize("amount", ["", "-1", "0", "10.01", "1.234", "ten"])
def test_too_much_credit_or_no_amount_is_refused(
    customer: Browser, client: Client, amount: str
) -> None:
    give(client, "5.00")
    invoice = issue(client, "10.00")

    answer = customer.post(f"/billing/invoices/{invoice.pk}/credit/", {"amount": amount})

    assert answer.status_code == 422
    assert balance_of(invoice) == 10
    assert not CreditEntry.objects.filter(reason="spent").exists()


def test_an_invoice_of_somebody_else_is_not_found(customer: Browser, client: Client) -> None:
    strange = issue(makers.make_client(), "10.00")
    draft = invoicing.draft_invoice(
        client=client, items=[line("9.00")], due_date=TODAY, actor=ACTOR
    )
    dropped = invoicing.draft_invoice(
        client=client, items=[line("9.00")], due_date=TODAY, actor=ACTOR
    )
    invoicing.cancel_invoice(invoice=dropped, actor=ACTOR)

    for invoice in (strange, draft, dropped):
        for ending in ("", "pdf/", "print/"):
            assert customer.get(f"/billing/invoices/{invoice.pk}/{ending}").status_code == 404
        posted = customer.post(f"/billing/invoices/{invoice.pk}/credit/", {"amount": "1.00"})
        assert posted.status_code == 404


def test_who_may_not_see_invoices_is_refused(client: Client) -> None:
    invoice = issue(client, "10.00")
    browser = Browser()
    browser.force_login(makers.make_member(client=client, permissions=["products"]))

    for address in ("/billing/invoices/", f"/billing/invoices/{invoice.pk}/", "/billing/credit/"):
        assert browser.get(address).status_code == 403
    assert "/billing/invoices/" not in browser.get("/").content.decode()


def test_a_cancelled_invoice_leads_to_the_one_in_its_place(
    customer: Browser, client: Client
) -> None:
    old = issue(client, "10.00")
    new = invoicing.reissue_invoice(invoice=old, items=[line("8.00")], on=TODAY, actor=ACTOR)

    shown = page(customer, f"/billing/invoices/{old.pk}/")

    assert f'href="/billing/invoices/{new.pk}/"' in shown
    assert "there is nothing to pay on it" in shown
    assert "Use credit" not in shown


def test_where_no_file_can_be_made_the_page_is_shown_for_printing(
    customer: Browser, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    invoice = issue(client, "10.00")

    answer = customer.get(f"/billing/invoices/{invoice.pk}/pdf/", follow=True)

    assert answer.redirect_chain == [(f"/billing/invoices/{invoice.pk}/print/?no-pdf=1", 302)]
    assert "choose PDF as the printer" in answer.content.decode()


def test_a_credit_note_is_shown_and_printed(customer: Browser, client: Client) -> None:
    invoice = issue(client, "10.00")
    pay(invoice)
    note = credit_notes.issue_credit_note(
        client=client,
        invoice=invoice,
        items=[line("4.00", "One week without mail")],
        on=TODAY,
        reason="The server stood still",
        actor=ACTOR,
    )
    address = f"/billing/credit-notes/{note.pk}/"

    shown, printed = text(page(customer, address)), text(page(customer, f"{address}print/"))

    for html in (shown, printed):
        assert "CN-2026-00001" in html
        assert "One week without mail" in html
        assert "The server stood still" in html
        assert "2026-00001" in html
    assert "4.00 USD" in text(page(customer, "/billing/credit/"))


def test_the_printable_page_is_in_the_client_s_language_without_the_menu(
    customer: Browser, client: Client
) -> None:
    client.language, client.country = "de", "CZ"
    client.save()
    invoice = issue(client, "1234.50")

    shown = page(customer, f"/billing/invoices/{invoice.pk}/print/")

    assert '<html lang="de">' in shown
    assert "1.234,50" in shown
    assert "Tschechien" in shown
    assert "hint" not in shown
    assert "topnav" not in shown


def test_the_printable_page_says_how_to_pay_as_long_as_there_is_something_to_pay(
    customer: Browser, client: Client
) -> None:
    BillingSettings.objects.update_or_create(
        pk=1, defaults={"payment_instructions": "Bank: First\nAccount: 12-34"}
    )
    invoice = issue(client, "10.00", due=timezone.localdate())
    pay(invoice, "4.00")
    address = f"/billing/invoices/{invoice.pk}/print/"

    unpaid = text(page(customer, address))
    pay(invoice)
    paid = text(page(customer, address))

    assert "6.00 USD to pay Bank: First Account: 12-34 Payment reference: 2026-00001" in unpaid
    assert "Unpaid" in unpaid
    assert "First" not in paid
    assert "Payment reference" not in paid


def test_one_unit_less_has_a_true_minus_sign_and_a_country_its_name(
    customer: Browser, client: Client
) -> None:
    client.country = "CZ"
    client.save()
    invoice = issue(client, line("5.00"), line("-1.00", quantity=-1))
    address = f"/billing/invoices/{invoice.pk}/"

    for shown in (text(page(customer, address)), text(page(customer, f"{address}print/"))):
        assert "\N{MINUS SIGN}1 " in shown
        assert "-1 " not in shown
        assert "Czech" in shown
        assert " CZ " not in shown


def test_what_is_unpaid_stands_on_home_and_on_the_service_s_own_page(
    customer: Browser, client: Client
) -> None:
    service, other = (makers.make_service(client=client) for _ in range(2))
    today = timezone.localdate()
    invoice = issue(client, hosting(service, "10.00"), due=today - timedelta(days=2))
    paid = issue(client, hosting(other, "20.00"))
    pay(paid)
    reader = Browser()
    reader.force_login(makers.make_member(client=client, permissions=["products"]))

    home, own, others = (
        text(page(customer, address))
        for address in ("/", f"/services/{service.pk}/", f"/services/{other.pk}/")
    )

    for shown in (home, own):
        assert "Invoice 2026-00001: 10.00 USD" in shown
        assert "It was due on" in shown
        assert "20.00 USD" not in shown
    assert "10.00 USD" not in others
    assert f"/billing/invoices/{invoice.pk}/" in page(customer, "/")
    for address in ("/", f"/services/{service.pk}/"):
        assert "10.00" not in text(page(reader, address))


def test_the_pages_ask_the_database_little(client: Client, count: Callable[[str], int]) -> None:
    give(client, "3.00")
    service = makers.make_service(client=client)
    issue(client, hosting(service))
    invoices = [issue(client, "5.00", "6.00") for _ in range(12)]
    pay(invoices[0], "1.00")

    counts = {
        address: count(address)
        for address in (
            "/billing/invoices/",
            f"/billing/invoices/{invoices[0].pk}/",
            "/billing/credit/",
            "/billing/credit/add/",
            "/billing/mass-payment/",
            "/",
            f"/services/{service.pk}/",
        )
    }

    assert {address: number for address, number in counts.items() if number > MOST_QUERIES} == {}


@pytest.fixture
def count(customer: Browser) -> Callable[[str], int]:
    """Return how many queries a page takes."""

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert customer.get(address).status_code == 200
        return len(captured)

    return queries
