"""The floor: one statement that writes the rows which the product writes."""

from __future__ import annotations

import json
from datetime import date

from django.db import connection

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


def invoice_by_sql(day: date) -> None:
    """Invoice what is due by that day."""
    names = {"name": "Acme", "company": "", "address": [], "tax_id": "", "email": "a@people.test"}
    values = {
        "today": day.isoformat(),
        "issuer": json.dumps({"name": "", "address": [], "tax_id": ""}),
        "recipient": json.dumps(names),
    }
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, values)
