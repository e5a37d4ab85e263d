"""What the tests of the billing pages share: a client who is billed, and how a page is read."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client as Browser

from billing.models import BillingSettings, Invoice
from billing.operations import credit
from clients.models import Client, User
from tests import makers
from tests.billing.documents import ACTOR


@pytest.fixture
def client(owner: User) -> Client:
    """Return the owner's client, whose credit is not used by itself."""
    BillingSettings.objects.create(
        pk=1,
        is_credit_applied=False,
        company_name="Mail Ltd",
        payment_instructions="IBAN XX00 1234\nMail Ltd",
    )
    return makers.make_client(owner=owner, name="Acme")


def page(browser: Browser, address: str) -> str:
    """Return a page's HTML on one line."""
    return " ".join(browser.get(address, follow=True).content.decode().split())


def text(html: str) -> str:
    """Return what is written on a page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\N{NO-BREAK SPACE}", " ").split())


def give(client: Client, amount: str) -> None:
    """Give a client credit."""
    credit.add_credit(client=client, amount=Decimal(amount), description="Gift", actor=ACTOR)


def balance_of(invoice: Invoice) -> Decimal:
    """Return what is still to pay on an invoice."""
    return Invoice.objects.get(pk=invoice.pk).balance
