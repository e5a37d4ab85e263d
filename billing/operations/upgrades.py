"""Upgrade/Downgrade: what a change of product, options or cycle costs, and that it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from billing import queries
from billing.models import Product, Quote, Service, Upgrade
from billing.operations import (
    change_quotes,
    profiles,
    quotes,
    reissuing,
    selections,
    termination,
    upgrade_guards,
    upgrade_settlement,
    upgrade_steps,
    upgrade_terms,
)
from billing.operations.change_quotes import PricedChange
from billing.operations.chosen import Chosen
from billing.operations.upgrade_guards import UnableToChange as UnableToChange
from billing.pricing.cycles import Cycle
from billing.queries import ProductOffer
from clients.actors import Actor
from clients.models import User
from core.money import ZERO
from core.sentences import sentence as _
from provisioning.queries import usage_of

Status = Upgrade.Status


@dataclass(frozen=True)
class Change:
    """What a client wants instead. `choices` are as `selections` has them, all of them."""

    product: Product
    cycle: Cycle
    choices: Mapping[str, int]

    def to_inputs(self) -> dict[str, Any]:
        """Return it in JSON's types."""
        return {
            "product": self.product.pk,
            "cycle": self.cycle.value,
            "choices": dict(self.choices),
        }

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> Change:
        """
        Return the change that was kept so.

        :raises QuoteVoid: its product is there no more
        """
        product = Product.objects.filter(pk=inputs["product"]).first()
        if product is None:
            raise quotes.QuoteVoid(
                _("This product is not sold any more. Choose another."), code=quotes.MOVED
            )
        return cls(product=product, cycle=Cycle(inputs["cycle"]), choices=inputs["choices"])


def open_change_of(service: Service) -> Upgrade | None:
    """Return the change of a service that is under way."""
    return upgrade_guards.open_changes(service).select_related("new_product", "mailbox").first()


@dataclass(frozen=True)
class Shelf:
    """What a service has, and what it could have with a product and a cycle."""

    held: tuple[Chosen, ...]
    offer: ProductOffer
    is_same: bool


def shelf_of(*, service: Service, product: Product, cycle: Cycle, on: date) -> Shelf:
    """Return what can be chosen; with the present product and cycle what is had keeps its price."""
    held = selections.held_by(service=service, on=on)
    is_same = product.pk == service.product_id and cycle.value == service.cycle
    offer = queries.offer_of(
        product=product,
        cycle=cycle,
        currency=service.currency or profiles.profile_of(service.client).currency,
        held=[each.option.pk for each in held if each.option and is_same],
    )
    return Shelf(held=held, offer=offer, is_same=is_same)


def preview(
    *, service: Service, change: Change, on: date, shelf: Shelf | None = None
) -> PricedChange:
    """
    Return what a change would cost that day, and what would be different.

    A `shelf` that was read for a page spares reading it again.

    :raises UnableToChange: not now, not to this, below use, or nothing is different
    :raises UnableToChoose: not for sale so, or a number that an option does not allow
    """
    upgrade_guards.check_service(service, on=on)
    upgrade_guards.check_target(service, change.product)
    shelf = shelf or shelf_of(service=service, product=change.product, cycle=change.cycle, on=on)
    chosen = selections.choose_from(
        shelf.offer, change.choices, shelf.held if shelf.is_same else ()
    )
    entitlement = selections.entitlement_of(change.product, chosen)
    upgrade_guards.check_use(service.mail_domain, entitlement)
    shown = change_quotes.price_change(
        service=service,
        product=change.product,
        cycle=change.cycle,
        held=shelf.held,
        chosen=chosen,
        on=on,
        depends_on={
            "product": change.product.pk,
            "allows": entitlement,
            "uses": _uses(
                service, upgrade_guards.lowered(service.mail_domain.entitlement, entitlement)
            ),
            "policy": service.product.reduction_policy,
        },
    )
    if shelf.is_same and not shown.differences:
        raise UnableToChange(
            _("Nothing is different from what you have now."), code=upgrade_guards.NOTHING
        )
    return shown


def offer(*, shown: PricedChange, change: Change, user: User | None, now: datetime) -> Quote:
    """Keep a preview, so that it can be confirmed."""
    return quotes.save_quote(
        priced=shown.priced,
        purpose=Quote.Purpose.CHANGE,
        inputs=change.to_inputs(),
        client=shown.service.client,
        service=shown.service,
        user=user,
        now=now,
    )


@transaction.atomic
def confirm(*, quote_id: UUID, service: Service, actor: Actor, on: date, now: datetime) -> Upgrade:
    """
    Order the change that a quote says, once.

    What costs something is invoiced and made when it is paid; the rest is made at once, or when
    the next period begins.

    :raises QuoteVoid: confirmed already, expired, or something has moved since it was shown
    :raises UnableToChange: not now, not to this, or below use by now
    :raises UnableToChoose: an option is not sold so any more
    """
    quote = quotes.find_quote(quote_id=quote_id, purpose=Quote.Purpose.CHANGE, service=service)
    fresh = termination.lock(service)
    if quote.confirmed_at is not None:
        # Read under the lock it says why; before the guards would speak of the open change.
        quotes.confirm_quote(quote_id=quote.pk, fingerprint="", now=now)
    shown = preview(service=fresh, change=Change.from_inputs(quote.inputs), on=on)
    quote = quotes.confirm_quote(quote_id=quote.pk, fingerprint=shown.priced.fingerprint, now=now)
    upgrade = make(shown=shown, quote=quote, kind=_kind_of(shown), actor=actor)
    if shown.starts_on is not None:
        upgrade.schedule()
    elif shown.priced.total <= ZERO:
        upgrade.apply()
    upgrade.save()
    upgrade_steps.note(upgrade, "service.change_ordered", actor, _told(shown))
    if upgrade.status == Status.SCHEDULED:
        reissuing.renew_invoices(service=fresh, on=on, actor=actor)
    elif upgrade.status == Status.APPLYING:
        upgrade_steps.carry_out(upgrade=upgrade, actor=actor)
    else:
        upgrade_steps.charge(upgrade=upgrade, on=on, actor=actor)
    return Upgrade.objects.select_related("service").get(pk=upgrade.pk)


def make(*, shown: PricedChange, quote: Quote, kind: str, actor: Actor) -> Upgrade:
    """Return the row of a confirmed change, not saved yet, with all that it needs later."""
    return Upgrade(
        service=shown.service,
        quote=quote,
        kind=kind,
        old=shown.old_terms,
        new=shown.new_terms,
        new_product=shown.product,
        amount=shown.priced.subtotal,
        recurring_difference=shown.new_recurring - shown.old_recurring,
        items=upgrade_terms.kept_lines(shown.priced.lines),
        requested_by=actor.user,
        requested_by_name=actor.name[:200],
    )


@transaction.atomic
def withdraw(*, upgrade: Upgrade, actor: Actor, on: date) -> Upgrade:
    """
    Take back a change that waits for its payment or its day; what was paid on it becomes credit.

    Staff may withdraw one whose period is paid for: the rest of what the service keeps is charged.

    :raises UnableToChange: it is being made, is made, was withdrawn before, or is for staff to undo
    """
    service = termination.lock(upgrade.service)
    fresh = Upgrade.objects.select_for_update().get(pk=upgrade.pk)
    if fresh.status not in {Status.AWAITING_PAYMENT, Status.SCHEDULED}:
        raise UnableToChange(_("This change can be withdrawn no more."))
    fresh.service = service
    is_staff = actor.user is None or actor.user.is_staff
    if fresh.status == Status.SCHEDULED and upgrade_settlement.is_used(fresh) and not is_staff:
        # Or else the rest would be an invoice of its own, and nothing would follow from its debt.
        raise UnableToChange(
            _("The next period is paid for with this change. Once it is made, change it again.")
        )
    upgrade_steps.give_up(upgrade=fresh, action="service.change_withdrawn", actor=actor)
    upgrade_settlement.undo_schedule(upgrade=fresh, on=on, actor=actor)
    return fresh


def _uses(service: Service, names: tuple[str, ...]) -> dict[str, str]:
    """Return how much of each of these limits is in use."""
    if not names:
        return {}
    domain = service.mail_domain
    usage = usage_of(domain)
    return {name: str(upgrade_guards.used_of(name, usage, domain)) for name in names}


def _kind_of(shown: PricedChange) -> str:
    is_same = shown.product.pk == shown.service.product_id
    is_options = is_same and shown.cycle.value == shown.service.cycle
    return Upgrade.Kind.OPTIONS if is_options else Upgrade.Kind.PRODUCT


def _told(shown: PricedChange) -> dict[str, object]:
    """Return what the activity log says of a change."""
    told: dict[str, object] = {
        name: after.quantity if after else 0 for name, _before, after in shown.differences
    }
    return told | {
        "product": shown.product.name,
        "total": f"{shown.priced.total} {shown.currency.code}",
    }
