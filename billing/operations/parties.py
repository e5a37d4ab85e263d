"""Who is named on a document, as they are on the day it is published."""

from __future__ import annotations

from typing import Any

from billing.models import BillingSettings
from clients.models import Client


def issuer(settings: BillingSettings) -> dict[str, Any]:
    """Return who sends a document: name, address (lines) and tax id."""
    return {
        "name": settings.company_name,
        "address": [line.strip() for line in settings.company_address.splitlines() if line.strip()],
        "tax_id": settings.company_tax_id,
    }


def recipient(client: Client) -> dict[str, Any]:
    """Return whom a document is for, in the same shape, with company, country (code), email."""
    city = " ".join(part for part in (client.postcode, client.city) if part)
    lines = (client.address_1, client.address_2, city, client.state)
    return {
        "name": client.name,
        "company": client.company,
        "address": [line for line in lines if line],
        "country": client.country,
        "tax_id": client.tax_id,
        "email": client.email,
    }
