"""The pages of the credit balance: its ledger, adding funds, and paying several invoices."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from billing.models import CreditEntry, Invoice, Payment
from billing.operations import credit
from clients.models import Client
from tests import makers
from tests.billing.documents import ACTOR, issue, pay
from tests.clientarea.money import balance_of, client, give, page, text

__all__ = ["client"]


def test_the_ledger_shows_each_movement(customer: Browser, client: Client) -> None:
    empty = page(customer, "/billing/credit/")
    give(client, "12.00")
    invoice = issue(client, "10.00")
    credit.spend_credit(invoice=invoice, actor=ACTOR)

    shown = text(page(customer, "/billing/credit/"))

    assert "No credit so far" in empty
    assert "You have 2.00 USD" in shown
    assert "Used for an invoice 2026-00001" in shown
    assert "\N{MINUS SIGN}10.00 USD" in shown
    assert "Gift" in shown


def test_several_invoices_are_paid_with_credit(customer: Browser, client: Client) -> None:
    give(client, "12.00")
    first, second, third = (issue(client, amount) for amount in ("5.00", "6.00", "1.00"))

    shown = text(page(customer, "/billing/mass-payment/"))
    answer = customer.post(
        "/billing/mass-payment/", {"invoice": [first.pk, second.pk]}, follow=True
    )

    assert "12.00 USD in all" in shown
    assert "11.00 USD of your credit was used" in text(answer.content.decode())
    assert [balance_of(each) for each in (first, second, third)] == [0, 0, 1]


def test_one_transfer_for_several_invoices_has_their_sum_and_numbers(
    customer: Browser, client: Client
) -> None:
    first, second, third = (issue(client, amount) for amount in ("5.00", "6.00", "1.50"))
    address = f"/billing/mass-payment/?how=transfer&invoice={first.pk}&invoice={third.pk}"

    html = page(customer, address)

    shown = text(html)
    assert "Amount 6.50 USD" in shown
    assert "2026-00001</code>, <code>2026-00003" in html
    assert "IBAN XX00 1234" in shown
    assert balance_of(second) == 6
    assert not Payment.objects.exists()


def test_the_token_of_the_form_gets_into_no_address(customer: Browser, client: Client) -> None:
    give(client, "12.00")
    first, second = issue(client, "5.00"), issue(client, "6.00")

    form = page(customer, "/billing/mass-payment/")
    sent = {"csrfmiddlewaretoken": "secret", "how": "transfer", "invoice": [first.pk, second.pk]}
    answer = customer.post("/billing/mass-payment/", sent)
    shown = text(page(customer, answer["Location"]))

    assert "formmethod" not in form
    assert answer.status_code == 302
    assert answer["Location"] == (
        f"/billing/mass-payment/?how=transfer&invoice={first.pk}&invoice={second.pk}"
    )
    assert "Amount 11.00 USD" in shown
    assert [balance_of(each) for each in (first, second)] == [5, 6]


def test_added_funds_are_not_paid_with_credit(customer: Browser, client: Client) -> None:
    give(client, "25.00")
    makers.make_service(client=client)
    customer.post("/billing/credit/add/", {"amount": "10"})
    added = Invoice.objects.get()

    alone = text(page(customer, "/billing/mass-payment/"))
    refused = customer.post("/billing/mass-payment/", {"invoice": [added.pk]}, follow=True)
    other = issue(client, "5.00")
    both = customer.post("/billing/mass-payment/", {"invoice": [added.pk, other.pk]}, follow=True)

    assert "Added funds cannot be paid with credit." in alone
    assert "Use credit" not in alone
    assert "Pay them by bank transfer." in text(refused.content.decode())
    assert "There is no credit to use" not in refused.content.decode()
    assert "5.00 USD of your credit was used." in text(both.content.decode())
    assert f"{added.number} stays open" in text(both.content.decode())
    assert [balance_of(each) for each in (added, other)] == [10, 0]


@pytest.mark.parametrize("whose", ["none", "strange", "paid"])
def test_only_ones_own_open_invoices_can_be_paid_together(
    customer: Browser, client: Client, whose: str
) -> None:
    give(client, "12.00")
    strange, paid = issue(makers.make_client(), "5.00"), issue(client, "1.00")
    pay(paid)
    issue(client, "3.00")
    chosen = {"none": [], "strange": [strange.pk], "paid": [paid.pk]}[whose]

    answer = customer.post("/billing/mass-payment/", {"invoice": chosen})

    assert answer.status_code == 422
    assert balance_of(strange) == 5
    assert not CreditEntry.objects.filter(reason="spent").exists()


def test_funds_are_invoiced(customer: Browser, client: Client) -> None:
    makers.make_service(client=client)

    answer = customer.post("/billing/credit/add/", {"amount": "25"}, follow=True)

    invoice = Invoice.objects.get()
    assert answer.redirect_chain == [(f"/billing/invoices/{invoice.pk}/", 302)]
    assert invoice.total == 25
    assert "Added to the credit balance" in answer.content.decode()


@pytest.mark.parametrize("amount", ["", "5", "5000", "25.001"])
def test_funds_beyond_the_limits_are_not_invoiced(
    customer: Browser, client: Client, amount: str
) -> None:
    makers.make_service(client=client)

    answer = customer.post("/billing/credit/add/", {"amount": amount})

    assert answer.status_code == 422
    assert not Invoice.objects.exists()
