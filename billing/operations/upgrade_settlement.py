"""The money of changes beside their own lines: what was paid ahead, or at terms never given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from django.utils import translation

from billing.models import InvoiceItem, Service, Upgrade
from billing.operations import (
    change_quotes,
    credit_notes,
    invoicing,
    reissuing,
    selections,
    taxes,
    upgrade_terms,
)
from billing.operations.chosen import Chosen
from billing.operations.items import specs_of_lines
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


def settle_paid_since(upgrade: Upgrade, held: Held, *, on: date, actor: Actor) -> None:
    """Charge or credit the periods that were paid at the old terms after the change was ordered."""
    service = upgrade.service
    since = upgrade_terms.day_in(upgrade.old["due"]) or on
    is_same_cycle = upgrade.new["cycle"] == upgrade.old["cycle"]
    # Another cycle has begun a period of its own: of what was paid for the old one all comes back.
    after = upgrade_terms.chosen_after(upgrade) if is_same_cycle else ()
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
    caller holds the locks of the client's money and of the service.
    """
    service = upgrade.service
    reissuing.renew_invoices(service=service, on=on, actor=actor)
    start, due = upgrade_terms.day_in(upgrade.new["starts_on"]), service.next_due_date
    if start is None or due is None or due <= start or upgrade.old["cycle"] != upgrade.new["cycle"]:
        return
    kept = selections.held_by(service=service, on=start)
    lowered = upgrade_terms.chosen_after(upgrade)
    held = change_quotes.held_terms(service, kept, on=start)
    quote = quote_change(
        held=replace(held, selections=_priced(lowered, start)),
        selections=tuple(each.priced for each in kept),
        today=start,
        terms=taxes.terms_of(service.client),
    )
    if quote.total <= ZERO:
        return
    items = [
        # Neither a line of the change, which is given up, nor one of a renewal.
        replace(each, kind=InvoiceItem.Kind.OTHER)
        for each in specs_of_lines(quote.lines, service=service, on=on)
    ]
    invoicing.issue_invoice(
        client=service.client, items=items, due_date=max(start, on), on=on, actor=actor
    )


def reason_of(service: Service) -> str:
    """Return why something is credited, in the words of the client's language."""
    with translation.override(service.client.language):
        return _("%(domain)s was changed") % {"domain": service.domain}


def _priced(chosen: Iterable[Chosen], start: date) -> tuple[Selection, ...]:
    return tuple(each.on(start).priced for each in chosen)
