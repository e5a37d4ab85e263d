"""What emails say about invoices, orders and services: values for the places in their words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from billing.models import BillingSettings, Currency, Invoice, InvoiceItem, Order, Service, Upgrade
from billing.models.cycle import CYCLE_CHOICES
from billing.operations import selections
from billing.pricing.cycles import Cycle
from billing.pricing.lines import LineKind
from clients.links import link_to
from clients.models import User
from core.sentences import sentence as _
from provisioning import dns
from provisioning.dns import DnsRecord, Importance, Purpose
from provisioning.models import Dkim, Mailbox, MailDomain
from provisioning.operations.mail_programs import IMAP_PORT, POP_PORT, SMTP_PORT

Values = dict[str, Any]
CYCLES = dict(CYCLE_CHOICES)
MOST_MAILBOXES = 50
MB_PER_GB = 1000
# What a domain's mail suffers from the lack of; the others save typing, and are on its page.
IMPORTANT = {Importance.REQUIRED, Importance.RECOMMENDED}


@dataclass(frozen=True)
class Amount:
    """An amount of money that is written in its reader's language."""

    amount: Decimal
    currency: Currency

    def __str__(self) -> str:
        return self.currency.written(self.amount)


def of_service(service: Service) -> Values:
    """Return what emails about a service name: its domain, product and page."""
    return {
        "domain": service.domain,
        "product": service.product.name,
        "service_url": link_to("service", service_id=service.pk),
    }


def of_new_price(service: Service, starts_on: date) -> Values:
    """Return what the email about a coming price names: the prices before and after."""
    if service.currency is None:
        raise ValueError(f"{service} has no currency")
    old, new = (
        selections.recurring_amount(service=service, on=day)
        for day in (starts_on - timedelta(days=1), starts_on)
    )
    return {
        **of_service(service),
        "starts_on": starts_on,
        "old": Amount(old, service.currency),
        "new": Amount(new, service.currency),
        "cycle": CYCLES[service.cycle],
    }


def of_due_invoice(invoice: Invoice) -> Values:
    """Return what every email about an open invoice names."""
    instructions = BillingSettings.current().payment_instructions
    lines = [line.strip() for line in instructions.splitlines() if line.strip()]
    return {
        "number": invoice.number,
        "due_date": invoice.due_date,
        "total": Amount(invoice.total, invoice.currency),
        "balance": Amount(invoice.balance, invoice.currency),
        "invoice_url": link_to("invoice", invoice_id=invoice.pk),
        "payment_instructions": [{"line": line} for line in lines],
    }


def of_new_invoice(invoice: Invoice) -> Values:
    """Return what the email with a new invoice names: its lines and tax as well."""
    return {
        **of_due_invoice(invoice),
        "tax": Amount(invoice.tax + invoice.tax_2, invoice.currency),
        "items": [
            {"description": item.description, "amount": Amount(item.amount, invoice.currency)}
            for item in invoice.items.order_by("pk")
        ],
    }


def of_overdue_invoice(invoice: Invoice) -> Values:
    """Return what an overdue notice names: the domains that depend on the invoice as well."""
    lines = InvoiceItem.objects.filter(invoice=invoice, is_live=True, service__isnull=False)
    domains = lines.values_list("service__mail_domain__domain", flat=True)
    return {
        **of_due_invoice(invoice),
        "domains": [{"domain": each} for each in sorted(set(domains))],
    }


def of_order(order: Order) -> Values:
    """Return what the confirmation of an order names."""
    return {
        "order_number": order.number,
        "product": order.product_name,
        "domain": order.domain,
        "items": [
            {"description": _named(item), "amount": _amount_of(item["amount"], order.currency)}
            for item in order.items
        ],
        "total": _amount_of(order.total, order.currency),
        "is_to_be_paid": order.total > 0,
        "order_url": link_to("order", order_id=order.pk),
    }


def of_change(upgrade: Upgrade) -> Values:
    """Return what a service has after a change: its options, and what they cost from now on."""
    service = upgrade.service
    rows = service.selections.exclude(option=None).select_related("option", "option_value")
    options = []
    for row in rows.order_by("pk"):
        if row.option is None or not row.quantity:
            continue
        is_counted = row.option.kind == row.option.Kind.QUANTITY
        value = str(row.quantity) if is_counted else str(row.option_value and row.option_value.name)
        options.append({"name": row.option.name, "value": value})
    return {
        **of_service(service),
        "options": options,
        "recurring": _amount_of(service.recurring_amount, service.currency),
        "cycle": CYCLES[service.cycle],
        "is_recurring": Cycle(service.cycle).is_recurring and service.currency is not None,
    }


def of_welcome(service: Service) -> Values:
    """Return what the first email about a service names: DNS records and servers, no password."""
    domain = service.mail_domain
    wanted = dns.wanted_records(domain, Dkim.objects.filter(mail_domain=domain).first())
    needs_verification = not domain.is_verified and bool(domain.verification_record)
    records = [
        record
        for each in wanted
        if each.importance in IMPORTANT and each.purpose is not Purpose.OWNERSHIP
        for record in each.records
    ]
    proof = [dns.verification_record_of(domain)] if needs_verification else []
    return {
        **of_service(service),
        "needs_verification": needs_verification,
        "deadline": domain.verification_deadline,
        "ownership": _records(proof, domain),
        "records": _records(records, domain),
        "dns_url": link_to("dns", service_id=service.pk),
        **_servers(),
    }


def of_unverified(service: Service) -> Values:
    """Return what a domain's proof of ownership is, and until when it is waited for."""
    domain = service.mail_domain
    record = dns.verification_record_of(domain)
    return {
        **of_service(service),
        "deadline": domain.verification_deadline,
        "host": record.name_in(domain.domain),
        "value": record.value,
    }


def of_mailbox(service: Service, mailbox: Mailbox, user: User) -> Values:
    """Return what the email about a new mailbox names: its address and servers, no password."""
    return {
        **of_service(service),
        **_servers(),
        "client_name": user.name,
        "address": mailbox.address,
        "manage_url": link_to("mailboxes-manage", service_id=service.pk, mailbox_id=mailbox.pk),
    }


def of_filling(service: Service, mailbox_ids: Iterable[int]) -> Values:
    """Return how full these mailboxes are, the fullest first."""
    rows = Mailbox.objects.filter(pk__in=mailbox_ids).select_related("mail_domain")
    filling = [
        {
            "address": row.address,
            "percent": str((row.usage_mb or 0) * 100 // row.quota_mb),
            "quota": _("%(size)s GB") % {"size": row.quota_mb / MB_PER_GB},
        }
        for row in sorted(rows, key=lambda row: -(row.usage_mb or 0) / row.quota_mb)
    ]
    return {
        **of_service(service),
        "mailboxes": filling[:MOST_MAILBOXES],
        "has_more": len(filling) > MOST_MAILBOXES,
    }


def _records(records: Iterable[DnsRecord], domain: MailDomain) -> list[Values]:
    return [
        {"host": record.name_in(domain.domain), "type": record.type, "value": record.value}
        for record in records
    ]


def _servers() -> Values:
    return {
        "webmail_url": settings.MAIL_WEBMAIL_URL,
        "imap": _server(settings.MAIL_IMAP_HOST, IMAP_PORT),
        "pop": _server(settings.MAIL_POP_HOST, POP_PORT),
        "smtp": _server(settings.MAIL_SMTP_HOST, SMTP_PORT),
    }


def _server(host: str, port: int) -> str:
    return _("%(host)s, port %(port)d, SSL/TLS") % {"host": host, "port": port}


def _amount_of(amount: Decimal | str, currency: Currency | None) -> Amount | str:
    exact = Decimal(amount)
    return Amount(exact, currency) if currency is not None else f"{exact:f}"


def _named(item: Mapping[str, Any]) -> str:
    """Return what an ordered line is called, in the words of its document."""
    words: dict[str, str] = {"label": item["label"] or item["key"]}
    if item["kind"] == LineKind.DISCOUNT:
        return _("Promotion %(code)s: %(label)s") % {**words, "code": item["promotion"]}
    if item["kind"] == LineKind.SETUP:
        return _("Set-up fee: %(label)s") % words
    return words["label"]
