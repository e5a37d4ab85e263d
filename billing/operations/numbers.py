"""Numbers of documents: each once, and none left out."""

from __future__ import annotations

from datetime import date

from sequences import get_next_value, get_next_values

from billing.models import BillingSettings

INVOICES = "invoices"
CREDIT_NOTES = "credit notes"
NUMBER = "{NUMBER}"


def invoice_number(*, on: date, settings: BillingSettings) -> str:
    """
    Take the next invoice number, in the transaction that publishes its invoice.

    The counter stays locked until that transaction ends: a roll-back gives the number back. So it
    is the last lock taken of what clients share. What the invoice brings about (credit that is
    used, services that are paid for) is locked after it: all of it belongs to the client whose
    money is locked already, and who waits for that money has no number.
    """
    return _formatted(
        settings.invoice_number_format, get_next_value(INVOICES), on, settings.number_digits
    )


def invoice_numbers(*, count: int, on: date, settings: BillingSettings) -> list[str]:
    """Take a block of invoice numbers at once, in the transaction that publishes them all."""
    if not count:
        return []
    return [
        _formatted(settings.invoice_number_format, each, on, settings.number_digits)
        for each in get_next_values(count, INVOICES)
    ]


def credit_note_number(*, on: date, settings: BillingSettings) -> str:
    """Take the next number of a credit note; as `invoice_number`."""
    return _formatted(
        settings.credit_note_number_format, get_next_value(CREDIT_NOTES), on, settings.number_digits
    )


def _formatted(form: str, number: int, on: date, digits: int) -> str:
    """Fill in a format; the counter never starts again, so the number alone is unique."""
    if NUMBER not in form:
        form += NUMBER
    return (
        form.replace("{YEAR}", f"{on:%Y}")
        .replace("{MONTH}", f"{on:%m}")
        .replace("{DAY}", f"{on:%d}")
        .replace(NUMBER, str(number).zfill(digits))
    )
