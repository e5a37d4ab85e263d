"""Money of changes beside their own lines: what was paid ahead, or at terms never given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import translation

from billing.models import Invoice, InvoiceItem, Service, Upgrade
from billing.operations import (
    change_quotes,
    credit,
    credit_notes,
    invoicing,
    profiles,
    reissuing,
    selections,
    taxes,
    upgrade_terms,
)
from billing.operations.chosen import Chosen
from billing.operations.items import ItemSpec, specs_of_lines
from billing.pricing.changes import Held, quote_change
from billing.pricing.lines import Selection
from clients.actors import Actor
from core.money import ZERO
from core.sentences import sentence as _


def paid_since(upgrade: Upgrade) -> Held | None:
    """
    Return what was paid ahead after a change was ordered: its terms, and which had a promotion.

    To be asked before the change is made, as the service has those terms until then. None where
    nothing was paid since, or the change waited for that day.
    """
    service = upgrade.service
    since, due = upgrade_terms.day_in(upgrade.old["due"]), service.next_due_date
    if upgrade.new["starts_on"] or not since or not due or due <= since:
        return None
    held = selections.held_by(service=service, on=since)
    return change_quotes.held_terms(service, held, on=since)


def settle_paid_since(
    upgrade: Upgrade,
    held: Held,
    *,
    on: date,
    actor: Actor,
    chosen: Iterable[Chosen] | None = None,
) -> None:
    """
    Charge or credit the periods that were paid at the old terms after the change was ordered.

    `chosen` is what the service has now, where that is more than what the change was ordered with.
    """
    service = upgrade.service
    since = upgrade_terms.day_in(upgrade.old["due"]) or on
    is_same_cycle = upgrade.new["cycle"] == upgrade.old["cycle"]
    # Another cycle has begun a period of its own: of what was paid for the old one all comes back.
    ordered = upgrade_terms.chosen_after(upgrade) if chosen is None else chosen
    after = ordered if is_same_cycle else ()
    quote = quote_change(
        held=held,
        selections=_priced(after, since),
        today=since,
        terms=taxes.terms_of(service.client),
    )
    if quote.total > ZERO:
        invoicing.issue_invoice(
            client=service.client,
            items=specs_of_lines(quote.lines, service=service, on=on, upgrade=upgrade),
            due_date=on,
            on=on,
            actor=actor,
        )
    elif quote.total < ZERO:
        credit_notes.issue_credit_note(
            client=service.client,
            items=specs_of_lines(quote.lines, service=service, on=on, sign=-1),
            on=on,
            reason=reason_of(service),
            actor=actor,
        )


def undo_schedule(*, upgrade: Upgrade, on: date, actor: Actor) -> None:
    """
    Bill a service as it is, where a change that waited for a renewal is not made after all.

    Open renewals are made anew, and what was paid for periods at the lower terms is charged up to
    what the service has in them. With another cycle nothing is: those periods were others. The
    caller holds the locks of the client's money and of the service, and has ended the change.
    """
    start = upgrade_terms.day_in(upgrade.new.get("starts_on"))
    if start is None:
        return
    service = upgrade.service
    reissuing.renew_invoices(service=service, on=on, actor=actor)
    if upgrade.old["cycle"] != upgrade.new["cycle"]:
        return
    items = _not_charged(service, start, on=on)
    if items:
        invoicing.issue_invoice(
            client=service.client, items=items, due_date=max(start, on), on=on, actor=actor
        )


def give_back_since(upgrade: Upgrade, *, on: date, actor: Actor) -> None:
    """
    Credit what periods were paid for above the terms of a change that was late for its renewal.

    To be asked once the change is made. With another cycle nothing is: those periods were others.
    """
    start = upgrade_terms.day_in(upgrade.new.get("starts_on"))
    if start is None or upgrade.old["cycle"] != upgrade.new["cycle"]:
        return
    service = upgrade.service
    items = _charged_above(service, start, on=on)
    if items:
        credited = credit_notes.issue_credit_note(
            client=service.client, items=items, on=on, reason=reason_of(service), actor=actor
        )
        spend_on_changes(service, credited.total, actor=actor)


def is_used(upgrade: Upgrade) -> bool:
    """Tell whether a period from the day on that a change waits for is paid for already."""
    start = upgrade_terms.day_in(upgrade.new.get("starts_on"))
    return start is not None and _paid_lines(upgrade.service, start).exists()


def _paid_lines(service: Service, start: date) -> QuerySet[InvoiceItem]:
    """Return the lines of the paid periods from that day on."""
    return service.invoice_items.filter(
        kind__in=reissuing.OF_THE_PERIOD,
        is_live=True,
        period_start__gte=start,
        invoice__status=Invoice.Status.PAID,
    )


def _not_charged(service: Service, start: date, *, on: date) -> list[ItemSpec]:
    """Return by how much each paid period from that day on was billed for less than there is."""
    pairs = _billed_and_wanted(service, start, on=on)
    return _excess((billed, wanted) for billed, wanted in pairs)


def _charged_above(service: Service, start: date, *, on: date) -> list[ItemSpec]:
    """Return by how much each paid period from that day on was billed for more than there is."""
    pairs = _billed_and_wanted(service, start, on=on)
    return _excess((wanted, billed) for billed, wanted in pairs)


def _excess(pairs: Iterable[tuple[list[ItemSpec], list[ItemSpec]]]) -> list[ItemSpec]:
    """Return the differences of those pairs whose second lines come to more than the first."""
    found = []
    for less, more in pairs:
        items = _differences(less, more)
        if sum((each.amount for each in items), ZERO) > ZERO:
            found += items
    return found


def _billed_and_wanted(
    service: Service, start: date, *, on: date
) -> Iterator[tuple[list[ItemSpec], list[ItemSpec]]]:
    """Yield for each paid period from that day on its lines, and what they would be by now."""
    paid = _paid_lines(service, start)
    periods: dict[date, list[InvoiceItem]] = {}
    for item in paid.select_related("invoice__currency").order_by("period_start", "pk"):
        periods.setdefault(item.period_start or start, []).append(item)
    for first_day, billed in periods.items():
        wanted, _end = reissuing.specs_of_period(service, first_day, billed, on=on)
        yield [ItemSpec.of_item(each) for each in billed], wanted


def _differences(billed: list[ItemSpec], wanted: list[ItemSpec]) -> list[ItemSpec]:
    """Return for each thing what it costs more, or less: neither of the change nor of a renewal."""
    before = {(each.kind, each.key): each for each in billed}
    after = {(each.kind, each.key): each for each in wanted}
    items = []
    for key in (*after, *(key for key in before if key not in after)):
        old, new = before.get(key), after.get(key)
        amount = (new.amount if new else ZERO) - (old.amount if old else ZERO)
        words = new or old
        if amount and words:
            items.append(
                replace(
                    words,
                    kind=InvoiceItem.Kind.OTHER,
                    quantity=1,
                    unit_price=amount,
                    amount=amount,
                )
            )
    return items


def spend_on_changes(service: Service, amount: Decimal, *, actor: Actor) -> None:
    """
    Pay for the changes of a service that are made and not paid with credit that it has just given.

    Or else that credit would be had although what it is for was never paid.
    """
    owed = InvoiceItem.objects.filter(
        service=service,
        kind=InvoiceItem.Kind.UPGRADE,
        upgrade__status=Upgrade.Status.APPLIED,
        is_live=True,
    )
    invoices = Invoice.objects.open().filter(pk__in=owed.values("invoice"))
    for invoice in invoices.select_related("client").order_by("due_date", "pk"):
        there_is = min(amount, profiles.profile_of(service.client).credit, invoice.balance)
        if there_is > ZERO:
            amount -= credit.spend_credit(invoice=invoice, actor=actor, amount=there_is)


def reason_of(service: Service) -> str:
    """Return why something is credited, in the words of the client's language."""
    with translation.override(service.client.language):
        return _("%(domain)s was changed") % {"domain": service.domain}


def _priced(chosen: Iterable[Chosen], start: date) -> tuple[Selection, ...]:
    return tuple(each.on(start).priced for each in chosen)
