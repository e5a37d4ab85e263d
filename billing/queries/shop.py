"""Reading what can be bought, and at what price."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, Q, QuerySet

from billing.models import ConfigurableOption, Currency, OptionValue, Price, Product
from billing.pricing.cycles import Cycle

CYCLES = list(Cycle)
MAILBOXES = (ConfigurableOption.Key.BASIC_MAILBOXES, ConfigurableOption.Key.ENHANCED_MAILBOXES)


@dataclass(frozen=True)
class ValueOffer:
    """One value of an option; without a price it is not for sale in this cycle and currency."""

    value: OptionValue
    price: Price | None


@dataclass(frozen=True)
class OptionOffer:
    """One option with its values; yes/no and quantity have one, which is what a unit costs."""

    option: ConfigurableOption
    values: tuple[ValueOffer, ...]

    @property
    def for_sale(self) -> tuple[ValueOffer, ...]:
        """Return the values that can be had."""
        return tuple(each for each in self.values if each.price and not each.value.is_hidden)


@dataclass(frozen=True)
class ProductOffer:
    """
    A product for one cycle and currency, with every option, hidden ones too.

    Without a price the product is not for sale so.
    """

    product: Product
    cycle: Cycle
    currency: Currency
    price: Price | None
    options: tuple[OptionOffer, ...]

    @property
    def visible(self) -> tuple[OptionOffer, ...]:
        """Return the options that a client chooses from: those that have a price."""
        return tuple(each for each in self.options if not each.option.is_hidden and each.for_sale)

    @property
    def pinned(self) -> tuple[OptionOffer, ...]:
        """Return the options whose quantity the product fixes."""
        return tuple(each for each in self.options if each.option.is_hidden)


def products_on_sale() -> QuerySet[Product]:
    """Return the products of the shop's pages with their groups, in the order of the shelves."""
    return (
        Product.objects.on_sale()
        .select_related("group")
        .order_by("group__position", "group__name", "position", "name")
    )


def prices_of(products: Iterable[Product], currency: Currency) -> dict[int, list[Price]]:
    """
    Return the prices that the products are sold at now: by product number, shortest cycle first.

    A product that is not in it is not for sale in the currency. One query.
    """
    found: dict[int, list[Price]] = {}
    prices = Price.objects.current().filter(product__in=list(products), currency=currency)
    for price in sorted(prices, key=lambda each: CYCLES.index(Cycle(each.cycle))):
        if price.product_id is not None:
            found.setdefault(price.product_id, []).append(price)
    return found


def products_with_options(products: Iterable[Product]) -> set[int]:
    """Return the numbers of those products that a client can choose something with."""
    options = ConfigurableOption.objects.filter(
        product__in=list(products), is_hidden=False, retired_at__isnull=True
    )
    return set(options.order_by().values_list("product", flat=True))


def mailbox_prices(
    products: Iterable[Product], currency: Currency, cycle: str
) -> dict[int, Decimal]:
    """
    Return what one mailbox of the cheapest type costs, by product number.

    Products whose mailboxes are not sold one by one in the cycle are not in it. One query.
    """
    prices = Price.objects.current().filter(
        option_value__option__product__in=list(products),
        option_value__option__key__in=MAILBOXES,
        option_value__option__is_hidden=False,
        option_value__option__retired_at__isnull=True,
        option_value__is_hidden=False,
        currency=currency,
        cycle=cycle,
    )
    rows = prices.exclude(amount=0).order_by("-amount")
    # The cheapest come last, and stay.
    return dict(rows.values_list("option_value__option__product_id", "amount"))


def per_month(price: Price) -> Decimal | None:
    """Return what a price comes to a month, not rounded; nothing where it does not recur."""
    months = Cycle(price.cycle).months
    return price.amount / months if months else None


def offer_of(
    *, product: Product, cycle: Cycle, currency: Currency, held: Collection[int] = ()
) -> ProductOffer:
    """
    Return what can be chosen with a product, in three queries.

    `held` are the numbers of options that are offered even if they are retired.
    """
    options = list(
        product.options.filter(Q(retired_at__isnull=True) | Q(pk__in=held)).prefetch_related(
            Prefetch("values", OptionValue.objects.order_by("position", "pk"))
        )
    )
    values = [value for option in options for value in option.values.all()]
    prices = Price.objects.current().filter(
        Q(product=product) | Q(option_value__in=values), currency=currency, cycle=cycle
    )
    by_value = {price.option_value_id: price for price in prices.select_related("currency")}
    return ProductOffer(
        product=product,
        cycle=cycle,
        currency=currency,
        price=by_value.pop(None, None),
        options=tuple(
            OptionOffer(
                option=option,
                values=tuple(
                    ValueOffer(value=value, price=by_value.get(value.pk))
                    for value in option.values.all()
                ),
            )
            for option in options
        ),
    )
