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

    shown = text(page(customer, address))

    assert "Amount 6.50 USD" in shown
    assert "Reference 2026-00001 2026-00003" in shown
    assert "IBAN XX00 1234" in shown
    assert balance_of(second) == 6
    assert not Payment.objects.exists()


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
