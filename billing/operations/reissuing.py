"""Open renewals of a service that has changed: replaced by ones with what it has then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from django.db.models import Prefetch, QuerySet

from billing.models import BillingSettings, Invoice, InvoiceItem, Selection, Service, Upgrade
from billing.operations import invoicing, promotions, upgrade_terms
from billing.operations.currencies import unit_of
from billing.operations.items import ItemSpec, specs_of_lines
from billing.pricing.cycles import Period, period_starting
from billing.pricing.lines import Span
from billing.pricing.promotions import Promotion
from billing.pricing.proration import Part
from billing.pricing.quote import term_lines
from clients.actors import Actor
from core.sentences import sentence as _

Kind = InvoiceItem.Kind
# Lines of a renewal; set-up fees and changes have nothing to do with the next period.
OF_THE_PERIOD = {Kind.HOSTING, Kind.OPTION, Kind.PROMOTION}


def open_renewals(service: Service) -> QuerySet[Invoice]:
    """Return the open invoices for periods of a service that are not paid yet, earliest first."""
    items = InvoiceItem.objects.filter(
        service=service, kind__in=OF_THE_PERIOD, is_live=True, period_start__isnull=False
    )
    return Invoice.objects.open().filter(pk__in=items.values("invoice")).order_by("due_date", "pk")


def renew_invoices(*, service: Service, on: date, actor: Actor) -> list[Invoice]:
    """
    Replace the open renewals of a service by ones that charge what it has in those periods.

    The caller holds the locks of the client's money and of the service, and saves what this says
    of the service's next invoice. Periods that have passed by a new beginning are owed no more.
    Returns the invoices that were made.
    """
    fresh = _read(service)
    made: list[Invoice] = []
    covered_to = fresh.next_due_date
    for invoice in open_renewals(fresh).select_related("client", "currency"):
        items = list(
            invoice.items.select_related("service", "upgrade", "invoice__currency").order_by("pk")
        )
        mine = [each for each in items if each.service_id == fresh.pk]
        old = [each for each in mine if each.kind in OF_THE_PERIOD]
        starts = [each.period_start for each in old if each.period_start]
        rest = [ItemSpec.of_item(each) for each in items if each not in old]
        start = min(starts)
        is_current = fresh.anchor_day is not None and start == covered_to
        specs: list[ItemSpec] = []
        if is_current:
            specs, covered_to = specs_of_period(fresh, start, old, on=on)
            specs += _waiting_charges(fresh, on)
        if [_shape(each) for each in specs] == [_shape(ItemSpec.of_item(each)) for each in old]:
            continue
        reason = _("%(domain)s was changed") % {"domain": fresh.domain}
        if specs or rest:
            made.append(
                invoicing.reissue_invoice(
                    invoice=invoice, items=[*specs, *rest], on=on, actor=actor, reason=reason
                )
            )
        else:
            invoicing.cancel_invoice(invoice=invoice, actor=actor, reason=reason)
    if covered_to not in {fresh.next_due_date, fresh.next_invoice_date}:
        Service.objects.filter(pk=fresh.pk).update(next_invoice_date=covered_to)
    return made


def specs_of_period(
    service: Service, start: date, old: list[InvoiceItem], *, on: date
) -> tuple[list[ItemSpec], date]:
    """
    Return what the lines of a billed period would be by now, and the day that it ends on.

    The period begins on `start`, and `old` are its lines as they are.
    """
    terms = upgrade_terms.terms_of_period(service, start=start)
    if not terms.cycle.is_recurring or service.anchor_day is None:
        return [], start
    period: Period = period_starting(due=start, cycle=terms.cycle, anchor_day=service.anchor_day)
    lines = term_lines(
        selections=tuple(each.priced for each in terms.chosen),
        span=Span(parts=(Part(period=period, days=period.days),)),
        offer=_offer(service, old),
        currency=unit_of(old[0].invoice.currency),
    )
    return specs_of_lines(lines, service=service, on=on), period.end


def charge_what_waits(*, service: Service, on: date, actor: Actor) -> None:
    """
    Invoice the changes that wait for a renewal, where the next may never come.

    The caller holds the lock of the client's money.
    """
    specs = _waiting_charges(service, on)
    if specs:
        invoicing.issue_invoice(
            client=service.client,
            items=specs,
            due_date=on + timedelta(days=BillingSettings.current().order_grace_days),
            on=on,
            actor=actor,
        )


def _waiting_charges(service: Service, on: date) -> list[ItemSpec]:
    """Return the lines that wait for the next bill, which this is: they wait no more."""
    specs = []
    for upgrade in upgrade_terms.waiting_charges(service):
        if Upgrade.objects.filter(pk=upgrade.pk, is_charged_at_renewal=True).update(
            is_charged_at_renewal=False
        ):
            specs += upgrade_terms.charges(upgrade, service=service, on=on)
    return specs


def _offer(service: Service, old: list[InvoiceItem]) -> Promotion | None:
    """Return the promotion that these lines had, which counts for what takes their place."""
    held = promotions.held_by(service)
    if held is None or not any(each.kind == Kind.PROMOTION for each in old):
        return None
    return replace(held, periods_left=None)


def _read(service: Service) -> Service:
    rows = Selection.objects.select_related("option", "option_value", "price")
    services = Service.objects.with_domain().select_related("promotion", "currency")
    found = services.prefetch_related(Prefetch("selections", queryset=rows))
    return found.prefetch_related(upgrade_terms.COMING).get(pk=service.pk)


def _shape(spec: ItemSpec) -> tuple[object, ...]:
    return spec.kind, spec.key, spec.quantity, spec.amount, spec.period_start, spec.period_end
