"""The price of a change: what a service has and would have, and the quote for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from billing.models import Currency, Invoice, InvoiceItem, Product, Service
from billing.operations import (
    discounts,
    promotions,
    selections,
    taxes,
    upgrade_terms,
)
from billing.operations.chosen import Chosen
from billing.operations.currencies import unit_of
from billing.operations.items import describe
from billing.operations.upgrade_guards import UnableToChange
from billing.pricing.changes import Held, quote_change
from billing.pricing.cycles import Cycle
from billing.pricing.lines import ONCE, Line
from billing.pricing.promotions import Promotion
from billing.pricing.quote import Quote, fingerprint, term_lines, totals_of
from core.money import ZERO
from core.sentences import sentence as _

Policy = Product.ReductionPolicy


@dataclass(frozen=True)
class PricedChange:
    """
    What one service has and would have, and what that costs.

    `priced` is void, by its fingerprint, as soon as anything has moved. With `starts_on` nothing is
    due and nothing given back: what is less counts from that day on.
    """

    service: Service
    currency: Currency
    product: Product
    cycle: Cycle
    held: tuple[Chosen, ...]
    chosen: tuple[Chosen, ...]
    priced: Quote
    starts_on: date | None
    promotion_periods_left: int | None
    # The day that it begins a new period on, and whether the promotion is taken off that.
    begins_on: date | None = None
    is_discounted: bool = False

    @property
    def begins_anew(self) -> bool:
        """Tell whether the old period ends today, and a new one begins."""
        return self.begins_on is not None

    @property
    def printed(self) -> list[tuple[str, Line]]:
        """Return the lines with their words in the active language."""
        return [(describe(line, domain=self.service.domain), line) for line in self.priced.lines]

    @property
    def differences(self) -> list[tuple[str, Chosen | None, Chosen | None]]:
        """Return by name what is had and would be had, where that is not the same."""
        old = {each.key: each for each in self.held if not each.is_part_of_the_product}
        new = {each.key: each for each in self.chosen if not each.is_part_of_the_product}
        rows = []
        for key in (*new, *(key for key in old if key not in new)):
            before, after = old.get(key), new.get(key)
            if before is None or after is None or _identity(before) != _identity(after):
                named = after or before
                rows.append((named.name if named else key, before, after))
        return rows

    @property
    def old_recurring(self) -> Decimal:
        """Return what a period costs now, without tax and promotion."""
        return selections.amount_of(self.held, self.currency)

    @property
    def new_recurring(self) -> Decimal:
        """Return what a period costs then, without tax and promotion."""
        return selections.amount_of(self.chosen, self.currency)

    @property
    def old_terms(self) -> dict[str, Any]:
        """Return what is had, as it is kept."""
        return upgrade_terms.stored_terms(
            product=self.service.product,
            cycle=Cycle(self.service.cycle),
            chosen=self.held,
            due=self.service.next_due_date,
            anchor_day=self.service.anchor_day,
            promotion_periods_left=self.service.promotion_periods_left,
        )

    @property
    def new_terms(self) -> dict[str, Any]:
        """Return what would be had, as it is kept."""
        return upgrade_terms.stored_terms(
            product=self.product,
            cycle=self.cycle,
            chosen=self.chosen,
            due=self.priced.next_due,
            anchor_day=self.priced.anchor_day,
            promotion_periods_left=self.promotion_periods_left,
            starts=self.starts_on,
            begins=self.begins_on,
            is_discounted=self.is_discounted,
        )


def price_change(
    *,
    service: Service,
    product: Product,
    cycle: Cycle,
    held: tuple[Chosen, ...],
    chosen: tuple[Chosen, ...],
    on: date,
    depends_on: Mapping[str, object],
    may_wait: bool = True,
) -> PricedChange:
    """
    Return what it costs to have these instead of what the service has, from that day on.

    What comes to less than nothing is credited, lost or put off to the renewal, as the product
    says; put off only if it `may_wait`. `depends_on` is what else must not move until it is
    confirmed, in terms that a fingerprint can be taken of.

    :raises UnableToChange: the client pays in another currency than the service
    """
    policy = Policy(service.product.reduction_policy)
    terms = taxes.terms_of(service.client)
    if service.currency_id not in {None, terms.currency.code}:
        raise UnableToChange(_("This service is billed in another currency. Write to us."))
    currency = service.currency or Currency.objects.get(code=terms.currency.code)
    before = held_terms(service, held, on=on)
    quote = quote_change(
        held=before,
        selections=tuple(each.priced for each in chosen if each.quantity),
        today=on,
        terms=terms,
        cycle=cycle,
        gives_credit=policy == Policy.CREDIT,
    )
    waits = may_wait and policy == Policy.AT_RENEWAL and quote.total < ZERO
    starts_on = service.next_due_date if waits and before.cycle.is_recurring else None
    if starts_on is not None:
        quote = _put_off(quote, before)
    promotion = before.promotion
    begins_anew = starts_on is None and cycle != before.cycle
    if cycle.is_recurring:
        coming = (each.on(quote.next_due) if quote.next_due else each for each in chosen)
        bills = 1 if begins_anew else 0
        next_lines = term_lines(
            selections=tuple(each.priced for each in coming if each.quantity),
            span=ONCE,
            offer=promotion.ahead(bills) if promotion else None,
            currency=unit_of(currency),
        )
        quote = replace(quote, next_recurring=totals_of(lines=next_lines, terms=terms))
    print_of_all = fingerprint(
        inputs={
            "change": quote.fingerprint,
            "next": quote.next_recurring.gross,
            "service": service.pk,
            "starts_on": starts_on,
            "invoiced_to": service.next_invoice_date,
            **depends_on,
        }
    )
    return PricedChange(
        service=service,
        currency=currency,
        product=product,
        cycle=cycle,
        held=held,
        chosen=chosen,
        priced=replace(quote, fingerprint=print_of_all),
        starts_on=starts_on,
        promotion_periods_left=_periods_left(service, promotion, cycle, starts_on),
        begins_on=on if begins_anew else None,
        is_discounted=begins_anew and promotion is not None and promotion.ahead(0) is not None,
    )


def held_terms(service: Service, held: tuple[Chosen, ...], *, on: date) -> Held:
    """Return what a service has, and until when it is paid, as the arithmetic wants it."""
    promotion = promotions.held_by(service)
    flags: tuple[bool, ...] = ()
    if promotion is not None:
        flags = discounts.discounted_periods(service, on=on)
        if promotion.periods_left is not None:
            # Bills that are out and not paid yet are still to come.
            ahead = service.invoice_items.filter(
                kind=InvoiceItem.Kind.PROMOTION,
                is_live=True,
                invoice__status=Invoice.Status.UNPAID,
                period_start__gte=service.next_due_date or on,
            )
            bills = ahead.values("period_start").distinct().count()
            promotion = replace(promotion, periods_left=promotion.periods_left + bills)
    return Held(
        selections=tuple(each.priced for each in held),
        cycle=Cycle(service.cycle),
        due=service.next_due_date,
        anchor_day=service.anchor_day,
        promotion=promotion,
        is_discounted=bool(flags and flags[0]),
        ahead=flags[1:],
    )


def _periods_left(
    service: Service, promotion: Promotion | None, cycle: Cycle, starts_on: date | None
) -> int | None:
    """Return for how many bills a promotion counts after the change; a new period takes one."""
    if promotion is None or promotion.periods_left is None:
        return None
    if starts_on is not None or cycle.value == service.cycle:
        return service.promotion_periods_left
    return max(promotion.periods_left - 1, 0)


def _put_off(quote: Quote, held: Held) -> Quote:
    """Return the quote of a change that begins with the next period: nothing moves today."""
    nothing = quote.currency.rounded(ZERO)
    return replace(
        quote,
        lines=(),
        subtotal=nothing,
        taxes=tuple(replace(each, amount=nothing) for each in quote.taxes),
        total=nothing,
        credit_applied=nothing,
        credit_given=nothing,
        due_today=nothing,
        next_due=held.due,
        anchor_day=held.anchor_day,
    )


def _identity(chosen: Chosen) -> tuple[object, ...]:
    return chosen.product.pk, chosen.quantity, chosen.unit_price, chosen.priced.value
