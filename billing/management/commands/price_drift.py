"""Show which services pay another price than new clients would."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from billing import queries


class Command(BaseCommand):
    """`manage.py price_drift`."""

    help = (
        "List what costs a service something else than it costs a new client. Nothing is changed:"
        " a price change does that, in the Django admin."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        count = 0
        for each in queries.drifted_selections():
            count += 1
            row, service = each.selection, each.selection.service
            name = row.option.name if row.option else service.product.name
            self.stdout.write(
                f"{service.domain}: {name}, {row.quantity} at {each.paid:.4f} instead of"
                f" {each.listed:.4f} {service.currency_id} {service.cycle}"
            )
        self.stdout.write(f"Prices that differ from the list: {count}")
