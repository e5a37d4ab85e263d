"""Record money that has arrived for an invoice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing import gateways
from billing.models import Invoice, Payment
from billing.operations import payments
from billing.operations.currencies import unit_of
from clients.actors import Actor


class Command(BaseCommand):
    """`manage.py payment 2026-00012 25.00 "transfer 4711" --date 2026-05-10`."""

    help = "Record money that has arrived for an invoice; what it does not need becomes credit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("invoice", help="the invoice's number")
        parser.add_argument("amount", help="in the invoice's currency, such as 25.00")
        parser.add_argument("reference", help="what the bank calls this money; taken once")
        parser.add_argument("--date", help="when it arrived, such as 2026-05-10; today if left out")
        parser.add_argument(
            "--gateway",
            default=gateways.BANK_TRANSFER.name,
            choices=[each.name for each in gateways.manual()],
            help="how it came; by bank transfer if left out",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        invoice = Invoice.objects.select_related("client").filter(number=options["invoice"]).first()
        if invoice is None:
            raise CommandError(f"There is no invoice {options['invoice']}.")
        try:
            paid = payments.record_payment(
                client=invoice.client,
                invoice=invoice,
                amount=_amount(options["amount"]),
                gateway=options["gateway"],
                reference=options["reference"],
                paid_on=_day(options["date"]),
                actor=Actor.system("payment command"),
            )
        except payments.UnableToRecordPayment as error:
            raise CommandError(error.user_message) from error
        invoice.refresh_from_db()
        self.stdout.write(_told(invoice, paid))


def _told(invoice: Invoice, payment: Payment) -> str:
    unit = unit_of(invoice.currency)
    left = f"{unit.rounded(invoice.balance)} {unit}"
    text = f"Invoice {invoice.number} is {invoice.status}; {left} is left to pay."
    excess = payment.amount - payment.applied
    return f"{text} {unit.rounded(excess)} {unit} became credit." if excess else text


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise CommandError(f"{text} is no amount, such as 25.00.") from error


def _day(text: str | None) -> date:
    if text is None:
        return timezone.localdate()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text} is no date, such as 2026-05-10.") from error
