"""Funds: money that a client pays ahead, as credit for invoices to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from billing.models import BillingSettings, Invoice, InvoiceItem
from billing.operations import invoicing, profiles
from billing.operations.currencies import unit_of
from billing.operations.items import ItemSpec
from clients.actors import Actor
from clients.models import Client
from core.errors import OperationError
from core.money import ZERO
from core.sentences import sentence as _


class UnableToAddFunds(OperationError):
    """No invoice was made."""


@dataclass(frozen=True)
class Limits:
    """What a client may add at once, in the client's currency; no `most` is no limit."""

    least: Decimal
    most: Decimal | None


def limits_of(client: Client) -> Limits:
    """Return how much a client may add to the credit now; `most` is 0 where nothing may be."""
    settings = BillingSettings.current()
    profile = profiles.profile_of(client)
    unit = unit_of(profile.currency)
    bounds = [settings.funds_maximum] if settings.funds_maximum else []
    if settings.funds_balance_maximum:
        waiting = InvoiceItem.objects.filter(
            kind=InvoiceItem.Kind.FUNDS, invoice__client=client, invoice__status="unpaid"
        )
        there = profile.credit + sum(waiting.values_list("amount", flat=True), ZERO)
        bounds.append(max(settings.funds_balance_maximum - there, ZERO))
    return Limits(
        least=max(unit.rounded(settings.funds_minimum), unit.smallest),
        most=unit.rounded(min(bounds)) if bounds else None,
    )


@transaction.atomic
def add_funds(*, client: Client, amount: Decimal, on: date, actor: Actor) -> Invoice:
    """
    Invoice a client for credit; it is added when the invoice is paid. No tax is charged on it.

    :raises UnableToAddFunds: below the least or above the most, too fine, or no service yet
    """
    profile = profiles.lock(client)
    unit = unit_of(profile.currency)
    limits = limits_of(client)
    if not client.services.running().exists():
        raise UnableToAddFunds(_("You can add credit once you have an active service."))
    if unit.rounded(amount) != amount:
        raise UnableToAddFunds(
            _("%(currency)s has no smaller unit than %(smallest)s. Enter a rounded amount.")
            % {"currency": unit.code, "smallest": str(unit.smallest)},
            field="amount",
        )
    if amount < limits.least:
        raise UnableToAddFunds(
            _("Enter at least %(least)s %(currency)s.")
            % {"least": str(limits.least), "currency": unit.code},
            field="amount",
        )
    if limits.most is not None and amount > limits.most:
        raise UnableToAddFunds(
            _("You can add %(most)s %(currency)s at most.")
            % {"most": str(limits.most), "currency": unit.code},
            field="amount",
        )
    with translation.override(client.language):
        description = gettext("Added to the credit balance")
    item = ItemSpec(
        kind=InvoiceItem.Kind.FUNDS,
        description=description,
        amount=amount,
        unit_price=amount,
        is_taxed=False,
    )
    return invoicing.issue_invoice(
        client=client, items=[item], due_date=on, on=on, actor=actor, uses_credit=False
    )
