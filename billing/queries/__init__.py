"""Reading what is sold and what clients have."""

from __future__ import annotations

from billing.queries.prices import billed_selections, coming_amount, drifted_selections
from billing.queries.services import Tally, services_of, tally_of
from billing.queries.shop import (
    OptionOffer,
    ProductOffer,
    ValueOffer,
    offer_of,
    prices_of,
    products_on_sale,
)

__all__ = [
    "OptionOffer",
    "ProductOffer",
    "Tally",
    "ValueOffer",
    "billed_selections",
    "coming_amount",
    "drifted_selections",
    "offer_of",
    "prices_of",
    "products_on_sale",
    "services_of",
    "tally_of",
]
