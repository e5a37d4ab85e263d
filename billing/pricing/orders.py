"""Quotes of whole terms: a new service's first one, and each renewal."""

from __future__ import annotations

from datetime import date

from billing.pricing.cycles import Cycle, next_due, period_starting
from billing.pricing.lines import ONCE, Line, Selection, Span, by_key, setup_lines
from billing.pricing.promotions import Promotion, setup_discount_lines
from billing.pricing.proration import FirstTerm, Part, Prorata, first_term
from billing.pricing.quote import Quote, Terms, assemble, term_lines
from core.money import Currency


def quote_order(
    *,
    selections: tuple[Selection, ...],
    cycle: Cycle,
    today: date,
    terms: Terms,
    prorata: Prorata | None = None,
    promotion: Promotion | None = None,
) -> Quote:
    """
    Return what a new service costs that starts today, set-up fees included.

    `next_due` and `anchor_day` of the quote are the service's when it is placed. A free service
    has lines that cost nothing, a one-time service no next bill.

    :raises ValueError: if a key is selected twice
    """
    by_key(selections)
    first = first_term(start=today, cycle=cycle, prorata=prorata)
    span = span_of(term=first, cycle=cycle)
    offer = promotion and promotion.ahead(0)
    lines = term_lines(selections=selections, span=span, offer=offer, currency=terms.currency)
    if cycle != Cycle.FREE:
        lines += setup_lines(selections=selections, currency=terms.currency)
        lines += setup_discount_lines(
            selections=selections, promotion=offer, currency=terms.currency
        )
    return assemble(
        lines=lines,
        terms=terms,
        next_lines=term_lines(
            selections=selections if cycle.is_recurring else (),
            span=ONCE,
            offer=promotion and promotion.ahead(1),
            currency=terms.currency,
        ),
        next_due=first.due,
        anchor_day=first.anchor_day,
        inputs={
            "quote": "order",
            "selections": selections,
            "cycle": cycle,
            "today": today,
            "prorata": prorata,
            "promotion": promotion,
        },
    )


def quote_renewal(
    *,
    selections: tuple[Selection, ...],
    cycle: Cycle,
    due: date,
    anchor_day: int,
    terms: Terms,
    promotion: Promotion | None = None,
) -> Quote:
    """
    Return what the period costs that is due on `due`.

    `next_due` of the quote is the due date after this one; `next_recurring` is what is billed then.

    :raises ValueError: if the cycle does not recur, or a key is selected twice
    """
    by_key(selections)
    return assemble(
        lines=renewal_lines(
            selections=selections,
            cycle=cycle,
            due=due,
            anchor_day=anchor_day,
            currency=terms.currency,
            promotion=promotion,
        ),
        terms=terms,
        next_lines=term_lines(
            selections=selections,
            span=ONCE,
            offer=promotion and promotion.ahead(1),
            currency=terms.currency,
        ),
        next_due=next_due(due=due, cycle=cycle, anchor_day=anchor_day),
        anchor_day=anchor_day,
        inputs={
            "quote": "renewal",
            "selections": selections,
            "cycle": cycle,
            "due": due,
            "anchor_day": anchor_day,
            "promotion": promotion,
        },
    )


def renewal_lines(
    *,
    selections: tuple[Selection, ...],
    cycle: Cycle,
    due: date,
    anchor_day: int,
    currency: Currency,
    promotion: Promotion | None = None,
) -> tuple[Line, ...]:
    """
    Return the lines of a renewal alone: what invoicing needs for thousands of services.

    :raises ValueError: if the cycle does not recur
    """
    period = period_starting(due=due, cycle=cycle, anchor_day=anchor_day)
    return term_lines(
        selections=selections,
        span=Span(parts=(Part(period=period, days=period.days),)),
        offer=promotion and promotion.ahead(0),
        currency=currency,
    )


def span_of(*, term: FirstTerm, cycle: Cycle) -> Span:
    """Return what a term charges for: its parts, a price paid once, or nothing if it is free."""
    return ONCE if cycle == Cycle.ONE_TIME else Span(parts=term.parts)
