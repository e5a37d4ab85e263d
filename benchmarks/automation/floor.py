"""The floors: the rows that the product writes, by one statement and by plain bulk inserts."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from billing.models import Invoice, InvoiceItem, InvoiceNotice, Selection, Service
from clients.models import Activity

AT_ONCE = 2000
ISSUER = {"name": "", "address": [], "tax_id": ""}
RECIPIENT = {"name": "Acme", "company": "", "address": [], "tax_id": "", "email": "a@people.test"}
WORDS = "Business Mail for d1.test (10 January 2026 to 9 February 2026)"
FLOOR = """
WITH due AS (
  SELECT id, client_id, currency_id, next_invoice_date AS period_start,
         (next_invoice_date + INTERVAL '1 month')::date AS period_end,
         (SELECT SUM(quantity * unit_price) FROM billing_selection WHERE service_id = s.id) AS total
  FROM billing_service s
  WHERE status IN ('active', 'suspended') AND next_invoice_date <= %(today)s::date
), moved AS (
  UPDATE billing_service s SET next_invoice_date = due.period_end FROM due WHERE s.id = due.id
), made AS (
  INSERT INTO billing_invoice
    (client_id, number, status, currency_id, issue_date, due_date, subtotal, tax, tax_2, total,
     balance, taxes, has_prices_with_tax, issuer, recipient, notes, created_at)
  SELECT client_id, 'F' || %(today)s || '-' || id, 'unpaid', currency_id, %(today)s::date,
         period_start, total, 0, 0, total, total, '[]', FALSE, %(issuer)s, %(recipient)s, '', NOW()
  FROM due
  RETURNING id, client_id
), items AS (
  INSERT INTO billing_invoiceitem
    (invoice_id, kind, service_id, key, description, quantity, unit_price, amount, is_taxed,
     period_start, period_end, is_live)
  SELECT made.id, CASE WHEN key = 'product' THEN 'hosting' ELSE 'option' END, due.id, key,
         'Business Mail for d1.test (10 January 2026 to 9 February 2026)', quantity, unit_price,
         quantity * unit_price, TRUE, due.period_start, due.period_end, TRUE
  FROM made JOIN due USING (client_id) JOIN billing_selection ON service_id = due.id
), told AS (
  INSERT INTO billing_invoicenotice (invoice_id, kind, told_at)
  SELECT id, 'late_fee', NOW() FROM made
)
INSERT INTO clients_activity
  (created_at, actor_kind, actor_name, client_id, action, object_type, object_id, object_name,
   scope, before, after)
SELECT NOW(), 'system', 'cron', client_id, 'invoice.published', 'billing.invoice', id::text,
       'F' || id, '', '{}', '{"total": "16.00", "due_date": "2026-01-10"}'
FROM made
"""


def a_month_later(day: date) -> date:
    """Return the same day of the next month."""
    first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first.replace(day=day.day)


def invoice_by_sql(day: date) -> None:
    """Invoice what is due by that day."""
    values = {
        "today": day.isoformat(),
        "issuer": json.dumps(ISSUER),
        "recipient": json.dumps(RECIPIENT),
    }
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, values)


def invoice_in_bulk(day: date) -> None:
    """Invoice what is due by that day with the ORM's bulk inserts and nothing else."""
    while True:
        with transaction.atomic():
            due = Service.objects.filter(status="active", next_invoice_date__lte=day)
            rows = due.order_by("next_invoice_date", "pk").values()[:AT_ONCE]
            found: list[dict[str, Any]] = [{**row} for row in rows]
            if not found:
                return
            _save(found, day)


def _save(found: list[dict[str, Any]], day: date) -> None:
    later = a_month_later(day)
    owned: dict[int, list[dict[str, Any]]] = {each["id"]: [] for each in found}
    for row in Selection.objects.filter(service__in=owned).values():
        owned[row["service_id"]].append({**row})
    invoices = Invoice.objects.bulk_create(
        Invoice(
            client_id=each["client_id"],
            number=f"B{day}-{each['id']}",
            status="unpaid",
            currency_id=each["currency_id"],
            issue_date=day,
            due_date=each["next_invoice_date"],
            subtotal=each["recurring_amount"],
            total=each["recurring_amount"],
            balance=each["recurring_amount"],
            issuer=ISSUER,
            recipient=RECIPIENT,
        )
        for each in found
    )
    InvoiceItem.objects.bulk_create(
        InvoiceItem(
            invoice=invoice,
            kind="hosting" if row["key"] == "product" else "option",
            service_id=each["id"],
            key=row["key"],
            description=WORDS,
            quantity=row["quantity"],
            unit_price=row["unit_price"],
            amount=Decimal(row["quantity"]) * row["unit_price"],
            period_start=each["next_invoice_date"],
            period_end=later,
        )
        for invoice, each in zip(invoices, found, strict=True)
        for row in owned[each["id"]]
    )
    InvoiceNotice.objects.bulk_create(
        InvoiceNotice(invoice=invoice, kind="late_fee") for invoice in invoices
    )
    Activity.objects.bulk_create(
        Activity(
            actor_kind="system",
            actor_name="cron",
            client_id=invoice.client_id,
            action="invoice.published",
            object_type="billing.invoice",
            object_id=str(invoice.pk),
            object_name=invoice.number or "",
            after={"total": str(invoice.total), "due_date": invoice.due_date.isoformat()},
        )
        for invoice in invoices
    )
    Service.objects.filter(pk__in=owned).update(next_invoice_date=later)
