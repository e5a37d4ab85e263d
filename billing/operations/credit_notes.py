"""Credit notes: what corrects an invoice that is published, or gives money back for less."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction

from billing.events import CreditNoteIssued
from billing.models import (
    BillingProfile,
    BillingSettings,
    CreditEntry,
    CreditNote,
    Invoice,
    InvoiceItem,
    Payment,
    Upgrade,
)
from billing.operations import credit, numbers, parties, profiles, settlement, taxes
from billing.operations.currencies import unit_of
from billing.operations.items import ItemSpec
from billing.pricing.tax import TaxRules, taxed_total
from clients.actors import Actor
from clients.models import Client
from clients.operations import activity
from core.errors import OperationError
from core.events import publish
from core.money import ZERO
from core.sentences import sentence as _


class UnableToIssueCreditNote(OperationError):
    """No credit note was made."""


@transaction.atomic
def issue_credit_note(
    *,
    client: Client,
    items: Sequence[ItemSpec],
    on: date,
    reason: str,
    actor: Actor,
    invoice: Invoice | None = None,
    upgrade: Upgrade | None = None,
) -> CreditNote:
    """
    Give a client a credit note over these lines with their tax, and what it comes to as credit.

    The lines' amounts add up to more than 0. With an `invoice` the taxes are those it was charged,
    and what is still owed on it is lowered first; without one they are the client's of today. An
    `upgrade` has one credit note: asked again, the one it has is returned.

    :raises UnableToIssueCreditNote: nothing to credit, or more than the invoice is worth
    """
    profile = profiles.lock(client)
    if upgrade is not None:
        existing = CreditNote.objects.filter(upgrade=upgrade).first()
        if existing is not None:
            return existing
    settings = BillingSettings.current()
    if invoice is not None:
        invoice = Invoice.objects.select_related("client").get(pk=invoice.pk, client=client)
        rules = taxes.as_charged(invoice)
    else:
        rules = taxes.TaxBook.current().rules_of(profile)
    note = _compose(profile, items, rules)
    note.issue_date, note.reason, note.issuer = on, reason[:300], parties.issuer(settings)
    note.invoice, note.upgrade = invoice, upgrade
    if note.total <= ZERO:
        raise UnableToIssueCreditNote(_("There is nothing to credit."))
    if invoice is not None:
        _check_invoice(invoice, note.total)
    note.number = numbers.credit_note_number(on=on, settings=settings)
    note.save()
    activity.record(
        action="credit_note.issued",
        subject=note,
        name=note.number,
        client=client,
        actor=actor,
        after={"total": str(note.total), "reason": reason},
    )
    _book(note, profile, invoice, actor)
    publish(CreditNoteIssued(credit_note_id=note.pk))
    return note


def given_back(invoice: Invoice) -> Decimal:
    """
    Return what of an invoice was refunded or credited.

    A payment that was refunded while the invoice was open has been owed again since; it is not
    what was given back.
    """
    covered = invoice.total - invoice.balance
    return covered - _kept(invoice) + _moved(invoice, CreditEntry.Reason.CREDIT_NOTE)


def _kept(invoice: Invoice) -> Decimal:
    """Return what payments and credit have brought to an invoice and refunds have not taken."""
    rows = invoice.payments.values_list("kind", "applied")
    paid = sum((each if kind == Payment.Kind.PAYMENT else -each for kind, each in rows), ZERO)
    return paid - _moved(invoice, CreditEntry.Reason.SPENT)


def _moved(invoice: Invoice, reason: CreditEntry.Reason) -> Decimal:
    """Return what an invoice has moved in the ledger of credit for this reason, signed."""
    entries = CreditEntry.objects.filter(invoice=invoice, reason=reason)
    return sum(entries.values_list("amount", flat=True), ZERO)


def _compose(profile: BillingProfile, items: Sequence[ItemSpec], rules: TaxRules) -> CreditNote:
    totals = taxed_total(
        amounts=((each.amount, each.is_taxed) for each in items),
        rules=rules,
        currency=unit_of(profile.currency),
    )
    first, second = (*totals.taxes, ZERO, ZERO)[:2]
    return CreditNote(
        client=profile.client,
        currency=profile.currency,
        items=[_stored(each) for each in items],
        subtotal=totals.net,
        tax=first,
        tax_2=second,
        total=totals.gross,
        taxes=taxes.stored(rules=rules, totals=totals),
        recipient=parties.recipient(profile.client),
    )


def _stored(item: ItemSpec) -> dict[str, object]:
    return {
        "description": item.description,
        "quantity": item.quantity,
        "unit_price": str(item.unit_price),
        "amount": str(item.amount),
        "is_taxed": item.is_taxed,
        "period_start": item.period_start and item.period_start.isoformat(),
        "period_end": item.period_end and item.period_end.isoformat(),
    }


def _check_invoice(invoice: Invoice, total: Decimal) -> None:
    if invoice.status not in {Invoice.Status.UNPAID, Invoice.Status.PAID}:
        raise UnableToIssueCreditNote(_("Only an open or paid invoice can be credited."))
    if invoice.items.filter(kind=InvoiceItem.Kind.FUNDS).exists():
        raise UnableToIssueCreditNote(
            _("This invoice has added credit. Refund its payment instead.")
        )
    worth = invoice.total - given_back(invoice)
    if total > worth:
        raise UnableToIssueCreditNote(
            _("That is more than the invoice is worth. Enter a smaller amount."), field="amount"
        )
    # Else it would count as paid, with all that follows from a payment.
    if invoice.status == Invoice.Status.UNPAID and total == worth:
        raise UnableToIssueCreditNote(
            _("Nothing would be left of this invoice. Cancel it instead."), field="amount"
        )


def _book(note: CreditNote, profile: BillingProfile, invoice: Invoice | None, actor: Actor) -> None:
    """Lower what is owed on the invoice; what remains becomes credit."""
    owed = ZERO
    if invoice is not None and invoice.status == Invoice.Status.UNPAID:
        owed = min(invoice.balance, note.total)
    if note.total > owed:
        credit.move(
            profile=profile,
            amount=note.total - owed,
            reason=CreditEntry.Reason.CREDIT_NOTE,
            description=note.number,
            invoice=invoice,
            credit_note=note,
            actor=actor,
        )
    if invoice is not None and owed:
        settlement.cover(invoice=invoice, amount=owed, actor=actor)
