"""One mailbox's type: a free slot, or a unit of one type for a unit of the other and its price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from billing.events import UpgradeApplied
from billing.models import Product, Quote, Service, Upgrade
from billing.operations import (
    quotes,
    reissuing,
    selections,
    termination,
    upgrade_settlement,
    upgrade_steps,
    upgrade_terms,
    upgrades,
)
from billing.operations.mailbox_type_offers import TypeOffer, preview_type, with_units
from billing.operations.upgrade_guards import UnableToChange
from clients.actors import Actor
from core.events import publish
from core.money import ZERO
from core.sentences import sentence as _
from provisioning.models import Entitlement, Mailbox
from provisioning.operations import lifecycle, mailboxes
from provisioning.operations.mailboxes import MailboxChange, UnableToChangeMailbox

Policy = Product.TypeChangePolicy
Status = Upgrade.Status


class PriceNotConfirmed(UnableToChange):
    """The change costs something that has not been agreed to; `offer` says what."""

    def __init__(self, offer: TypeOffer) -> None:
        super().__init__(_("This change has a price. Look at it and save again."))
        self.offer = offer


@dataclass(frozen=True)
class TypeChanged:
    """What a change has come to: the mailbox as it is, and the order where there is one."""

    mailbox: Mailbox
    upgrade: Upgrade | None = None


def change_mailbox(
    *,
    service: Service,
    mailbox: Mailbox,
    change: MailboxChange,
    quote_id: UUID | None,
    actor: Actor,
    on: date,
    now: datetime,
) -> TypeChanged:
    """
    Change a mailbox; another type is charged only if it is in effect, and only as it was agreed to.

    Where the product says that it is paid first, all but the type is changed now.

    :raises PriceNotConfirmed: it costs something, and no quote of that was posted
    :raises QuoteVoid: something has moved since the price was shown
    :raises UnableToChange: no slot is free and none can be bought, or not now
    :raises UnableToChangeMailbox: with a reason fit for the customer; nothing was changed
    """
    wanted = change.account_type
    if wanted is None or wanted == mailbox.account_type:
        return TypeChanged(mailboxes.update_mailbox(mailbox=mailbox, change=change, actor=actor))
    found = preview_type(service=service, mailbox=mailbox, account_type=wanted, on=on)
    if found.shown is None:
        return TypeChanged(mailboxes.update_mailbox(mailbox=mailbox, change=change, actor=actor))
    if quote_id is None:
        raise PriceNotConfirmed(found)
    mailboxes.require_settled(mailbox)
    upgrade = _order(service, mailbox, wanted, quote_id, actor, on=on, now=now)
    if upgrade.status == Status.APPLYING:
        carry_out(upgrade_id=upgrade.pk, change=change, actor=actor)
        upgrade.refresh_from_db()
    else:
        rest = replace(change, account_type=None)
        if rest != MailboxChange():
            mailboxes.update_mailbox(mailbox=mailbox, change=rest, actor=actor)
    return TypeChanged(Mailbox.objects.select_related("mail_domain").get(pk=mailbox.pk), upgrade)


@transaction.atomic
def _order(
    service: Service,
    mailbox: Mailbox,
    account_type: int,
    quote_id: UUID,
    actor: Actor,
    *,
    on: date,
    now: datetime,
) -> Upgrade:
    """Compute again under the lock of the client's money: what is agreed to is what was shown."""
    quote = quotes.find_quote(
        quote_id=quote_id, purpose=Quote.Purpose.MAILBOX_TYPE, service=service
    )
    fresh = termination.lock(service)
    row = Mailbox.objects.select_related("mail_domain").get(pk=mailbox.pk)
    mailboxes.require_settled(row)
    found = preview_type(service=fresh, mailbox=row, account_type=account_type, on=on)
    if found.shown is None or found.units is None:
        raise quotes.QuoteVoid(
            _("A mailbox of this type has become free. Save again: it costs nothing."),
            code=quotes.MOVED,
        )
    shown = found.shown
    quote = quotes.confirm_quote(quote_id=quote.pk, fingerprint=shown.priced.fingerprint, now=now)
    upgrade = upgrades.make(shown=shown, quote=quote, kind=Upgrade.Kind.MAILBOX, actor=actor)
    upgrade.mailbox = row
    upgrade.new |= {"account_type": account_type, "units": dict(found.units)}
    is_paid_first = (
        fresh.product.type_change_policy == Policy.PAY_THEN_APPLY and shown.priced.total > ZERO
    )
    if not is_paid_first:
        upgrade.apply()
    upgrade.save()
    upgrade_steps.note(
        upgrade,
        "service.change_ordered",
        actor,
        {"mailbox": row.address, "total": f"{shown.priced.total} {shown.currency.code}"},
    )
    if is_paid_first:
        upgrade_steps.charge(upgrade=upgrade, on=on, actor=actor)
    return Upgrade.objects.select_related("service").get(pk=upgrade.pk)


def carry_out(*, upgrade_id: int, actor: Actor, change: MailboxChange | None = None) -> None:
    """
    Have the vendor change the type of a change that is being applied; outside any transaction.

    Its outcome is told by `MailboxSettled`, now or once the vendor has been asked about it. While
    an earlier write to the mailbox is not settled the change waits, to be resumed; not so with a
    `change` that somebody has just typed, as nobody would send the rest of that.

    :raises UnableToChangeMailbox: refused, and nothing charged that was not paid before
    """
    rows = Upgrade.objects.select_related("mailbox__mail_domain__server", "service")
    upgrade = rows.get(pk=upgrade_id)
    mailbox = upgrade.mailbox
    if upgrade.status != Status.APPLYING or mailbox is None:
        return
    wanted = change or MailboxChange(account_type=upgrade.new["account_type"])
    try:
        mailboxes.update_mailbox(
            mailbox=mailbox, change=wanted, actor=actor, allowed=_allowed(upgrade)
        )
    except UnableToChangeMailbox as refusal:
        if refusal.code == mailboxes.UNSETTLED and change is None:
            return
        _not_made(upgrade_id, refusal.user_message)
        raise


def settle(*, mailbox_id: int, asked_type: int | None, at: datetime, on: date) -> None:
    """
    Charge what is in effect, and give up what is not, in the transaction that recorded it.

    What did not ask for the type says nothing about it: the change goes on waiting. The locks
    were taken by `lock_for`.
    """
    upgrade = _applying(mailbox_id)
    if upgrade is None or upgrade.mailbox is None:
        return
    if upgrade.mailbox.account_type == upgrade.new["account_type"]:
        _finish(upgrade.pk, at=at, on=on)
    elif asked_type == upgrade.new["account_type"]:
        _not_made(upgrade.pk, _("The mail server has not changed the type."))


def lock_for(*, mailbox_id: int) -> None:
    """Lock the money of a change of this mailbox's type, before the mailbox is."""
    upgrade = _applying(mailbox_id)
    if upgrade is not None:
        upgrade_steps.locked(upgrade.pk)


def left_open(*, before: datetime) -> QuerySet[Upgrade]:
    """Return the changes of types that were begun before, and of which nothing was heard since."""
    return Upgrade.objects.filter(
        kind=Upgrade.Kind.MAILBOX,
        status=Status.APPLYING,
        created_at__lt=before,
        mailbox__unsettled_since=None,
    ).order_by("pk")


def resume(*, upgrade_id: int, at: datetime, on: date, actor: Actor) -> Upgrade:
    """
    Take up a change that was cut off: finish it, or make it if it was paid, or else give it up.

    :raises UnableToChangeMailbox: refused by the vendor or the plan
    """
    upgrade = Upgrade.objects.select_related("mailbox__mail_domain").get(pk=upgrade_id)
    mailbox = upgrade.mailbox
    is_there = mailbox is not None and mailbox.status in {
        Mailbox.Status.ACTIVE,
        Mailbox.Status.DISABLED,
    }
    if mailbox is not None and mailbox.account_type == upgrade.new["account_type"]:
        with transaction.atomic():
            lock_for(mailbox_id=mailbox.pk)
            settle(mailbox_id=mailbox.pk, asked_type=None, at=at, on=on)
    elif is_there and upgrade_steps.is_paid(upgrade):
        carry_out(upgrade_id=upgrade_id, actor=actor)
    else:
        _not_made(upgrade_id, _("It was cut off before the mail server was told."))
    return upgrade


def _finish(upgrade_id: int, *, at: datetime, on: date) -> None:
    upgrade = upgrade_steps.locked(upgrade_id)
    if upgrade.status != Status.APPLYING:
        return
    service, actor = upgrade.service, Actor.system("billing")
    before = {"recurring": str(service.recurring_amount)}
    paid_since = upgrade_settlement.paid_since(upgrade)
    chosen = with_units(selections.held_by(service=service, on=on), [upgrade])
    selections.save_selections(service=service, chosen=chosen)
    lifecycle.grant(
        mail_domain=service.mail_domain,
        entitlement=selections.entitlement_of(service.product, chosen),
    )
    upgrade.finish(at=at)
    lines = upgrade_terms.lines_of(upgrade)
    was_paid = upgrade_steps.is_paid(upgrade)
    is_charged = sum((line.amount for line in lines), ZERO) > ZERO and not was_paid
    is_later = service.product.type_change_policy == Policy.NEXT_RENEWAL
    upgrade.is_charged_at_renewal = is_charged and is_later and bool(service.next_invoice_date)
    upgrade.save()
    after = {"recurring": str(service.recurring_amount)}
    upgrade_steps.note(upgrade, "service.changed", actor, after, before=before)
    if is_charged and not upgrade.is_charged_at_renewal:
        upgrade_steps.charge(upgrade=upgrade, on=on, actor=actor)
    upgrade_steps.give_back(upgrade=upgrade, lines=lines, on=on, actor=actor)
    if paid_since is not None:
        has_now = [each for each in chosen if each.quantity]
        upgrade_settlement.settle_paid_since(
            upgrade, paid_since, on=on, actor=actor, chosen=has_now
        )
    reissuing.renew_invoices(service=service, on=on, actor=actor)
    publish(UpgradeApplied(upgrade_id=upgrade.pk))


@transaction.atomic
def _not_made(upgrade_id: int, error: str) -> None:
    """Give up a change that is not in effect; what was paid for it is for staff to settle."""
    upgrade = upgrade_steps.locked(upgrade_id)
    if upgrade.status != Status.APPLYING:
        return
    if upgrade_steps.is_paid(upgrade):
        upgrade_steps.fail(upgrade=upgrade, error=error)
        return
    upgrade.fail(error=error)
    upgrade_steps.give_up(
        upgrade=upgrade, action="service.change_cancelled", actor=Actor.system("billing")
    )


def _allowed(upgrade: Upgrade) -> Entitlement:
    """Return what the domain may use with this change and those that are under way."""
    service = upgrade.service
    changes = service.upgrades.filter(kind=Upgrade.Kind.MAILBOX, status=Status.APPLYING)
    on = upgrade_terms.day_in(upgrade.old["due"]) or service.registration_date
    chosen = with_units(
        selections.held_by(service=service, on=on),
        changes.select_related("new_product", "service"),
    )
    return selections.entitlement_of(service.product, chosen)


def _applying(mailbox_id: int) -> Upgrade | None:
    upgrades_of_it = Upgrade.objects.filter(
        mailbox=mailbox_id, kind=Upgrade.Kind.MAILBOX, status=Status.APPLYING
    )
    return upgrades_of_it.select_related("mailbox").first()
