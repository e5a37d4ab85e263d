"""Renewals: invoices for the next periods of many services at once, and their announcement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from billing.models import (
    BillingProfile,
    CancellationRequest,
    Closing,
    Invoice,
    InvoiceItem,
    InvoiceNotice,
    Service,
    Upgrade,
)
from billing.operations import invoicing, numbers, profiles, promotions, upgrade_terms
from billing.operations.currencies import unit_of
from billing.operations.items import ItemSpec, specs_of_lines
from billing.operations.taxes import TaxBook
from billing.operations.upgrade_terms import Terms
from billing.pricing.cycles import Period, period_starting
from billing.pricing.lines import Span
from billing.pricing.proration import Part
from billing.pricing.quote import term_lines
from billing.queries.deadlines import reached
from clients.actors import Actor
from clients.models import Activity, Client
from clients.operations import activity
from core.money import Currency
from core.sentences import sentence as _
from provisioning.models import MailDomain

# Services a transaction: enough for the round trips to count for nothing, and few enough to be
# held in memory and to keep nobody waiting for a lock.
AT_ONCE = 2000


@dataclass(frozen=True)
class Position:
    """How far a walk over the due services has come: by their day, then by their number."""

    day: date = date.min
    service_id: int = 0


@dataclass
class Renewed:
    """
    What one transaction came to.

    `already` are services whose period was on an invoice, which only move on; `refused` have the
    sentence why.
    """

    invoices: list[Invoice] = field(default_factory=list)
    already: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def due_for_invoice(*, today: date, days: int) -> QuerySet[Service]:
    """
    Return the services whose next period is to be invoiced now, `days` before it begins.

    A client's or group's own number of days goes before. What has been cancelled is not renewed.
    """
    is_cancelled = CancellationRequest.objects.filter(
        service=OuterRef("pk"), status=CancellationRequest.Status.OPEN
    )
    is_closing = Closing.objects.open().filter(service=OuterRef("pk"))
    return Service.objects.running().filter(
        reached(
            column="next_invoice_date",
            days="invoice_days",
            owner="client",
            default=days,
            day=lambda number: today + timedelta(days=number),
        ),
        ~Exists(is_cancelled),
        ~Exists(is_closing),
    )


def claim(due: QuerySet[Service], after: Position) -> tuple[list[int], Position]:
    """
    Return the next due services in the order of their days, and how far that goes.

    Those of a client that are due on one day come together, so that they share an invoice. A
    service that is two periods behind is found again further on, on its later day.
    """
    ahead = Q(next_invoice_date__gt=after.day) | Q(
        next_invoice_date=after.day, pk__gt=after.service_id
    )
    rows = (
        due.filter(ahead, next_invoice_date__gte=after.day)
        .order_by("next_invoice_date", "pk")
        .values_list("pk", "next_invoice_date", "client_id")[:AT_ONCE]
    )
    found = list(rows)
    if not found:
        return [], after
    ids = [pk for pk, _day, _client in found]
    last_pk, last_day = found[-1][0], found[-1][1] or date.max
    if len(found) == AT_ONCE:
        cut = {client for _pk, day, client in found if day == last_day}
        beyond = due.filter(next_invoice_date=last_day, pk__gt=last_pk, client__in=cut)
        ids += beyond.values_list("pk", flat=True)
    return ids, Position(last_day, last_pk)


@transaction.atomic
def invoice_next_period(
    *, service_ids: Sequence[int], due: QuerySet[Service], today: date, actor: Actor
) -> Renewed:
    """
    Make and publish the invoices for the next period of each of these services.

    What of them is not `due` any more is left alone: the clients' money is locked first, and then
    looked at. Nobody is told yet; each invoice has a notice that waits for `announce`.
    """
    owners = Service.objects.filter(pk__in=service_ids).values("client_id")
    locked = profiles.lock_all(Client.objects.filter(pk__in=owners))
    # What many services have in common is read once, not joined to each of them.
    services = list(
        due.filter(pk__in=service_ids, client__in=locked)
        .select_for_update(of=("self",))
        .prefetch_related(
            "product",
            "promotion",
            "selections__option",
            "selections__option_value",
            "selections__price",
            upgrade_terms.COMING,
            Prefetch("mail_domain", MailDomain.objects.only("status", "domain")),
        )
        .order_by("client_id", "next_invoice_date", "pk")
    )
    batch = Batch(locked=locked, today=today, book=TaxBook.current(), actor=actor)
    batch.leave_out_invoiced(services)
    for service in services:
        batch.add(service)
    batch.save()
    return batch.result


@dataclass
class Batch:
    """The documents of one transaction, put together in memory and saved in a few statements."""

    locked: dict[int, BillingProfile]
    today: date
    book: TaxBook
    actor: Actor
    result: Renewed = field(default_factory=Renewed)
    _groups: dict[tuple[int, ...], list[ItemSpec]] = field(default_factory=dict)
    _moved: dict[date, list[int]] = field(default_factory=lambda: defaultdict(list))
    _charged: list[int] = field(default_factory=list)
    _discounted: list[int] = field(default_factory=list)
    _invoiced: set[tuple[int | None, date | None]] = field(default_factory=set)

    def leave_out_invoiced(self, services: Iterable[Service]) -> None:
        """Note which periods have an invoice, so that no second one is tried."""
        rows = InvoiceItem.objects.filter(
            service__in=[service.pk for service in services],
            kind=InvoiceItem.Kind.HOSTING,
            is_live=True,
            period_start=F("service__next_invoice_date"),
        )
        self._invoiced = set(rows.values_list("service_id", "period_start"))

    def add(self, service: Service) -> None:
        """Price a service's next period, or say why that cannot be done."""
        profile = self.locked[service.client_id]
        service.client = profile.client
        start = service.next_invoice_date
        if start is None or service.anchor_day is None:
            self.result.refused[service.pk] = _("It has no billing day.")
            return
        terms = upgrade_terms.terms_of_period(service, start=start)
        if not terms.cycle.is_recurring:
            return  # from that day on it is free: a change that waits for it says so
        period = period_starting(due=start, cycle=terms.cycle, anchor_day=service.anchor_day)
        if (service.pk, start) in self._invoiced:
            self.result.already.append(service.pk)
        elif service.currency_id != profile.currency_id:
            self.result.refused[service.pk] = _("It is billed in another currency than its client.")
            return
        else:
            specs = self._specs(service, terms, unit_of(profile.currency), period)
            if not specs:
                self.result.refused[service.pk] = _("It has no price.")
                return
            self._groups.setdefault(self._group_of(service, profile, start), []).extend(specs)
        self._moved[period.end].append(service.pk)

    def save(self) -> None:
        """Save all documents; their numbers are the last lock that is taken."""
        drafts = [
            invoicing.compose(
                profile=self.locked[client_id],
                items=specs,
                due_date=max(date.fromordinal(day), self.today),
                book=self.book,
            )
            for (client_id, day, *_), specs in self._groups.items()
        ]
        for day, service_ids in self._moved.items():
            Service.objects.filter(pk__in=service_ids).update(next_invoice_date=day)
        if self._discounted:
            Service.objects.filter(pk__in=self._discounted, promotion_periods_left__gt=0).update(
                promotion_periods_left=F("promotion_periods_left") - 1
            )
        if self._charged:
            Upgrade.objects.filter(pk__in=self._charged).update(is_charged_at_renewal=False)
        taken = numbers.invoice_numbers(
            count=len(drafts), on=self.today, settings=self.book.settings
        )
        for draft, number in zip(drafts, taken, strict=True):
            invoicing.number_and_publish(
                invoice=draft.invoice, number=number, on=self.today, book=self.book
            )
        invoices = Invoice.objects.bulk_create([draft.invoice for draft in drafts])
        InvoiceItem.objects.bulk_create([item for draft in drafts for item in draft.items])
        InvoiceNotice.objects.bulk_create(
            [InvoiceNotice(invoice=each, kind=InvoiceNotice.Kind.CREATED) for each in invoices]
        )
        activity.record_all([self._line(invoice) for invoice in invoices])
        self.result.invoices = invoices

    def _specs(
        self, service: Service, terms: Terms, currency: Currency, period: Period
    ) -> list[ItemSpec]:
        offer = promotions.held_by(service)
        lines = term_lines(
            selections=tuple(each.priced for each in terms.chosen),
            span=Span(parts=(Part(period=period, days=period.days),)),
            offer=offer.ahead(0) if offer else None,
            currency=currency,
        )
        if offer is not None and offer.periods_left:
            self._discounted.append(service.pk)
        specs = specs_of_lines(lines, service=service, on=self.today)
        for upgrade in upgrade_terms.waiting_charges(service):
            self._charged.append(upgrade.pk)
            specs += upgrade_terms.charges(upgrade, service=service, on=self.today)
        return specs

    def _group_of(self, service: Service, profile: BillingProfile, start: date) -> tuple[int, ...]:
        """Return what the services on one invoice have in common."""
        is_separate = profile.has_separate_invoices or (
            profile.group is not None and profile.group.has_separate_invoices
        )
        key = (service.client_id, start.toordinal())
        return (*key, service.pk) if is_separate else key

    def _line(self, invoice: Invoice) -> Activity:
        return activity.line(
            action="invoice.published",
            subject=invoice,
            name=str(invoice.number),
            client=invoice.client,
            actor=self.actor,
            after={"total": str(invoice.total), "due_date": invoice.due_date.isoformat()},
        )


def waiting_announcements() -> QuerySet[InvoiceNotice]:
    """Return the notices of invoices that were made in bulk and that nobody was told of."""
    return InvoiceNotice.objects.filter(told_at=None).order_by("pk")


@transaction.atomic
def announce(*, notice_id: int, now: datetime, uses_credit: bool, actor: Actor) -> Invoice | None:
    """
    Tell of an invoice that was made in bulk; the client's credit is used for it first.

    What comes to 0 is paid by that. Returns None where somebody else has told of it.
    """
    notice = InvoiceNotice.objects.select_related("invoice__client").get(pk=notice_id)
    profile = profiles.lock(notice.invoice.client)
    if not InvoiceNotice.objects.filter(pk=notice_id, told_at=None).update(told_at=now):
        return None
    invoice = Invoice.objects.select_related("client", "currency").get(pk=notice.invoice_id)
    # It may have been paid or cancelled since: its page shows it at once.
    if invoice.status == Invoice.Status.UNPAID:
        invoicing.announce(invoice=invoice, profile=profile, actor=actor, uses_credit=uses_credit)
    return invoice


def total_by_currency(invoices: Iterable[Invoice]) -> dict[str, Decimal]:
    """Return what invoices come to, by the code of their currency."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in invoices:
        totals[invoice.currency_id] += invoice.total
    return dict(totals)
