"""Quotes of changes to one service: product, options, quantities, a mailbox's type, the cycle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from billing.pricing.cycles import Cycle
from billing.pricing.lines import (
    NOTHING_LEFT,
    ONCE,
    Line,
    Selection,
    Span,
    by_key,
    selection_line,
    selection_lines,
    setup_lines,
)
from billing.pricing.orders import span_of
from billing.pricing.promotions import Promotion, discount_line, off_a_cycle
from billing.pricing.proration import first_term, parts_left
from billing.pricing.quote import Quote, Terms, assemble, term_lines
from core.money import Currency


@dataclass(frozen=True, slots=True)
class Held:
    """
    What a service has before a change, and until when it is paid.

    `due` and `anchor_day` are needed when the cycle recurs, else they are only kept. The
    promotion's `periods_left` are those after the current period; `is_discounted` says whether it
    was taken off the current one too, `ahead` the same of each period that is paid ahead. Those
    that `ahead` does not reach to are as the current one.
    """

    selections: tuple[Selection, ...]
    cycle: Cycle
    due: date | None = None
    anchor_day: int | None = None
    promotion: Promotion | None = None
    is_discounted: bool = False
    ahead: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        if self.cycle.is_recurring and (self.due is None or self.anchor_day is None):
            raise ValueError(f"{self.cycle} without a due date or an anchor day")

    def discounted(self, span: Span) -> Span:
        """Return those parts of a span, which begins today, that the promotion was taken off."""
        if span.is_timeless:
            return span if self.is_discounted else NOTHING_LEFT
        unknown = (self.is_discounted for _part in span.parts)
        flags = (self.is_discounted, *self.ahead, *unknown)
        return Span(
            parts=tuple(part for part, flag in zip(span.parts, flags, strict=False) if flag)
        )

    def left(self, *, today: date) -> Span:
        """Return what is left of the time paid for; nothing when free, late or paid once."""
        if not self.cycle.is_recurring or self.due is None or self.anchor_day is None:
            return NOTHING_LEFT
        return Span(
            parts=parts_left(
                today=today, due=self.due, cycle=self.cycle, anchor_day=self.anchor_day
            )
        )


def quote_change(
    *,
    held: Held,
    selections: tuple[Selection, ...],
    today: date,
    terms: Terms,
    cycle: Cycle | None = None,
    restarts: bool = False,
    charges_setup: bool = False,
    gives_credit: bool = True,
) -> Quote:
    """
    Return what it costs to have `selections` instead of the held ones from today on.

    With the same cycle the due date stays, and each key that differs has a line for its difference
    over the days left: one for more or fewer units, one charged and one credited when its value or
    its price differs. Another cycle (or `restarts`, for products that charge a whole cycle on a
    change) ends the old period today: all that is left of it is credited, a whole new cycle is
    charged, and today is the new anchor; promotions take that for the next bill. Nothing is
    credited for what was paid once, was free, or is past its due date.

    The promotion held is taken off both sides, so that no more comes back than was paid.
    `charges_setup` adds the set-up fees of values that were not held. With no difference there are
    no lines and nothing is due.

    :raises ValueError: if a key is selected twice
    """
    wanted = cycle or held.cycle
    by_key(held.selections)
    by_key(selections)
    starts_anew = restarts or wanted != held.cycle
    if starts_anew:
        lines, due, anchor_day = _anew(held, selections, wanted, today, terms.currency)
    else:
        lines = _differences(held, selections, today, terms.currency)
        due, anchor_day = held.due, held.anchor_day
    if charges_setup and wanted != Cycle.FREE:
        lines += _new_setups(held, selections, terms.currency)
    return assemble(
        lines=lines,
        terms=terms,
        next_lines=term_lines(
            selections=selections if wanted.is_recurring else (),
            span=ONCE,
            offer=held.promotion and held.promotion.ahead(1 if starts_anew else 0),
            currency=terms.currency,
        ),
        next_due=due,
        anchor_day=anchor_day,
        gives_credit=gives_credit,
        inputs={
            "quote": "change",
            "held": held,
            "selections": selections,
            "cycle": wanted,
            "today": today,
            "restarts": restarts,
            "charges_setup": charges_setup,
        },
    )


def _differences(
    held: Held, selections: tuple[Selection, ...], today: date, currency: Currency
) -> tuple[Line, ...]:
    """Return the lines of a change within the current period."""
    old, new = by_key(held.selections), by_key(selections)
    left = held.left(today=today)
    # What is paid once is charged once more for each unit more; there is no time to give back.
    charged = ONCE if held.cycle == Cycle.ONE_TIME else left
    lines: list[Line] = []
    for key in _keys(old, new):
        for selection, units in _moves(old.get(key), new.get(key)):
            span = charged if units > 0 else left
            lines.append(
                selection_line(selection=selection, units=units, span=span, currency=currency)
            )
    return (*lines, *_discount_differences(held, selections, charged, left, currency))


def _anew(
    held: Held, selections: tuple[Selection, ...], cycle: Cycle, today: date, currency: Currency
) -> tuple[tuple[Line, ...], date | None, int | None]:
    """Return the lines of a change that begins a period today, its due date and its anchor."""
    term = first_term(start=today, cycle=cycle)
    charged = term_lines(
        selections=selections,
        span=span_of(term=term, cycle=cycle),
        offer=held.promotion and held.promotion.ahead(0),
        currency=currency,
    )
    left = held.left(today=today)
    credited = selection_lines(selections=held.selections, span=left, currency=currency, sign=-1)
    # What was bought with a discount is worth only what was paid for it.
    taken_back = _discount_differences(held, (), left, left, currency)
    lines = (*charged, *(line for line in (*credited, *taken_back) if line.amount))
    if cycle == Cycle.FREE:
        return lines, held.due, held.anchor_day
    return lines, term.due, term.anchor_day


def _new_setups(
    held: Held, selections: tuple[Selection, ...], currency: Currency
) -> tuple[Line, ...]:
    """Return the set-up fees of what was not billed before."""
    before = {(each.key, each.value) for each in held.selections if each.billed}
    chosen = (each for each in selections if (each.key, each.value) not in before)
    return setup_lines(selections=chosen, currency=currency)


def _keys(old: dict[str, Selection], new: dict[str, Selection]) -> tuple[str, ...]:
    """Return the keys of both, in the order of the new selections, what is gone at the end."""
    return (*new, *(key for key in old if key not in new))


def _moves(old: Selection | None, new: Selection | None) -> list[tuple[Selection, int]]:
    """Return what is charged (units above 0) and credited (below 0) for one key."""
    if old and new and (old.value, old.unit) == (new.value, new.unit):
        moves = [(new, new.billed - old.billed)]
    else:
        moves = [(each, sign * each.billed) for each, sign in ((new, 1), (old, -1)) if each]
    return [(selection, units) for selection, units in moves if units]


def _discount_differences(
    held: Held, selections: tuple[Selection, ...], charged: Span, left: Span, currency: Currency
) -> tuple[Line, ...]:
    """Return how the promotion of what is paid for changes with the selections, key by key."""
    offer = held.promotion
    if offer is None or not (held.is_discounted or any(held.ahead)):
        return ()
    charged, left = held.discounted(charged), held.discounted(left)
    before = off_a_cycle(selections=held.selections, promotion=offer)
    after = off_a_cycle(selections=selections, promotion=offer)
    old, new = by_key(held.selections), by_key(selections)
    return tuple(
        discount_line(
            selection=(old | new)[key],
            promotion=offer,
            off=off,
            span=charged if off > 0 else left,
            currency=currency,
        )
        for key in _keys(old, new)
        if (off := after.get(key, Fraction(0)) - before.get(key, Fraction(0)))
    )
