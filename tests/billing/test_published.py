"""What a client was shown stays as it was: no code can change or delete it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing.models import Invoice, InvoiceItem, PublishedDocumentChanged
from billing.operations import invoicing
from clients.models import Client
from tests import makers
from tests.billing.documents import ACTOR, TODAY, issue, line

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_() -> Client:
    """Return a client."""
    return makers.make_client()


@pytest.mark.parametrize(
    "change",
    [
        {"number": "X"},
        {"total": Decimal(1)},
        {"due_date": TODAY + timedelta(days=9)},
        {"recipient": {"name": "Somebody else"}},
        {"notes": "Thank you"},
    ],
)
def test_a_published_invoice_cannot_be_changed(client_: Client, change: dict[str, Any]) -> None:
    invoice = Invoice.objects.get(pk=issue(client_).pk)
    for name, value in change.items():
        setattr(invoice, name, value)

    with pytest.raises(PublishedDocumentChanged):
        invoice.save()
    with pytest.raises(PublishedDocumentChanged):
        Invoice.objects.filter(pk=invoice.pk).update(**change)

    fresh = Invoice.objects.get(pk=invoice.pk)
    assert all(getattr(fresh, name) != value for name, value in change.items())


def test_a_change_within_the_addresses_is_noticed(client_: Client) -> None:
    invoice = Invoice.objects.get(pk=issue(client_).pk)
    invoice.recipient["name"] = "Somebody else"

    with pytest.raises(PublishedDocumentChanged):
        invoice.save()


def test_published_lines_and_invoices_cannot_be_removed_or_added(client_: Client) -> None:
    invoice = issue(client_)
    item = invoice.items.get()
    item.amount = Decimal(1)

    for attempt in (
        item.save,
        item.delete,
        invoice.delete,
        invoice.items.all().delete,
        Invoice.objects.all().delete,
        line("1.00").to_item(invoice).save,
    ):
        with pytest.raises(PublishedDocumentChanged):
            attempt()
    with pytest.raises(PublishedDocumentChanged):
        invoice.items.update(amount=1)

    assert [each.amount for each in Invoice.objects.get().items.all()] == [Decimal(10)]


def test_the_database_itself_keeps_what_is_owed_in_bounds(client_: Client) -> None:
    invoice = issue(client_, "10.00")

    for change in ({"balance": Decimal(11)}, {"balance": Decimal(-1)}, {"status": "paid"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**change)

    fresh = Invoice.objects.get(pk=invoice.pk)
    assert (fresh.status, fresh.balance) == (Invoice.Status.UNPAID, Decimal(10))


def test_a_draft_can_be_changed_and_deleted(client_: Client) -> None:
    draft = invoicing.draft_invoice(
        client=client_, items=[line("5.00")], due_date=TODAY, actor=ACTOR
    )
    item = draft.items.get()
    item.amount = Decimal(6)
    item.save()
    draft.notes = "Not yet"
    draft.save()

    draft.delete()

    assert not Invoice.objects.exists()
    assert not InvoiceItem.objects.exists()
