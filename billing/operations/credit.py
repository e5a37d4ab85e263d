"""A client's credit: a ledger that never falls below 0."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction

from billing.models import (
    BillingProfile,
    CreditEntry,
    CreditNote,
    Invoice,
    InvoiceItem,
    Payment,
)
from billing.operations import profiles, settlement
from billing.operations.currencies import unit_of
from clients.actors import Actor
from clients.models import Client
from clients.operations import activity
from core.errors import OperationError
from core.money import ZERO, Currency
from core.sentences import sentence as _

Reason = CreditEntry.Reason
FUNDS = InvoiceItem.Kind.FUNDS


class UnableToMoveCredit(OperationError):
    """The balance stays as it is."""


@transaction.atomic
def add_credit(*, client: Client, amount: Decimal, description: str, actor: Actor) -> CreditEntry:
    """
    Give a client credit by hand; `amount` is in the currency of the client's profile.

    :raises UnableToMoveCredit: not above 0, or finer than the currency's smallest unit
    """
    profile = profiles.lock(client)
    _check(amount, unit_of(profile.currency))
    return move(
        profile=profile, amount=amount, reason=Reason.ADDED, description=description, actor=actor
    )


@transaction.atomic
def remove_credit(
    *,
    client: Client,
    amount: Decimal,
    description: str,
    actor: Actor,
    is_paid_back: bool = False,
) -> CreditEntry:
    """
    Take credit away by hand, or because it was paid back to the client; `amount` is positive.

    :raises UnableToMoveCredit: not above 0, too fine, or more than there is
    """
    profile = profiles.lock(client)
    _check(amount, unit_of(profile.currency))
    return move(
        profile=profile,
        amount=-amount,
        reason=Reason.REFUNDED if is_paid_back else Reason.REMOVED,
        description=description,
        actor=actor,
    )


@transaction.atomic
def spend_credit(*, invoice: Invoice, actor: Actor, amount: Decimal | None = None) -> Decimal:
    """
    Use the client's credit for an open invoice and return how much was used.

    That is `amount`, or without one as much as there is and the invoice still needs; 0 where there
    is nothing to use or nothing to pay.

    :raises UnableToMoveCredit: the amount is more than the credit or the balance, or the invoice
        is one that adds to the credit or is in another currency
    """
    profile = profiles.lock(invoice.client)
    fresh = Invoice.objects.select_related("client").get(pk=invoice.pk)
    return spend(profile=profile, invoice=fresh, actor=actor, amount=amount)


@transaction.atomic
def spend_on_all(*, client: Client, invoices: Iterable[Invoice], actor: Actor) -> Decimal:
    """
    Use credit for several open invoices at once, those due first first; return how much was used.

    Where the credit does not cover all of them the last one stays partly paid. Invoices that add
    credit are left out.

    :raises UnableToMoveCredit: an invoice is in another currency
    """
    profiles.lock(client)
    wanted = [each.pk for each in invoices]
    found = client.invoices.open().filter(pk__in=wanted).select_related("client")
    found = found.exclude(pk__in=InvoiceItem.objects.filter(kind=FUNDS).values("invoice"))
    used = ZERO
    for invoice in found.order_by("due_date", "pk"):
        profile = profiles.profile_of(client)
        used += spend(profile=profile, invoice=invoice, actor=actor)
    return used


def spend(
    *, profile: BillingProfile, invoice: Invoice, actor: Actor, amount: Decimal | None = None
) -> Decimal:
    """Do as `spend_credit` with a profile that is locked and an invoice read under that lock."""
    if invoice.status != Invoice.Status.UNPAID:
        return ZERO
    if invoice.items.filter(kind=FUNDS).exists():
        raise UnableToMoveCredit(_("An invoice that adds credit cannot be paid with credit."))
    if invoice.currency_id != profile.currency_id:
        raise UnableToMoveCredit(_("The invoice is in another currency than the credit."))
    if amount is None:
        amount = min(profile.credit, invoice.balance)
    elif amount > invoice.balance:
        raise UnableToMoveCredit(
            _("That is more than the invoice still needs. Enter a smaller amount."), field="amount"
        )
    else:
        _check(amount, unit_of(profile.currency))
    if amount <= ZERO:
        return ZERO
    move(
        profile=profile,
        amount=-amount,
        reason=Reason.SPENT,
        description=str(invoice.number),
        invoice=invoice,
        actor=actor,
    )
    settlement.cover(invoice=invoice, amount=amount, actor=actor)
    return amount


def move(
    *,
    profile: BillingProfile,
    amount: Decimal,
    reason: CreditEntry.Reason,
    actor: Actor,
    description: str = "",
    invoice: Invoice | None = None,
    payment: Payment | None = None,
    credit_note: CreditNote | None = None,
) -> CreditEntry:
    """
    Write one line of the ledger; `amount` is signed and not 0. The profile is locked.

    :raises UnableToMoveCredit: more would be taken than there is
    """
    # What follows from a payment moves credit too, through a profile read for itself.
    profile.refresh_from_db(fields=["credit"])
    balance = profile.credit + amount
    if balance < ZERO:
        raise UnableToMoveCredit(
            _("There is not that much credit. Enter a smaller amount."), field="amount"
        )
    before, profile.credit = profile.credit, balance
    profile.save(update_fields=["credit", "updated_at"])
    entry = CreditEntry.objects.create(
        client=profile.client,
        currency=profile.currency,
        reason=reason,
        amount=amount,
        balance=balance,
        description=description[:300],
        invoice=invoice,
        payment=payment,
        credit_note=credit_note,
        made_by_name=actor.name,
    )
    unit = unit_of(profile.currency)
    activity.record(
        action=f"credit.{reason.value}",
        subject=entry,
        name=f"{unit.rounded(amount)} {unit}",
        client=profile.client,
        actor=actor,
        before={"credit": str(unit.rounded(before))},
        after={"credit": str(unit.rounded(balance))},
    )
    return entry


def _check(amount: Decimal, currency: Currency) -> None:
    if amount <= ZERO:
        raise UnableToMoveCredit(_("Enter an amount above 0."), field="amount")
    if currency.rounded(amount) != amount:
        raise UnableToMoveCredit(
            _("%(currency)s has no smaller unit than %(smallest)s. Enter a rounded amount.")
            % {"currency": currency.code, "smallest": str(currency.smallest)},
            field="amount",
        )
