"""A wish: what somebody wants to order, and what it would cost and bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from billing import queries
from billing.models import BillingProfile, Currency, Product, Promotion, Quote
from billing.operations import currencies, profiles, promotions, quotes, selections, taxes
from billing.operations.chosen import Chosen
from billing.operations.items import in_words
from billing.operations.taxes import TaxBook
from billing.pricing.cycles import Cycle
from billing.pricing.orders import quote_order
from billing.pricing.proration import Prorata
from billing.pricing.quote import Quote as PricedQuote
from billing.queries import ProductOffer
from clients.models import Client, User
from core.sentences import sentence as _

FOR_SALE = (Product.Status.ACTIVE, Product.Status.HIDDEN)


@dataclass(frozen=True)
class Wish:
    """A product for a domain. `choices` are as `selections` has them; `code` is a promotion's."""

    product: Product
    cycle: Cycle
    domain: str
    choices: Mapping[str, int]
    code: str = ""

    def to_inputs(self) -> dict[str, Any]:
        """Return it in JSON's types."""
        return {
            "product": self.product.pk,
            "cycle": self.cycle.value,
            "domain": self.domain,
            "choices": dict(self.choices),
            "code": self.code,
        }

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> Wish:
        """
        Return the wish that was kept so.

        :raises QuoteVoid: its product is not sold any more
        """
        products = Product.objects.select_related("server", "group")
        product = products.filter(pk=inputs["product"], status__in=FOR_SALE).first()
        if product is None:
            raise quotes.QuoteVoid(
                _("This product is not sold any more. Choose another."), code=quotes.MOVED
            )
        return cls(
            product=product,
            cycle=Cycle(inputs["cycle"]),
            domain=inputs["domain"],
            choices=inputs["choices"],
            code=inputs["code"],
        )


@dataclass(frozen=True)
class Preview:
    """What a wish comes to on one day for one payer, and when its invoice would be due."""

    wish: Wish
    currency: Currency
    chosen: tuple[Chosen, ...]
    promotion: Promotion | None
    priced: PricedQuote
    due_date: date

    @property
    def first_period(self) -> str:
        """Return the days that the first payment is for, in the active language; "" for none."""
        periods = [line.period for line in self.priced.lines if line.period]
        return in_words(periods[0]) if periods else ""


def payer_of(client: Client | None) -> BillingProfile:
    """
    Return who would pay: a client's profile, or for a visitor one that is saved nowhere.

    A visitor pays in the base currency, and the tax of those whose country is not known.
    """
    if client is not None:
        return profiles.profile_of(client)
    return BillingProfile(client=Client(), currency=currencies.base_currency())


def preview(
    *, wish: Wish, payer: BillingProfile, on: date, offered: ProductOffer | None = None
) -> Preview:
    """
    Return what a wish would cost the payer that day; `offered` is what was read of its product.

    :raises UnableToChoose: not for sale so, or a number that an option does not allow
    :raises UnableToUsePromotion: the code does not count
    """
    book, currency = TaxBook.current(), payer.currency
    offered = offered or queries.offer_of(product=wish.product, cycle=wish.cycle, currency=currency)
    chosen = selections.choose_from(offered, wish.choices)
    promotion = None
    if wish.code:
        promotion = promotions.valid_promotion(
            code=wish.code,
            product=wish.product,
            cycle=wish.cycle,
            currency=currency,
            client=payer.client if payer.pk else None,
            on=on,
        )
    priced = quote_order(
        selections=tuple(each.priced for each in chosen if each.quantity),
        cycle=wish.cycle,
        today=on,
        terms=taxes.terms_by(payer, book),
        prorata=_prorata_of(wish.product),
        promotion=promotions.offered(promotion) if promotion else None,
    )
    return Preview(
        wish=wish,
        currency=currency,
        chosen=chosen,
        promotion=promotion,
        priced=priced,
        due_date=on + timedelta(days=book.settings.order_grace_days),
    )


def offer(*, shown: Preview, client: Client, user: User | None, now: datetime) -> Quote:
    """Keep a preview, so that the client can confirm it."""
    return quotes.save_quote(
        priced=shown.priced,
        purpose=Quote.Purpose.ORDER,
        inputs=shown.wish.to_inputs(),
        client=client,
        user=user,
        now=now,
    )


def _prorata_of(product: Product) -> Prorata | None:
    if product.prorata_day is None:
        return None
    return Prorata(day=product.prorata_day, charge_next_from=product.prorata_next_month_day)
