"""Money that comes in from outside, and money that goes back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy

from billing import gateways
from billing.events import PaymentReceived, PaymentRefunded
from billing.models import BillingProfile, CreditEntry, Invoice, InvoiceItem, Payment
from billing.operations import credit, credit_notes, profiles, settlement
from billing.operations.currencies import unit_of
from clients.actors import Actor
from clients.models import Client
from clients.operations import activity
from core.errors import OperationError
from core.events import publish
from core.money import ZERO, Currency
from core.sentences import sentence as _

Kind = Payment.Kind
Status = Invoice.Status


class UnableToRecordPayment(OperationError):
    """No payment was recorded."""


class UnableToRefundPayment(OperationError):
    """Nothing was refunded."""


class RefundTo(TextChoices):
    """Where a refund goes."""

    SOURCE = "source", gettext_lazy("Back the way it came")
    CREDIT = "credit", gettext_lazy("To the credit balance")


@transaction.atomic
def record_payment(
    *,
    client: Client,
    invoice: Invoice | None,
    amount: Decimal,
    gateway: str,
    reference: str,
    paid_on: date,
    actor: Actor,
    fee: Decimal = ZERO,
    description: str = "",
) -> Payment:
    """
    Record money of a gateway and use it for an invoice, in the client's currency.

    What the invoice does not need becomes credit; without an invoice, or with one that is paid or
    cancelled, all of it does. The same reference again answers with the payment that exists.

    :raises UnableToRecordPayment: a draft, somebody else's invoice, no or too fine an amount, no
        reference, or one that stands for another payment
    """
    reference = reference.strip()
    profile = profiles.lock(client)
    existing = Payment.objects.filter(gateway=gateway, reference=reference).first()
    if existing is not None:
        return _same(existing, client, amount, invoice)
    _check_amount(amount, unit_of(profile.currency))
    if not reference:
        raise UnableToRecordPayment(_("Enter the payment's reference."), field="reference")
    if gateways.gateway_of(gateway) in {None, gateways.CREDIT}:
        raise UnableToRecordPayment(_("Payments do not come in that way."), field="gateway")
    if invoice is not None:
        invoice = _invoice_to_pay(invoice, profile)
    applied = ZERO
    if invoice is not None and invoice.status == Status.UNPAID:
        applied = min(amount, invoice.balance)
    payment = Payment(
        client=client,
        invoice=invoice,
        gateway=gateway,
        reference=reference,
        currency=profile.currency,
        amount=amount,
        applied=applied,
        fee=fee,
        paid_on=paid_on,
        description=description[:200],
        recorded_by_name=actor.name,
    )
    try:
        with transaction.atomic():
            payment.save()
    except IntegrityError as error:
        # Recorded for another client in this very moment.
        raise _taken(reference) from error
    _note(payment, "payment.received", actor)
    if amount > applied:
        credit.move(
            profile=profile,
            amount=amount - applied,
            reason=CreditEntry.Reason.OVERPAID if invoice else CreditEntry.Reason.FUNDS,
            description=reference,
            invoice=invoice,
            payment=payment,
            actor=actor,
        )
    publish(PaymentReceived(payment_id=payment.pk))
    if invoice is not None and applied:
        settlement.cover(invoice=invoice, amount=applied, actor=actor)
    return payment


@transaction.atomic
def refund_payment(
    *,
    payment: Payment,
    amount: Decimal,
    to: RefundTo,
    reference: str,
    on: date,
    actor: Actor,
    description: str = "",
) -> Payment:
    """
    Give back a payment or a part of it, and return the refund.

    What of the payment became credit goes back first, as far as there is any; the rest comes off
    the invoice: an open one is owed that again, a paid one stays paid until all was given back.
    `reference` is that of the transfer back; a refund to the credit balance needs none. The same
    reference again answers with the refund that exists.

    :raises UnableToRefundPayment: more than is left, credit that was spent, or no reference
    """
    reference = reference.strip()
    profile = profiles.lock(payment.client)
    payment = Payment.objects.select_related("client").get(pk=payment.pk)
    if payment.kind != Kind.PAYMENT:
        raise UnableToRefundPayment(_("Only a payment can be refunded."))
    gateway = gateways.CREDIT.name if to == RefundTo.CREDIT else payment.gateway
    earlier = list(payment.refunds.all())
    if not reference and to == RefundTo.CREDIT:
        reference = f"refund-{payment.pk}-{len(earlier) + 1}"
    if not reference:
        raise UnableToRefundPayment(_("Enter the reference of the transfer."), field="reference")
    existing = Payment.objects.filter(gateway=gateway, reference=reference).first()
    if existing is not None:
        if existing.refund_of_id == payment.pk and existing.amount == amount:
            return existing
        raise UnableToRefundPayment(
            _("The reference “%(reference)s” stands for another payment already.")
            % {"reference": reference},
            field="reference",
        )
    try:
        _check_amount(amount, unit_of(profile.currency))
    except UnableToRecordPayment as error:
        raise UnableToRefundPayment(error.user_message, field="amount") from error
    invoice = payment.invoice
    left = payment.amount - sum((each.amount for each in earlier), ZERO)
    on_invoice = payment.applied - sum((each.applied for each in earlier), ZERO)
    from_credit = ZERO if to == RefundTo.CREDIT else min(amount, left - on_invoice)
    applied = amount - from_credit
    if applied > on_invoice:
        raise UnableToRefundPayment(
            _("That is more than is left of the payment. Enter a smaller amount."), field="amount"
        )
    refund = Payment.objects.create(
        client=payment.client,
        invoice=invoice,
        kind=Kind.REFUND,
        refund_of=payment,
        gateway=gateway,
        reference=reference,
        currency=profile.currency,
        amount=amount,
        applied=applied,
        paid_on=on,
        description=description[:200],
        recorded_by_name=actor.name,
    )
    _note(refund, "payment.refunded", actor)
    if invoice is not None and applied:
        from_credit += _take_off_invoice(invoice, applied, actor)
    _move_refund(refund, profile, from_credit, actor)
    publish(PaymentRefunded(payment_id=refund.pk))
    return refund


def refundable(payment: Payment) -> Decimal:
    """Return what of a payment has not been refunded yet."""
    if payment.kind != Kind.PAYMENT:
        return ZERO
    return payment.amount - sum(payment.refunds.values_list("amount", flat=True), ZERO)


def _take_off_invoice(invoice: Invoice, amount: Decimal, actor: Actor) -> Decimal:
    """Undo a payment's part in its invoice; return what that has made credit and must go too."""
    if invoice.status == Status.UNPAID:
        settlement.uncover(invoice=invoice, amount=amount)
        return ZERO
    if credit_notes.given_back(invoice) > invoice.total:
        raise UnableToRefundPayment(
            _("Part of this invoice was credited already. Enter a smaller amount."), field="amount"
        )
    if invoice.status == Status.PAID and credit_notes.given_back(invoice) == invoice.total:
        invoice.refund(at=timezone.now())
        invoice.save(update_fields=["status", "refunded_at"])
        settlement.note(action="invoice.refunded", invoice=invoice, actor=actor)
    is_for_funds = invoice.items.filter(kind=InvoiceItem.Kind.FUNDS).exists()
    return amount if is_for_funds else ZERO


def _move_refund(
    refund: Payment, profile: BillingProfile, from_credit: Decimal, actor: Actor
) -> None:
    """Take out of the credit balance what left it; put in what goes there."""
    to_credit = refund.applied if refund.gateway == gateways.CREDIT.name else ZERO
    moved = to_credit - from_credit
    if not moved:
        return
    try:
        credit.move(
            profile=profile,
            amount=moved,
            reason=CreditEntry.Reason.RETURNED if moved > 0 else CreditEntry.Reason.REFUNDED,
            description=refund.reference,
            invoice=refund.invoice,
            payment=refund,
            actor=actor,
        )
    except credit.UnableToMoveCredit as error:
        raise UnableToRefundPayment(
            _("Part of this payment became credit that has been spent. Enter a smaller amount."),
            field="amount",
        ) from error


def _invoice_to_pay(invoice: Invoice, profile: BillingProfile) -> Invoice:
    fresh = Invoice.objects.select_related("client", "currency").get(pk=invoice.pk)
    if fresh.client_id != profile.client_id:
        raise UnableToRecordPayment(_("This invoice belongs to another client."))
    if fresh.status == Status.DRAFT:
        raise UnableToRecordPayment(_("This invoice is a draft. Publish it first."))
    if fresh.currency_id != profile.currency_id:
        raise UnableToRecordPayment(_("This invoice is in another currency than the client."))
    return fresh


def _same(existing: Payment, client: Client, amount: Decimal, invoice: Invoice | None) -> Payment:
    is_same = (
        existing.kind == Kind.PAYMENT
        and existing.client_id == client.pk
        and existing.amount == amount
        and existing.invoice_id == (invoice.pk if invoice else None)
    )
    if not is_same:
        raise _taken(existing.reference)
    return existing


def _taken(reference: str) -> UnableToRecordPayment:
    return UnableToRecordPayment(
        _("The reference “%(reference)s” stands for another payment already.")
        % {"reference": reference},
        field="reference",
    )


def _check_amount(amount: Decimal, currency: Currency) -> None:
    if amount <= ZERO:
        raise UnableToRecordPayment(_("Enter an amount above 0."), field="amount")
    if currency.rounded(amount) != amount:
        raise UnableToRecordPayment(
            _("%(currency)s has no smaller unit than %(smallest)s. Enter a rounded amount.")
            % {"currency": currency.code, "smallest": str(currency.smallest)},
            field="amount",
        )


def _note(payment: Payment, action: str, actor: Actor) -> None:
    unit = unit_of(payment.currency)
    activity.record(
        action=action,
        subject=payment,
        name=f"{unit.rounded(payment.amount)} {unit}",
        client=payment.client,
        actor=actor,
        after={
            "gateway": payment.gateway,
            "reference": payment.reference,
            "invoice": payment.invoice.number if payment.invoice else "",
        },
    )
