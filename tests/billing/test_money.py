"""On any path of payments, credit, refunds and corrections every cent is somewhere, once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from billing.models import CreditEntry, CreditNote, Invoice, Payment
from billing.operations import credit, credit_notes, invoicing, payments
from billing.operations.payments import RefundTo
from clients.models import Activity, Client
from core.errors import OperationError
from tests import makers
from tests.billing.documents import ACTOR, TODAY, credit_of, issue, line, pay

Status = Invoice.Status

amounts = st.sampled_from([1, 250, 999, 1000, 1001, 3000]).map(
    lambda cents: f"{Decimal(cents) / 100:.2f}"
)
picks = st.sampled_from([0, 0, 0, 1, 2])
steps = st.one_of(
    st.tuples(st.just("issue"), amounts, picks),
    st.tuples(st.just("pay"), amounts, picks),
    st.tuples(st.just("add"), amounts, picks),
    st.tuples(st.just("remove"), amounts, picks),
    st.tuples(st.just("spend"), amounts, picks),
    st.tuples(st.just("cancel"), amounts, picks),
    st.tuples(st.just("reissue"), amounts, picks),
    st.tuples(st.just("note"), amounts, picks),
    st.tuples(st.just("refund"), amounts, picks),
    st.tuples(st.just("to credit"), amounts, picks),
)


@dataclass
class Books:
    """One client, and the steps that can be taken with the money."""

    client: Client
    given: Decimal = Decimal(0)
    references: int = 0
    doors: dict[str, Callable[[str, int], object]] = field(init=False)

    def __post_init__(self) -> None:
        self.doors = {
            "issue": lambda amount, _pick: issue(self.client, amount),
            "pay": lambda amount, pick: pay(self.invoice(pick), amount),
            "add": lambda amount, _pick: self.give(Decimal(amount)),
            "remove": lambda amount, _pick: self.give(-Decimal(amount)),
            "spend": lambda _amount, pick: credit.spend_credit(
                invoice=self.invoice(pick), actor=ACTOR
            ),
            "cancel": lambda _amount, pick: invoicing.cancel_invoice(
                invoice=self.invoice(pick), actor=ACTOR
            ),
            "reissue": lambda amount, pick: invoicing.reissue_invoice(
                invoice=self.invoice(pick), items=[line(amount)], on=TODAY, actor=ACTOR
            ),
            "note": lambda amount, pick: credit_notes.issue_credit_note(
                client=self.client,
                invoice=self.invoice(pick),
                items=[line(amount)],
                on=TODAY,
                reason="Less",
                actor=ACTOR,
            ),
            "refund": lambda amount, pick: self.refund(amount, pick, RefundTo.SOURCE),
            "to credit": lambda amount, pick: self.refund(amount, pick, RefundTo.CREDIT),
        }

    def invoice(self, pick: int) -> Invoice:
        found = list(self.client.invoices.order_by("-pk")[: pick + 1])
        return found[-1] if found else issue(self.client, "1.00")

    def give(self, amount: Decimal) -> None:
        move = credit.add_credit if amount > 0 else credit.remove_credit
        move(client=self.client, amount=abs(amount), description="", actor=ACTOR)
        self.given += amount

    def refund(self, amount: str, pick: int, to: RefundTo) -> None:
        found = list(self.client.payments.filter(kind="payment").order_by("-pk")[: pick + 1])
        if not found:
            return
        self.references += 1
        payments.refund_payment(
            payment=found[-1],
            amount=Decimal(amount),
            to=to,
            reference=f"R{self.references}" if to == RefundTo.SOURCE else "",
            on=TODAY,
            actor=ACTOR,
        )


def covered_by(invoice: Invoice) -> Decimal:
    """Return what payments, credit and credit notes have covered and no refund has taken."""
    kept = Decimal(0)
    for payment in invoice.payments.all():
        kept += payment.applied * (1 if payment.kind == Payment.Kind.PAYMENT else -1)
    for entry in CreditEntry.objects.filter(invoice=invoice, reason="spent"):
        kept -= entry.amount
    for note in invoice.credit_notes.all():
        kept += note.total
        kept -= sum(
            note_entry.amount for note_entry in CreditEntry.objects.filter(credit_note=note)
        )
    return kept


def check(books: Books) -> None:
    """Every cent that came in is on an invoice, in the balance, or was given back."""
    client = books.client
    balance = credit_of(client)
    assert balance >= 0
    running = Decimal(0)
    for entry in CreditEntry.objects.filter(client=client).order_by("pk"):
        running += entry.amount
        assert entry.balance == running
    came_in = went_out = Decimal(0)
    for payment in Payment.objects.filter(client=client):
        if payment.kind == Payment.Kind.PAYMENT:
            came_in += payment.amount
        elif payment.gateway != "credit":
            went_out += payment.amount
    covered = credited = Decimal(0)
    for invoice in client.invoices.all():
        assert 0 <= invoice.balance <= invoice.total
        assert (invoice.balance == 0) == (invoice.status != Status.UNPAID)
        assert credit_notes.given_back(invoice) <= invoice.total
        if invoice.status == Status.CANCELLED:
            continue
        paid_for = covered_by(invoice)
        covered += paid_for
        if invoice.status == Status.UNPAID:
            assert paid_for == invoice.total - invoice.balance
        else:
            assert paid_for <= invoice.total
    for note in CreditNote.objects.filter(client=client).select_related("invoice"):
        if note.invoice is not None and note.invoice.status != Status.CANCELLED:
            credited += note.total
        else:
            kept = CreditEntry.objects.filter(credit_note=note).values_list("amount", flat=True)
            credited += sum(kept, Decimal(0))
    assert came_in + books.given + credited == covered + balance + went_out
    paid = Activity.objects.filter(action="invoice.paid", client=client)
    assert paid.count() == paid.values("object_id").distinct().count()


class Paths(TestCase):
    @pytest.mark.timeout(60)
    @settings(max_examples=15, deadline=None)
    @given(st.lists(steps, min_size=4, max_size=14))
    def test_no_cent_is_lost_or_made(self, path: list[tuple[str, str, int]]) -> None:
        books = Books(makers.make_client())

        for step, amount, pick in path:
            with suppress(OperationError):
                books.doors[step](amount, pick)

        check(books)
