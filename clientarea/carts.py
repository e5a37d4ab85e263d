"""The cart: what a visitor wants to order, kept in the session until it is an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django.http import HttpRequest

from billing.models import Product
from billing.operations import wishes
from billing.operations.wishes import Wish
from billing.pricing.cycles import Cycle

CART = "cart"


@dataclass(frozen=True)
class Cart:
    """One product for one domain. A session whose words make no sense holds no cart."""

    product: Product
    domain: str
    cycle: Cycle
    choices: Mapping[str, int] = field(default_factory=dict)
    code: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Self | None:
        """Return what this session wants to order, while it is sold."""
        kept: dict[str, Any] = request.session.get(CART) or {}
        products = Product.objects.select_related("server")
        product = products.filter(pk=kept.get("product", 0), status__in=wishes.FOR_SALE).first()
        if product is None:
            return None
        return cls(
            product=product,
            domain=kept["domain"],
            cycle=Cycle(kept["cycle"]),
            choices=kept["choices"],
            code=kept["code"],
        )

    def keep(self, request: HttpRequest) -> None:
        """Put this in place of what the session wanted before."""
        request.session[CART] = self.wish().to_inputs()

    def but(self, **changes: Any) -> Self:
        """Return the same with these changes."""
        return replace(self, **changes)

    def wish(self) -> Wish:
        """Return it in billing's own terms."""
        return Wish(
            product=self.product,
            cycle=self.cycle,
            domain=self.domain,
            choices=self.choices,
            code=self.code,
        )


def empty(request: HttpRequest) -> None:
    """Forget what this session wanted."""
    request.session.pop(CART, None)
