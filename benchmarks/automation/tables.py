"""Tables filled with clients of one service each, copied from one by SQL."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import connection, models

from billing.models import AutomationJob, BillingProfile, BillingSettings, Selection, Service
from clients.models import Client
from provisioning.models import MailDomain
from tests.billing_makers import make_billed_service, make_currency, make_priced_product

# The product, and two units of an option.
PRODUCT, UNIT, UNITS = Decimal(10), Decimal(3), 2
TOTAL = PRODUCT + UNITS * UNIT


def fill(size: int, *, first_day: date, spread: int) -> None:
    """Make so many services, due on `spread` days from the first on."""
    product = make_priced_product(PRODUCT, options={"enhanced_mailboxes": UNIT})
    service = make_billed_service(
        product=product, choices={"enhanced_mailboxes": UNITS}, next_due=first_day
    )
    client, domain = service.client, service.mail_domain
    profile = BillingProfile.objects.create(client=client, currency=make_currency())
    day = f"DATE '{first_day}' + g % {spread}"
    of_client = f"{client.pk} + g"
    _clone(client, size)
    _clone(profile, size, client_id=of_client)
    _clone(domain, size, client_id=of_client, domain="'d' || g || '.test'")
    _clone(
        service,
        size,
        client_id=of_client,
        mail_domain_id=f"{domain.pk} + g",
        next_due_date=day,
        next_invoice_date=day,
        anchor_day=f"EXTRACT(DAY FROM {day})",
    )
    for selection in Selection.objects.order_by("pk"):
        of_service = {"service_id": f"{service.pk} + g", "id": f"{selection.pk} + 2 * g"}
        _clone(selection, size, **of_service)
    # The one they were copied from is not counted.
    Service.objects.filter(pk=service.pk).update(next_invoice_date=None, next_due_date=None)
    BillingSettings.objects.create(pk=1, invoice_days=0, suspension_days=7, reminder_days=0)
    if Client.objects.count() != size + 1 or MailDomain.objects.count() != size + 1:
        raise SystemExit("The tables were not filled")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def has_run_daily(until: date) -> None:
    """Let the automation have run on every day up to this one, so that it holds nothing back."""
    AutomationJob.objects.update_or_create(
        name="create_invoices",
        defaults={"last_done_date": until, "unbroken_since": datetime(2025, 1, 1, tzinfo=UTC)},
    )


def _clone(row: models.Model, size: int, **expressions: str) -> None:
    """Copy a row `size` times in one statement; `g` counts the copies."""
    table = row._meta.db_table
    given = {"id": f"{row.pk} + g"} | expressions
    columns = [column for each in row._meta.concrete_fields if (column := each.column)]
    values = [given.get(column, f'"{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    copy = (
        f'INSERT INTO "{table}" ({names}) SELECT {", ".join(values)} '  # noqa: S608  # our own
        f'FROM "{table}", generate_series(1, {size}) AS g WHERE id = {row.pk}'
    )
    following = (
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), MAX(id)) "  # noqa: S608
        f'FROM "{table}"'
    )
    with connection.cursor() as cursor:
        cursor.execute(copy)
        cursor.execute(following)
