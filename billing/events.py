"""What billing tells of documents and money, in the transaction that made it true."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InvoicePublished:
    """A client can see an invoice. `is_settled`: nothing is left to pay, InvoicePaid follows."""

    invoice_id: int
    is_settled: bool = False


@dataclass(frozen=True)
class InvoicePaid:
    """Nothing is owed on an invoice any more; told once for each."""

    invoice_id: int


@dataclass(frozen=True)
class InvoiceCancelled:
    """A draft or an open invoice was taken back; what had been paid on it is credit now."""

    invoice_id: int


@dataclass(frozen=True)
class PaymentReceived:
    """Money came in from outside: not credit that was spent."""

    payment_id: int


@dataclass(frozen=True)
class PaymentRefunded:
    """Money went back; the id is the refund's own."""

    payment_id: int


@dataclass(frozen=True)
class CreditNoteIssued:
    """A client was given a credit note."""

    credit_note_id: int
