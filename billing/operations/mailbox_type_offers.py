"""What another type of one mailbox comes to: a free slot, or units of both types exchanged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import QuerySet

from billing.models import ConfigurableOption, Quote, Service, Upgrade
from billing.operations import (
    change_quotes,
    profiles,
    quotes,
    selections,
    upgrade_guards,
    upgrade_terms,
)
from billing.operations.change_quotes import PricedChange
from billing.operations.chosen import Chosen
from billing.operations.upgrade_guards import NOT_OFFERED, UNPAID, UnableToChange
from billing.pricing.cycles import Cycle
from clients.models import User
from core.sentences import sentence as _
from provisioning.models import Mailbox
from provisioning.queries import usage_of

Key = ConfigurableOption.Key
KEYS = {
    Mailbox.Type.BASIC.value: Key.BASIC_MAILBOXES.value,
    Mailbox.Type.ENHANCED.value: Key.ENHANCED_MAILBOXES.value,
}


@dataclass(frozen=True)
class TypeOffer:
    """
    What another type of one mailbox comes to.

    `shown` is None where a slot is free, of which `left` are; else `units` says what is exchanged.
    """

    mailbox: Mailbox
    account_type: int
    left: int | None = None
    shown: PricedChange | None = None
    units: Mapping[str, int] | None = None


def types_for_sale(service: Service) -> set[int]:
    """Return the types that a client can have more mailboxes of, by the options of the product."""
    if not service.product.has_option_changes or service.cycle == Cycle.FREE:
        return set()
    options = ConfigurableOption.objects.filter(
        product=service.product_id, key__in=KEYS.values(), is_hidden=False, retired_at=None
    )
    keys = set(options.order_by().values_list("key", flat=True))
    return {account_type for account_type, key in KEYS.items() if key in keys}


def preview_type(*, service: Service, mailbox: Mailbox, account_type: int, on: date) -> TypeOffer:
    """
    Return what it would cost that day to change a mailbox's type.

    :raises UnableToChange: no slot is free and none can be bought, or not now
    """
    gauge = usage_of(service.mail_domain).gauge(account_type)
    if account_type not in KEYS or mailbox.account_type not in KEYS:
        raise _no_slot(account_type)
    if not gauge.is_full:
        return TypeOffer(mailbox=mailbox, account_type=account_type, left=gauge.left)
    _check(service, mailbox, account_type, on=on)
    had = selections.held_by(service=service, on=on)
    changes = list(_under_way(service))
    # What the others give back or buy is not there to be given back once more.
    held = tuple(each for each in with_units(had, changes) if each.quantity)
    source = KEYS[mailbox.account_type]
    is_given_back = _left_of(source, had, changes) > 0
    units, chosen = _exchanged(service, held, source if is_given_back else None, after=account_type)
    shown = change_quotes.price_change(
        service=service,
        product=service.product,
        cycle=Cycle(service.cycle),
        held=held,
        chosen=chosen,
        on=on,
        depends_on={
            "mailbox": mailbox.pk,
            "from": mailbox.account_type,
            "to": account_type,
            "policy": service.product.type_change_policy,
            "reductions": service.product.reduction_policy,
        },
        may_wait=False,
    )
    return TypeOffer(mailbox=mailbox, account_type=account_type, shown=shown, units=units)


def with_units(held: Iterable[Chosen], changes: Iterable[Upgrade]) -> tuple[Chosen, ...]:
    """Return what a service has once these changes of types are made, whatever else it has."""
    chosen = {each.key: each for each in held}
    for upgrade in changes:
        for key, number in upgrade.new["units"].items():
            if key in chosen:
                left = max(chosen[key].quantity + number, 0)
                chosen[key] = replace(chosen[key], quantity=left)
            elif number > 0:
                sold = {each.key: each for each in upgrade_terms.chosen_after(upgrade)}
                chosen[key] = replace(sold[key], quantity=number)
    return tuple(chosen.values())


def offer(*, found: TypeOffer, user: User | None, now: datetime) -> Quote | None:
    """Keep the price of a change, so that saving it agrees to it; None where there is none."""
    if found.shown is None:
        return None
    return quotes.save_quote(
        priced=found.shown.priced,
        purpose=Quote.Purpose.MAILBOX_TYPE,
        inputs={"mailbox": found.mailbox.pk, "account_type": found.account_type},
        client=found.shown.service.client,
        service=found.shown.service,
        user=user,
        now=now,
    )


def _check(service: Service, mailbox: Mailbox, account_type: int, *, on: date) -> None:
    """
    Refuse to sell a unit now.

    :raises UnableToChange: not active, ending, unpaid, another change open, or not for sale
    """
    upgrade_guards.check_running(service)
    if account_type not in types_for_sale(service):
        raise _no_slot(account_type)
    upgrade_guards.check_type_is_free(service, mailbox)
    if service.next_due_date is not None and service.next_due_date <= on:
        raise UnableToChange(
            _("The current period of %(domain)s is not paid yet. Pay its invoice first.")
            % {"domain": service.domain},
            code=UNPAID,
        )


def _under_way(service: Service) -> QuerySet[Upgrade]:
    """Return the changes of types that are ordered and not made yet."""
    changes = upgrade_guards.open_changes(service).filter(kind=Upgrade.Kind.MAILBOX)
    return changes.select_related("new_product", "service__product").order_by("pk")


def _left_of(key: str, held: Iterable[Chosen], changes: Iterable[Upgrade]) -> int:
    """Return how many bought units no other change gives back; what is not bought yet is none."""
    bought = sum(each.quantity for each in held if each.key == key)
    numbers: list[int] = [each.new["units"].get(key, 0) for each in changes]
    return bought + sum(min(number, 0) for number in numbers)


def _exchanged(
    service: Service, held: tuple[Chosen, ...], source: str | None, *, after: int
) -> tuple[dict[str, int], tuple[Chosen, ...]]:
    """
    Return which units are exchanged, and what the service has then.

    `source` is what one is given back of, if any is. Units that the product includes stay, and so
    does what the option sells no less of.

    :raises UnableToChange: no more of the wanted type is for sale
    """
    bought = {each.key: each.quantity for each in held}
    target = KEYS[after]
    more = {target: bought.get(target, 0) + 1}
    attempts = [more]
    if source is not None:
        attempts.insert(0, more | {source: bought[source] - 1})
    for choices in attempts:
        try:
            chosen = selections.choose(
                product=service.product,
                cycle=Cycle(service.cycle),
                currency=service.currency or profiles.profile_of(service.client).currency,
                choices=choices,
                keeping=held,
            )
        except selections.UnableToChoose:
            continue
        return {key: number - bought.get(key, 0) for key, number in choices.items()}, chosen
    raise _no_slot(after)


def _no_slot(account_type: int) -> UnableToChange:
    known = {value: str(label) for value, label in Mailbox.Type.choices}
    return UnableToChange(
        _("Your plan has no %(type)s mailbox left.") % {"type": known.get(account_type, "")},
        code=NOT_OFFERED,
    )
