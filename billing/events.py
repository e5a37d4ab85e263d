"""What billing tells of documents and money, in the transaction that made it true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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


@dataclass(frozen=True)
class CancellationRequested:
    """A client wants a service to end; one that ends at once is processed by now."""

    request_id: int


@dataclass(frozen=True)
class CancellationWithdrawn:
    """The service goes on."""

    request_id: int


@dataclass(frozen=True)
class ServiceClosed:
    """A service is switched off; until its `closes_at` all of it can be brought back."""

    service_id: int


@dataclass(frozen=True)
class ServiceRestored:
    """A closed service works again."""

    service_id: int


@dataclass(frozen=True)
class ServiceTerminated:
    """A service and its mail are gone for good."""

    service_id: int


@dataclass(frozen=True)
class ClosingNoticeDue:
    """The client of a closed service is to be told that its mail is deleted in so many days."""

    service_id: int
    days: int


@dataclass(frozen=True)
class TerminationApprovalNeeded:
    """The automation has stopped before ending services; a person has to look."""

    approval_id: int


@dataclass(frozen=True)
class InvoiceNoticeDue:
    """A client is to be reminded of an open invoice; `kind` is one of InvoiceNotice.Kind."""

    invoice_id: int
    kind: str


@dataclass(frozen=True)
class PriceChangeDue:
    """A service costs something else from that day on; its client is to be told."""

    service_id: int
    starts_on: date


@dataclass(frozen=True)
class DailyReportDue:
    """A day's automation is done; staff are to be told what it did, by its AutomationJobRuns."""

    run_date: date


@dataclass(frozen=True)
class AutomationWasMissing:
    """The automation runs again after days without it; `since` is the last day that it was done."""

    since: date


@dataclass(frozen=True)
class OrderPlaced:
    """A client has ordered; what is to be paid for it is invoiced."""

    order_id: int


@dataclass(frozen=True)
class OrderStuck:
    """An order is due to be set up for minutes, and is not; told once for each."""

    order_id: int


@dataclass(frozen=True)
class OrderCancelled:
    """An order will not be fulfilled; what was paid for it is credit now."""

    order_id: int


@dataclass(frozen=True)
class ServiceActivated:
    """The account of a new service is there; its domain may have to be verified yet."""

    service_id: int


@dataclass(frozen=True)
class UpgradeApplied:
    """A change of a service is in effect."""

    upgrade_id: int


@dataclass(frozen=True)
class UpgradeFailed:
    """A change of a service could not be made; a person has to look."""

    upgrade_id: int
