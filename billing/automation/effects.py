"""What a paid line brings about: each line once, in the transaction that paid its invoice."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from billing.automation.type_changes import change_mailbox_type
from billing.events import InvoicePaid
from billing.models import CreditEntry, Invoice, InvoiceItem, Service, Upgrade
from billing.operations import credit, profiles, setting_up, suspension, upgrade_steps
from clients.actors import Actor
from clients.operations import activity
from core.events import reacts_to
from core.wake import wake
from provisioning.models import MailDomain
from provisioning.operations import lifecycle

Kind = InvoiceItem.Kind

ACTOR = Actor.system("billing")


@reacts_to(InvoicePaid)
def do_what_was_paid_for(event: InvoicePaid) -> None:
    """Move due dates, begin what was ordered, apply what was changed, add funds."""
    invoice = Invoice.objects.select_related("client").get(pk=event.invoice_id)
    items = [item for item in invoice.items.order_by("pk") if _claim(item)]
    services = _locked_services({item.service_id for item in items if item.service_id})
    for item in items:
        if item.kind == Kind.HOSTING and item.service_id is not None:
            _extend(services[item.service_id], item)
            _begin(services[item.service_id])
        if item.kind == Kind.FUNDS:
            _add_funds(invoice, item)
    for upgrade_id in sorted({item.upgrade_id for item in items if item.upgrade_id}):
        begun = upgrade_steps.apply_paid(upgrade_id=upgrade_id, actor=ACTOR)
        if begun is not None and begun.kind == Upgrade.Kind.MAILBOX:
            wake(change_mailbox_type, upgrade_id=upgrade_id)
    for service in services.values():
        _unsuspend(service)


def _claim(item: InvoiceItem) -> bool:
    """Take a line's effect; whoever comes second gets nothing."""
    rows = InvoiceItem.objects.filter(pk=item.pk, applied_at__isnull=True)
    return bool(rows.update(applied_at=timezone.now()))


def _locked_services(ids: set[int]) -> dict[int, Service]:
    """Return the services by their ids, locked after their domains, as everywhere."""
    domains = MailDomain.objects.filter(service__in=ids).order_by("pk")
    list(domains.select_for_update(of=("self",)).values_list("pk"))
    services = Service.objects.select_for_update(of=("self",)).order_by("pk")
    return {each.pk: each for each in services.with_domain().filter(pk__in=ids)}


def _extend(service: Service, item: InvoiceItem) -> None:
    """The period is paid: the next due date is its end, unless it is later already."""
    before, end = service.next_due_date, item.period_end
    if end is None or (before is not None and before >= end):
        return
    service.next_due_date = end
    service.save(update_fields=["next_due_date", "updated_at"])
    activity.record(
        action="service.paid_until",
        subject=service,
        name=service.domain,
        client=service.client,
        actor=ACTOR,
        scope=service.mail_domain,
        before={"next_due_date": before.isoformat() if before else ""},
        after={"next_due_date": end.isoformat()},
    )


def _begin(service: Service) -> None:
    """Set up what was ordered; where that cannot be asked for, staff are told and it is paid."""
    with suppress(lifecycle.UnableToRequest), transaction.atomic():
        setting_up.provision_paid(service=service, at=timezone.now())


def _unsuspend(service: Service) -> None:
    """Lift a suspension for non-payment once nothing of the service is overdue any more."""
    with suppress(lifecycle.UnableToRequest), transaction.atomic():
        # Where the module is busy with it the automation asks again; the payment stands.
        suspension.unsuspend_paid(service_id=service.pk, today=timezone.localdate(), actor=ACTOR)


def _add_funds(invoice: Invoice, item: InvoiceItem) -> None:
    credit.move(
        profile=profiles.lock(invoice.client),
        amount=item.amount,
        reason=CreditEntry.Reason.FUNDS,
        description=str(invoice.number),
        invoice=invoice,
        actor=ACTOR,
    )
