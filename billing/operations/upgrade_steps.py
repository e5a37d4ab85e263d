"""The steps of a confirmed change: paid for, handed to the module, in effect; or given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.events import UpgradeApplied, UpgradeFailed
from billing.models import BillingSettings, Invoice, InvoiceItem, Product, Service, Upgrade
from billing.operations import (
    credit_notes,
    discounts,
    invoicing,
    periods,
    reissuing,
    selections,
    termination,
    upgrade_guards,
    upgrade_settlement,
    upgrade_terms,
)
from billing.operations.items import ItemSpec, specs_of_lines
from billing.pricing.cycles import Cycle
from billing.pricing.lines import Line
from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.events import publish
from core.money import ZERO
from core.sentences import sentence as _
from provisioning.models import Entitlement
from provisioning.operations import lifecycle

log = structlog.get_logger(__name__)
Status = Upgrade.Status
Kind = Upgrade.Kind
OF_THE_PLAN = [Kind.PRODUCT, Kind.OPTIONS]
RUNNING = {Service.Status.ACTIVE, Service.Status.SUSPENDED}


def apply_paid(*, upgrade_id: int, actor: Actor) -> Upgrade | None:
    """
    Begin a change that is paid for, in the transaction of the payment.

    None where it waits for no payment any more. A mailbox's type is for the caller to have changed
    once the payment is committed.
    """
    upgrade = locked(upgrade_id)
    if upgrade.status != Status.AWAITING_PAYMENT:
        return None
    upgrade.apply()
    upgrade.save()
    if upgrade.kind != Kind.MAILBOX:
        carry_out(upgrade=upgrade, actor=actor)
    return upgrade


def carry_out(*, upgrade: Upgrade, actor: Actor) -> None:
    """Ask the module for what a change wants; where it cannot be asked the change has failed."""
    service = upgrade.service
    if service.status not in RUNNING:
        fail(upgrade=upgrade, error=_("%(domain)s does not run.") % {"domain": service.domain})
        return
    try:
        with transaction.atomic():
            lifecycle.request_package_change(
                mail_domain=service.mail_domain, entitlement=wanted_by(upgrade), actor=actor
            )
    except lifecycle.UnableToRequest as refusal:
        fail(upgrade=upgrade, error=refusal.user_message)


def wanted_by(upgrade: Upgrade) -> Entitlement:
    """Return what the service may use once the change is made."""
    return Entitlement.from_json(upgrade.new["entitlement"])


def fail(*, upgrade: Upgrade, error: str) -> None:
    """Note that a change could not be made; staff decide what becomes of it and of its money."""
    upgrade.fail(error=error)
    upgrade.save()
    note(upgrade, "service.change_failed", Actor.system("billing"), {"error": error})
    publish(UpgradeFailed(upgrade_id=upgrade.pk))


def being_applied(*, mail_domain_id: int) -> Upgrade | None:
    """Return the change of a domain's product or options that the module has been asked for."""
    upgrades = Upgrade.objects.filter(
        service__mail_domain=mail_domain_id,
        kind__in=OF_THE_PLAN,
        status__in=[Status.APPLYING, Status.FAILED],
    )
    return upgrades.select_related("service__mail_domain", "service__client").first()


def finish(*, upgrade_id: int, at: datetime, on: date, actor: Actor) -> Upgrade:
    """
    Give the service what the module has put in effect: selections, product, cycle, amounts.

    In the transaction that recorded the package change, with the client's money locked first. What
    is less is credited, what was paid ahead at the old terms is settled, open renewals are made
    anew.
    """
    upgrade = locked(upgrade_id)
    if upgrade.status == Status.FAILED:
        upgrade.apply()
        upgrade.save()
    service = upgrade.service
    paid_since = upgrade_settlement.paid_since(upgrade)
    before = {"product": service.product.name, "recurring": str(service.recurring_amount)}
    _give(service, upgrade, on=on)
    upgrade.finish(at=at)
    upgrade.save()
    note(
        upgrade,
        "service.changed",
        actor,
        {"product": service.product.name, "recurring": str(service.recurring_amount)},
        before=before,
    )
    give_back(upgrade=upgrade, lines=upgrade_terms.lines_of(upgrade), on=on, actor=actor)
    if paid_since is not None:
        upgrade_settlement.settle_paid_since(upgrade, paid_since, on=on, actor=actor)
    upgrade_settlement.give_back_since(upgrade, on=on, actor=actor)
    reissuing.renew_invoices(service=service, on=on, actor=actor)
    publish(UpgradeApplied(upgrade_id=upgrade.pk))
    return upgrade


def _give(service: Service, upgrade: Upgrade, *, on: date) -> None:
    """Save what the service has now. A new cycle that was not put off began on the day it was."""
    new, old = upgrade.new, upgrade.old
    chosen = upgrade_terms.chosen_now(upgrade, selections.held_by(service=service, on=on))
    service.product = upgrade.new_product or service.product
    if service.currency_id is None:
        service.currency = upgrade.quote.currency if upgrade.quote else None
    if new["cycle"] != old["cycle"]:
        cycle = Cycle(new["cycle"])
        service.cycle = cycle.value
        is_put_off = upgrade_terms.day_in(new["starts_on"]) is not None
        if not is_put_off:
            service.next_due_date = upgrade_terms.day_in(new["due"])
            service.anchor_day = new["anchor_day"]
            service.next_invoice_date = service.next_due_date
            service.promotion_periods_left = new["promotion_periods_left"]
            periods.drop_paid_ahead(service)
            discounts.drop_ended(service)
        if not cycle.is_recurring:
            service.next_invoice_date = None
            service.next_due_date = None if is_put_off else service.next_due_date
    service.save()
    selections.save_selections(service=service, chosen=chosen)


def give_back(*, upgrade: Upgrade, lines: list[Line], on: date, actor: Actor) -> None:
    """
    Credit what lines below 0 come to, with its tax, where the product's clients get that.

    It pays first for what the service owes for changes that it was given before.
    """
    product = Product.objects.get(pk=upgrade.old["product"])
    if product.reduction_policy != Product.ReductionPolicy.CREDIT:
        return
    if sum((line.amount for line in lines), ZERO) >= ZERO:
        return
    service = upgrade.service
    reissuing.charge_what_waits(service=service, on=on, actor=actor)
    credited = credit_notes.issue_credit_note(
        client=service.client,
        items=specs_of_lines(lines, service=service, on=on, upgrade=upgrade, sign=-1),
        on=on,
        reason=upgrade_settlement.reason_of(service),
        actor=actor,
        upgrade=upgrade,
    )
    upgrade_settlement.spend_on_changes(service, credited.total, actor=actor)


def charge(*, upgrade: Upgrade, on: date, actor: Actor) -> Invoice:
    """Invoice the lines of a change as they were confirmed."""
    service = upgrade.service
    return invoicing.issue_invoice(
        client=service.client,
        items=upgrade_terms.charges(upgrade, service=service, on=on),
        due_date=on + timedelta(days=BillingSettings.current().order_grace_days),
        on=on,
        actor=actor,
    )


def is_paid(upgrade: Upgrade) -> bool:
    """Tell whether a change was paid before it was made."""
    return _invoices(upgrade).filter(status=Invoice.Status.PAID).exists()


def give_up(*, upgrade: Upgrade, action: str, actor: Actor) -> None:
    """Cancel a locked change that is not being made, and what is open of its invoice."""
    upgrade.cancel()
    upgrade.save()
    note(upgrade, action, actor)
    for invoice in _invoices(upgrade).filter(status=Invoice.Status.UNPAID):
        invoicing.cancel_invoice(invoice=invoice, actor=actor, reason=str(upgrade))


def invoice_is_gone(*, invoice_id: int, actor: Actor) -> None:
    """Cancel the changes that wait for the payment of an invoice that was taken back for good."""
    charged = InvoiceItem.objects.filter(upgrade__isnull=False, is_live=True)
    waiting = Upgrade.objects.filter(
        invoice_items__invoice=invoice_id, status=Status.AWAITING_PAYMENT
    ).exclude(pk__in=charged.values("upgrade"))
    for upgrade in waiting.select_related("service__client", "service__mail_domain").distinct():
        give_up(upgrade=upgrade, action="service.change_cancelled", actor=actor)


def unpaid_for_too_long(*, today: date, settings: BillingSettings) -> QuerySet[Upgrade]:
    """Return the changes that were not paid within the days set, and before the next renewal."""
    zone = timezone.get_current_timezone()
    latest = datetime.combine(
        today - timedelta(days=settings.unpaid_upgrade_days), time.max, tzinfo=zone
    )
    return Upgrade.objects.filter(
        Q(created_at__lte=latest) | Q(service__next_due_date__lte=today),
        status=Status.AWAITING_PAYMENT,
    ).order_by("pk")


@transaction.atomic
def expire(
    *, upgrade_id: int, today: date, settings: BillingSettings, actor: Actor
) -> Upgrade | None:
    """Cancel a change that was not paid in time; None where it has been paid meanwhile."""
    upgrade = locked(upgrade_id)
    late = unpaid_for_too_long(today=today, settings=settings)
    if not late.filter(pk=upgrade_id).exists():
        return None
    give_up(upgrade=upgrade, action="service.change_expired", actor=actor)
    return upgrade


def scheduled_for(*, today: date) -> list[int]:
    """Return the numbers of the changes whose day has come."""
    waiting = Upgrade.objects.filter(status=Status.SCHEDULED).order_by("pk")
    return [each.pk for each in waiting if upgrade_terms.starts_on(each) <= today]


@transaction.atomic
def begin_scheduled(*, upgrade_id: int, today: date, actor: Actor) -> Upgrade | None:
    """
    Make a change whose day has come; one of a service that ends is dropped.

    None where it does not wait any more.
    """
    upgrade = locked(upgrade_id)
    if upgrade.status != Status.SCHEDULED or upgrade_terms.starts_on(upgrade) > today:
        return None
    if upgrade.service.status not in RUNNING or upgrade_guards.is_ending(upgrade.service):
        give_up(upgrade=upgrade, action="service.change_cancelled", actor=actor)
        return upgrade
    upgrade.apply()
    upgrade.save()
    carry_out(upgrade=upgrade, actor=actor)
    if upgrade.status == Status.FAILED:
        reissuing.renew_invoices(service=upgrade.service, on=today, actor=actor)
    return upgrade


@transaction.atomic
def try_again(*, upgrade: Upgrade, actor: Actor) -> Upgrade:
    """
    Ask the module once more for a change that has failed; only staff may say so.

    :raises UnableToChange: it has not failed, or something else was ordered since
    """
    fresh = locked(upgrade.pk)
    _require_failed(fresh)
    if fresh.kind == Kind.MAILBOX:
        upgrade_guards.check_type_is_free(fresh.service, fresh.mailbox)
    fresh.apply()
    fresh.save()
    note(fresh, "service.change_retried", actor)
    if fresh.kind != Kind.MAILBOX:
        carry_out(upgrade=fresh, actor=actor)
    return fresh


@transaction.atomic
def credit_failed(*, upgrade: Upgrade, on: date, actor: Actor) -> Upgrade:
    """
    Give up a change that has failed; what was paid for it becomes the client's credit.

    What was paid for periods at the lower terms of a change that had waited for its day is charged
    up to what the service keeps.

    :raises UnableToChange: it has not failed
    :raises UnableToRequest: it is being made right now after all
    :raises UnableToIssueCreditNote: its invoice was credited or refunded already
    """
    fresh = locked(upgrade.pk)
    _require_failed(fresh)
    _credit(fresh, on=on, actor=actor)
    upgrade_settlement.undo_schedule(upgrade=fresh, on=on, actor=actor)
    return fresh


def end_all(*, mail_domain_id: int, on: date, actor: Actor) -> None:
    """
    Give up the changes of a service that is gone; what was paid for them is credited.

    In the transaction that recorded the end, with the client's money locked first.
    """
    found = Upgrade.objects.filter(service__mail_domain=mail_domain_id).exclude(
        status__in=[Status.APPLIED, Status.CANCELLED]
    )
    for upgrade_id in found.order_by("pk").values_list("pk", flat=True):
        upgrade = locked(upgrade_id)
        if upgrade.status == Status.APPLYING:
            upgrade.fail(error=_("%(domain)s does not run.") % {"domain": upgrade.service.domain})
            upgrade.save()
        try:
            with transaction.atomic():
                _credit(upgrade, on=on, actor=actor)
        except OperationError as refusal:
            log.warning("left for staff", upgrade=upgrade_id, why=refusal.user_message)


def _credit(upgrade: Upgrade, *, on: date, actor: Actor) -> None:
    """Give up a locked change with its jobs, and credit what was paid for it."""
    if upgrade.kind != Kind.MAILBOX:
        lifecycle.withdraw_package_change(
            mail_domain=upgrade.service.mail_domain, entitlement=wanted_by(upgrade)
        )
    give_up(upgrade=upgrade, action="service.change_cancelled", actor=actor)
    for invoice in _invoices(upgrade).filter(status=Invoice.Status.PAID, total__gt=ZERO):
        items = invoice.items.filter(upgrade=upgrade).select_related("service", "upgrade")
        credit_notes.issue_credit_note(
            client=upgrade.service.client,
            items=[ItemSpec.of_item(each) for each in items],
            on=on,
            reason=upgrade_settlement.reason_of(upgrade.service),
            actor=actor,
            invoice=invoice,
            upgrade=upgrade,
        )


def _require_failed(upgrade: Upgrade) -> None:
    if upgrade.status != Status.FAILED:
        raise upgrade_guards.UnableToChange(_("Only a change that has failed can be settled."))


def _invoices(upgrade: Upgrade) -> QuerySet[Invoice]:
    lines = InvoiceItem.objects.filter(upgrade=upgrade, is_live=True).values("invoice")
    return Invoice.objects.filter(pk__in=lines).select_related("client", "currency")


def locked(upgrade_id: int) -> Upgrade:
    """Return a change with its service, all locked in the order that everybody keeps."""
    found = Upgrade.objects.select_related("service__client").get(pk=upgrade_id)
    service = termination.lock(found.service)
    upgrade = (
        Upgrade.objects.select_for_update(of=("self",))
        .select_related("new_product", "mailbox")
        .get(pk=upgrade_id)
    )
    upgrade.service = service
    return upgrade


def note(
    upgrade: Upgrade,
    action: str,
    actor: Actor,
    after: Mapping[str, object] | None = None,
    *,
    before: Mapping[str, object] | None = None,
) -> None:
    """Write an activity line of a change, below its service."""
    service = upgrade.service
    activity.record(
        action=action,
        subject=service,
        name=service.domain,
        client=service.client,
        actor=actor,
        scope=service.mail_domain,
        before=before,
        after=after,
    )
