"""Reading invoices, and what a client owes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Sum

from billing.models import BillingProfile, Currency, Invoice, InvoiceItem, Service
from clients.models import Client
from core.money import ZERO

# A filter, not a state: an open invoice whose due date has passed.
OVERDUE = "overdue"


@dataclass(frozen=True)
class Owed:
    """What a client owes on open invoices, all of it and what is overdue."""

    count: int
    amount: Decimal
    overdue_count: int
    overdue_amount: Decimal
    first_due: date | None


@dataclass(frozen=True)
class Purse:
    """A client's credit and currency, as they are or would be."""

    credit: Decimal
    currency: Currency


def purse_of(client: Client) -> Purse:
    """Return what a client has; one who was never billed has nothing in the base currency."""
    profile = BillingProfile.objects.select_related("currency").filter(client=client).first()
    if profile is not None:
        return Purse(credit=profile.credit, currency=profile.currency)
    base = Currency.objects.filter(is_base=True).first()
    return Purse(credit=ZERO, currency=base or Currency(code=settings.BASE_CURRENCY))


def invoices_of(
    client: Client, *, today: date, search: str = "", status: str = ""
) -> QuerySet[Invoice]:
    """Return what a client may see of its invoices, newest first; a status may be `overdue`."""
    invoices = Invoice.objects.published().exclude(number__isnull=True).filter(client=client)
    if search:
        words = search.strip()
        lines = InvoiceItem.objects.filter(invoice__client=client, description__icontains=words)
        invoices = invoices.filter(Q(number__icontains=words) | Q(pk__in=lines.values("invoice")))
    if status == OVERDUE:
        invoices = invoices.overdue(on=today)
    elif status in Invoice.Status.values:
        invoices = invoices.filter(status=status)
    shown = ("taxes", "issuer", "recipient", "notes")
    return invoices.defer(*shown).select_related("currency").order_by("-issue_date", "-pk")


def owed_by(client: Client, *, today: date) -> Owed:
    """Add up a client's open invoices, in one query."""
    late = Q(due_date__lt=today)
    sums = (
        Invoice.objects.open()
        .filter(client=client)
        .aggregate(
            count=Count("pk"),
            amount=Sum("balance"),
            overdue_count=Count("pk", filter=late),
            overdue_amount=Sum("balance", filter=late),
            first_due=Min("due_date"),
        )
    )
    return Owed(
        count=sums["count"],
        amount=sums["amount"] or ZERO,
        overdue_count=sums["overdue_count"],
        overdue_amount=sums["overdue_amount"] or ZERO,
        first_due=sums["first_due"],
    )


def open_invoices_of(client: Client) -> QuerySet[Invoice]:
    """Return what a client has to pay, due first first."""
    shown = ("taxes", "issuer", "recipient", "notes")
    invoices = Invoice.objects.open().filter(client=client).defer(*shown)
    return invoices.select_related("currency").order_by("due_date", "pk")


def telling_what_adds_funds(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Tell of each invoice, as `adds_funds`, whether it cannot be paid with credit for that."""
    lines = InvoiceItem.objects.filter(invoice=OuterRef("pk"), kind=InvoiceItem.Kind.FUNDS)
    return invoices.annotate(adds_funds=Exists(lines))


def open_invoices_for(service: Service) -> QuerySet[Invoice]:
    """Return the open invoices that have a line of the service, due first first."""
    lines = InvoiceItem.objects.filter(service=service, is_live=True).values("invoice")
    return open_invoices_of(service.client).filter(pk__in=lines)
