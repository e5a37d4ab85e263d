"""Documents as PDF files: what they say, and how they are laid out on their pages."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client as Browser
from pypdf import PdfReader

from billing.models import BillingSettings, TaxRule
from billing.operations import credit_notes
from clients.models import Client
from provisioning.operations.logos import UnableToReadLogo, read_logo
from tests import makers, pictures
from tests.billing.documents import ACTOR, TODAY, issue, line, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner_of(client: Browser) -> Client:
    """Return a client whose owner is logged in."""
    user = makers.make_user()
    client.force_login(user)
    BillingSettings.objects.create(
        pk=1, company_name="Mail Ltd", company_address="1 Road\nTown", is_credit_applied=False
    )
    TaxRule.objects.create(name="VAT", percent=20)
    acme = makers.make_client(owner=user)
    acme.company, acme.tax_id = "Acme Works", "XX123"
    acme.save()
    return acme


def pages(browser: Browser, address: str, *, name: str) -> list[str]:
    """Return the text of each page of the file at this address."""
    answer = browser.get(address)
    assert answer["Content-Type"] == "application/pdf"
    assert f'filename="{name}"' in answer["Content-Disposition"]
    found = PdfReader(BytesIO(answer.content)).pages
    return [
        " ".join(page.extract_text().replace("\N{NO-BREAK SPACE}", " ").split()) for page in found
    ]


def test_the_file_says_what_the_invoice_says(client: Browser, owner_of: Client) -> None:
    invoice = issue(owner_of, *[line("1.00", f"Line number {n}") for n in range(40)])
    pay(invoice, reference="TX-9")

    found = pages(client, f"/billing/invoices/{invoice.pk}/pdf/", name="invoice-2026-00001.pdf")

    text = " ".join(found)
    for words in (
        "Mail Ltd",
        "1 Road",
        "Acme Works",
        "Tax number XX123",
        "Line number 39",
        "Net 40.00 USD",
        "VAT 20 % 8.00 USD",
        "Total 48.00 USD",
        "Still to pay 0.00 USD",
        "Bank transfer TX-9 48.00 USD",
        "Paid on",
    ):
        assert words in text
    assert len(found) > 1
    assert f"{len(found)} / {len(found)}" in found[-1]
    # No line is torn apart: each is whole on one page, under a head of its own.
    for number in range(40):
        assert sum(f"Line number {number} 1 1.00 USD 1.00 USD" in page for page in found) == 1
    assert all("Unit price" in page for page in found if "Line number" in page)


def test_the_file_is_in_the_client_s_language(client: Browser, owner_of: Client) -> None:
    owner_of.language = "de"
    owner_of.save()
    invoice = issue(owner_of, "1234.50")

    found = pages(client, f"/billing/invoices/{invoice.pk}/pdf/", name="invoice-2026-00001.pdf")

    assert "1.234,50 USD" in found[0]
    assert "1,234.50" not in found[0]


def test_a_credit_note_is_a_file_too(client: Browser, owner_of: Client) -> None:
    invoice = issue(owner_of, "10.00")
    pay(invoice)
    note = credit_notes.issue_credit_note(
        client=owner_of,
        invoice=invoice,
        items=[line("4.00", "One week without mail")],
        on=TODAY,
        reason="The server stood still",
        actor=ACTOR,
    )

    found = pages(
        client, f"/billing/credit-notes/{note.pk}/pdf/", name="credit-note-CN-2026-00001.pdf"
    )

    for words in (
        "One week without mail",
        "Total 4.80 USD",
        "The server stood still",
        "2026-00001",
    ):
        assert words in found[0]


def test_a_process_that_has_made_a_file_still_refuses_half_a_picture(
    client: Browser, owner_of: Client
) -> None:
    invoice = issue(owner_of, line("1.00", "Something"))
    pages(client, f"/billing/invoices/{invoice.pk}/pdf/", name="invoice-2026-00001.pdf")

    with pytest.raises(UnableToReadLogo):
        read_logo(pictures.png(900, 900)[:1500])
