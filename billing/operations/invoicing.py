"""Invoices: drafted, published, cancelled and replaced. Once published they never change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.events import InvoiceCancelled, InvoicePublished
from billing.models import BillingProfile, CreditEntry, Invoice, InvoiceItem, Service
from billing.operations import credit, numbers, parties, profiles, settlement, taxes
from billing.operations.currencies import unit_of
from billing.operations.items import ItemSpec as ItemSpec
from billing.operations.taxes import TaxBook
from billing.pricing.tax import taxed_total
from clients.actors import Actor
from clients.models import Client
from core.errors import OperationError
from core.events import publish
from core.money import ZERO
from core.sentences import sentence as _

Status = Invoice.Status
Kind = InvoiceItem.Kind


class UnableToInvoice(OperationError):
    """No invoice was made or changed."""


@dataclass(frozen=True)
class Draft:
    """An invoice and its lines that are no rows yet."""

    invoice: Invoice
    items: list[InvoiceItem]


def compose(
    *,
    profile: BillingProfile,
    items: Sequence[ItemSpec],
    due_date: date,
    book: TaxBook,
    notes: str = "",
) -> Draft:
    """
    Return a draft with its totals and taxes, not saved; asks the database nothing.

    :raises UnableToInvoice: no lines, or they come to less than 0
    """
    invoice = Invoice(
        client=profile.client, currency=profile.currency, due_date=due_date, notes=notes
    )
    _total_up(invoice, [(each.amount, each.is_taxed) for each in items], profile, book)
    return Draft(invoice=invoice, items=[each.to_item(invoice) for each in items])


def number_and_publish(*, invoice: Invoice, number: str, on: date, book: TaxBook) -> None:
    """Make a draft a published document in memory: for those who save many at once."""
    invoice.issuer = parties.issuer(book.settings)
    invoice.recipient = parties.recipient(invoice.client)
    invoice.publish(number=number, on=on)


@transaction.atomic
def draft_invoice(
    *,
    client: Client,
    items: Sequence[ItemSpec],
    due_date: date,
    actor: Actor,
    notes: str = "",
) -> Invoice:
    """
    Save an invoice that the client does not see yet.

    :raises UnableToInvoice: no lines, less than 0, or a period that is on an invoice already
    """
    profile = profiles.lock(client)
    draft = compose(
        profile=profile, items=items, due_date=due_date, book=TaxBook.current(), notes=notes
    )
    _save(draft)
    settlement.note(action="invoice.drafted", invoice=draft.invoice, actor=actor)
    return draft.invoice


@transaction.atomic
def publish_invoice(
    *, invoice: Invoice, on: date, actor: Actor, uses_credit: bool | None = None
) -> Invoice:
    """
    Give a draft its number and show it to the client; return it as it is then.

    Taxes and addresses are taken as they are now. The client's credit is used for it (`None`: if
    the settings say so); what comes to 0 is paid at once.

    :raises UnableToInvoice: it is no draft any more
    """
    profile = profiles.lock(invoice.client)
    fresh = _read(invoice)
    if fresh.status != Status.DRAFT:
        raise UnableToInvoice(_("Only a draft can be published."))
    book = TaxBook.current()
    amounts = list(fresh.items.values_list("amount", "is_taxed"))
    _total_up(fresh, amounts, profile, book)
    number = numbers.invoice_number(on=on, settings=book.settings)
    number_and_publish(invoice=fresh, number=number, on=on, book=book)
    fresh.save()
    _announce(fresh, profile, book, actor, uses_credit=uses_credit)
    return fresh


@transaction.atomic
def issue_invoice(
    *,
    client: Client,
    items: Sequence[ItemSpec],
    due_date: date,
    on: date,
    actor: Actor,
    notes: str = "",
    uses_credit: bool | None = None,
    replaces: Invoice | None = None,
) -> Invoice:
    """
    Make an invoice and publish it at once; as `draft_invoice` and `publish_invoice` together.

    :raises UnableToInvoice: as they do
    """
    profile = profiles.lock(client)
    book = TaxBook.current()
    draft = compose(profile=profile, items=items, due_date=due_date, book=book, notes=notes)
    invoice = draft.invoice
    invoice.replaces = replaces
    number = numbers.invoice_number(on=on, settings=book.settings)
    number_and_publish(invoice=invoice, number=number, on=on, book=book)
    _save(draft)
    _announce(invoice, profile, book, actor, uses_credit=uses_credit)
    return invoice


@transaction.atomic
def cancel_invoice(*, invoice: Invoice, actor: Actor, reason: str = "") -> Invoice:
    """
    Take back a draft or an open invoice. What was paid on it, and credit used, becomes credit.

    Its lines are not live any more, so that the same period can be invoiced again. An invoice that
    is cancelled already is returned as it is.

    :raises UnableToInvoice: it is paid or refunded
    """
    profile = profiles.lock(invoice.client)
    fresh = _read(invoice)
    if fresh.status != Status.CANCELLED:
        _cancel(fresh, profile, actor, reason)
        publish(InvoiceCancelled(invoice_id=fresh.pk))
    return fresh


def _cancel(fresh: Invoice, profile: BillingProfile, actor: Actor, reason: str) -> Decimal:
    """Cancel without telling anybody; return what became credit."""
    if fresh.status not in {Status.DRAFT, Status.UNPAID}:
        raise UnableToInvoice(_("A paid invoice cannot be cancelled. Issue a credit note instead."))
    covered = _paid_and_credited(fresh)
    fresh.balance = ZERO
    fresh.cancel(at=timezone.now())
    fresh.save(update_fields=["status", "balance", "cancelled_at"])
    fresh.items.update(is_live=False)
    fresh.payments.update(applied=ZERO)
    if covered:
        credit.move(
            profile=profile,
            amount=covered,
            reason=CreditEntry.Reason.RETURNED,
            description=str(fresh.number),
            invoice=fresh,
            actor=actor,
        )
    settlement.note(
        action="invoice.cancelled", invoice=fresh, actor=actor, after={"reason": reason}
    )
    return covered


@transaction.atomic
def reissue_invoice(
    *,
    invoice: Invoice,
    items: Sequence[ItemSpec],
    on: date,
    actor: Actor,
    due_date: date | None = None,
    reason: str = "",
) -> Invoice:
    """
    Replace an open invoice by one with other lines, and return the new one.

    The old one is cancelled and keeps its number; what was paid on it is used for the new one.

    :raises UnableToInvoice: it is not open, or the lines make no invoice
    """
    profile = profiles.lock(invoice.client)
    fresh = _read(invoice)
    if fresh.status != Status.UNPAID:
        raise UnableToInvoice(_("Only an open invoice can be replaced."))
    covered = _cancel(fresh, profile, actor, reason)
    made = issue_invoice(
        client=profile.client,
        items=items,
        due_date=due_date or fresh.due_date,
        on=on,
        actor=actor,
        notes=fresh.notes,
        uses_credit=False,
        replaces=fresh,
    )
    used = min(covered, made.balance)
    if used:
        credit.spend_credit(invoice=made, amount=used, actor=actor)
    # Told last: whoever hears of it sees which of the lines live on in the new invoice.
    publish(InvoiceCancelled(invoice_id=fresh.pk))
    return _read(made)


@transaction.atomic
def strip_service(
    *,
    service: Service,
    on: date,
    actor: Actor,
    reason: str = "",
    stays: Callable[[Invoice, InvoiceItem], bool] = lambda _invoice, _item: False,
) -> list[Invoice]:
    """
    Take the lines of an ended service off all invoices that are not paid, except for what `stays`.

    An invoice of these lines alone is cancelled, another one is replaced, a draft made shorter.
    Late fees of what is owed no more go with it. Returns the invoices as they were.
    """
    profile = profiles.lock(service.client)
    pending = Invoice.objects.filter(
        status__in=[Status.DRAFT, Status.UNPAID], items__service=service, items__is_live=True
    )
    stripped = []
    for invoice in pending.distinct().select_related("client").order_by("pk"):
        items = list(invoice.items.select_related("service", "upgrade"))
        gone = [
            each for each in items if each.service_id == service.pk and not stays(invoice, each)
        ]
        if not gone:
            continue
        rest = [ItemSpec.of_item(each) for each in items if each not in gone]
        if all(each.kind == Kind.LATE_FEE for each in rest):
            cancel_invoice(invoice=invoice, actor=actor, reason=reason)
        elif invoice.status == Status.DRAFT:
            _shorten(invoice, gone, profile, actor)
        else:
            reissue_invoice(invoice=invoice, items=rest, on=on, actor=actor, reason=reason)
        stripped.append(invoice)
    return stripped


def _shorten(
    draft: Invoice, gone: list[InvoiceItem], profile: BillingProfile, actor: Actor
) -> None:
    """Delete lines from a draft that has others."""
    for item in gone:
        item.delete()
    amounts = draft.items.values_list("amount", "is_taxed")
    _total_up(draft, amounts, profile, TaxBook.current())
    draft.save()
    settlement.note(action="invoice.shortened", invoice=draft, actor=actor)


def _read(invoice: Invoice) -> Invoice:
    """Read an invoice again under the lock of its client's money, which all its writers take."""
    return Invoice.objects.select_related("client", "currency").get(pk=invoice.pk)


def _total_up(
    invoice: Invoice,
    amounts: Iterable[tuple[Decimal, bool]],
    profile: BillingProfile,
    book: TaxBook,
) -> None:
    lines = list(amounts)
    if not lines:
        raise UnableToInvoice(_("An invoice needs at least one line."))
    rules = book.rules_of(profile)
    totals = taxed_total(amounts=lines, rules=rules, currency=unit_of(invoice.currency))
    if totals.gross < ZERO:
        raise UnableToInvoice(_("The lines come to less than 0. Issue a credit note instead."))
    invoice.subtotal = totals.net
    invoice.tax, invoice.tax_2 = (*totals.taxes, ZERO, ZERO)[:2]
    invoice.total = invoice.balance = totals.gross
    invoice.taxes = taxes.stored(rules=rules, totals=totals)
    invoice.has_prices_with_tax = rules.is_inclusive


def _save(draft: Draft) -> None:
    try:
        with transaction.atomic():
            draft.invoice.save()
            InvoiceItem.objects.bulk_create(draft.items)
    except IntegrityError as error:
        raise UnableToInvoice(_("This period is on an invoice already.")) from error


def _announce(
    invoice: Invoice,
    profile: BillingProfile,
    book: TaxBook,
    actor: Actor,
    *,
    uses_credit: bool | None,
) -> None:
    settlement.note(
        action="invoice.published",
        invoice=invoice,
        actor=actor,
        after={"total": str(invoice.total), "due_date": invoice.due_date.isoformat()},
    )
    wants = book.settings.is_credit_applied if uses_credit is None else uses_credit
    announce(invoice=invoice, profile=profile, actor=actor, uses_credit=wants)


def announce(*, invoice: Invoice, profile: BillingProfile, actor: Actor, uses_credit: bool) -> None:
    """
    Say that an invoice is published, with the credit used that does not cover all of it; settle it.

    The profile is locked, and the invoice was read or made under that lock.
    """
    is_for_funds = invoice.items.filter(kind=Kind.FUNDS).exists()
    usable = profile.credit if uses_credit and not is_for_funds else ZERO
    is_settled = invoice.balance <= usable
    if usable and not is_settled:
        credit.spend(profile=profile, invoice=invoice, actor=actor)
    publish(InvoicePublished(invoice_id=invoice.pk, is_settled=is_settled))
    if not invoice.balance:
        settlement.cover(invoice=invoice, amount=ZERO, actor=actor)
    elif is_settled:
        credit.spend(profile=profile, invoice=invoice, actor=actor)


def _paid_and_credited(invoice: Invoice) -> Decimal:
    """Return what payments and credit have covered; credit notes have lowered the rest."""
    lowered = ZERO
    for note in invoice.credit_notes.select_related("credit_entry"):
        entry = getattr(note, "credit_entry", None)
        lowered += note.total - (entry.amount if entry else ZERO)
    return invoice.total - invoice.balance - lowered
