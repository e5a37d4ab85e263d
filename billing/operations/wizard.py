"""Make a whole product from a few answers, in one of three ways of selling mailboxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction

from billing.models import (
    ConfigurableOption,
    Currency,
    OptionValue,
    Price,
    Product,
    ProductGroup,
)
from billing.operations import catalogue, price_changes, selections
from billing.operations.currencies import unit_of
from billing.pricing.cycles import Cycle
from billing.pricing.orders import quote_order
from billing.pricing.quote import Quote, Terms
from billing.queries import OptionOffer, ProductOffer, ValueOffer
from clients.actors import Actor
from core.errors import OperationError
from core.money import ZERO
from core.sentences import sentence as _
from provisioning.models import Entitlement, Server

Key = ConfigurableOption.Key
Strategy = Product.Strategy
Amounts = Mapping[Cycle, Decimal]

# How much of each a sample order has, where the options allow it.
SAMPLE = {Key.BASIC_MAILBOXES: 5, Key.ENHANCED_MAILBOXES: 2, Key.EXTRA_QUOTA: 1}


class UnableToPlanProduct(OperationError):
    """The answers do not make a product."""


@dataclass(frozen=True)
class Part:
    """
    One of the three things that are sold: Basic mailboxes, Enhanced mailboxes or Extra quota.

    `included` units come with the product, one more costs `prices`; without prices no more can be
    had. `least` and `most` are limits on what is bought. `quota_gb` is what a mailbox adds to the
    domain's quota, or what a unit of Extra quota is; None is unlimited.
    """

    included: int = 0
    prices: Amounts = field(default_factory=dict)
    least: int = 0
    most: int | None = None
    step: int = 1
    quota_gb: Decimal | None = None


@dataclass(frozen=True)
class Recipe:
    """
    What staff answer.

    Bundle: what is included is all there is. Variable: nothing is included, all is bought by the
    piece. Hybrid: some is included, and more can be bought.
    """

    strategy: Product.Strategy
    name: str
    server: Server
    currency: Currency
    prices: Amounts
    basic: Part = Part()
    enhanced: Part = Part()
    extra_quota: Part = Part(quota_gb=Decimal(10))
    setup_fee: Decimal = ZERO
    group: ProductGroup | None = None
    tagline: str = ""
    description: str = ""
    # A quota that does not depend on the number of mailboxes.
    quota_pool_gb: Decimal | None = None
    mailbox_quota_gb: Decimal | None = None
    aliases: int | None = None
    distribution_lists: int | None = None
    is_on_sale: bool = False
    sample: Mapping[str, int] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, Part]:
        """Return the three parts by the keys of their options."""
        return {
            Key.BASIC_MAILBOXES: self.basic,
            Key.ENHANCED_MAILBOXES: self.enhanced,
            Key.EXTRA_QUOTA: self.extra_quota,
        }


@dataclass(frozen=True)
class Sample:
    """What a client would see who orders so much: the bill, and what the service may use."""

    cycle: Cycle
    chosen: tuple[selections.Chosen, ...]
    quote: Quote
    entitlement: Entitlement


@dataclass(frozen=True)
class Plan:
    """
    A product that is not saved yet, as clients would see it.

    `offers` has one for each cycle that it is sold for, `samples` an order of each.
    """

    recipe: Recipe
    product: Product
    offers: tuple[ProductOffer, ...]
    samples: tuple[Sample, ...]


def plan(*, recipe: Recipe, today: date) -> Plan:
    """
    Work out a product without saving anything.

    :raises UnableToPlanProduct: answers that do not fit the strategy, or each other
    """
    _check(recipe)
    product = _product(recipe)
    options = {
        key: option
        for key, part in recipe.parts.items()
        if (option := _option(recipe.strategy, product, key, part))
    }
    values = {key: OptionValue(option=each, name=each.name) for key, each in options.items()}
    offers = tuple(
        ProductOffer(
            product=product,
            cycle=cycle,
            currency=recipe.currency,
            price=_price(recipe, cycle, recipe.prices[cycle], recipe.setup_fee),
            options=tuple(
                OptionOffer(
                    option=option,
                    values=(
                        ValueOffer(
                            value=values[key],
                            price=_price(recipe, cycle, recipe.parts[key].prices.get(cycle)),
                        ),
                    ),
                )
                for key, option in options.items()
            ),
        )
        for cycle in Cycle
        if cycle in recipe.prices
    )
    return Plan(
        recipe=recipe,
        product=product,
        offers=offers,
        samples=tuple(_sample(recipe, offer, today) for offer in offers),
    )


@transaction.atomic
def create(*, plan: Plan, actor: Actor, today: date) -> Product:
    """
    Save a planned product with its options and prices.

    :raises UnableToSaveCatalogue: the name is taken, or a field that cannot be
    :raises UnableToChangePrice: an amount that cannot be
    """
    product = plan.product
    catalogue.save_product(product=product, actor=actor)
    for offered in plan.offers[0].options:
        offered.option.product = product
        catalogue.save_option(option=offered.option, actor=actor)
        for each in offered.values:
            each.value.option = offered.option
            catalogue.save_value(value=each.value, actor=actor)
    for offer in plan.offers:
        _set(offer, product, offer.price, actor, today)
        for offered in offer.options:
            for each in offered.values:
                _set(offer, each.value, each.price, actor, today)
    return product


def _set(
    offer: ProductOffer,
    thing: Product | OptionValue,
    price: Price | None,
    actor: Actor,
    today: date,
) -> None:
    if price is not None:
        new = price_changes.NewPrice(
            thing=thing,
            currency=offer.currency,
            cycle=offer.cycle,
            amount=price.amount,
            setup_fee=price.setup_fee,
        )
        price_changes.set_price(new=new, actor=actor, today=today)


def _product(recipe: Recipe) -> Product:
    is_hybrid = recipe.strategy == Strategy.HYBRID
    is_bundle = recipe.strategy == Strategy.BUNDLE
    has_pool = recipe.quota_pool_gb is not None
    return Product(
        name=recipe.name,
        tagline=recipe.tagline,
        description=recipe.description,
        group=recipe.group,
        server=recipe.server,
        strategy=recipe.strategy,
        status=Product.Status.ACTIVE if recipe.is_on_sale else Product.Status.DRAFT,
        has_option_changes=not is_bundle,
        # What a bundle holds is pinned by its hidden options, so that it is theirs to change.
        basic_mailboxes=recipe.basic.included if is_hybrid else 0,
        enhanced_mailboxes=recipe.enhanced.included if is_hybrid else 0,
        basic_quota_gb=None if has_pool else recipe.basic.quota_gb,
        enhanced_quota_gb=None if has_pool else recipe.enhanced.quota_gb,
        extra_quota_increment_gb=recipe.extra_quota.quota_gb or ZERO,
        quota_pool_gb=recipe.quota_pool_gb,
        mailbox_quota_gb=recipe.mailbox_quota_gb,
        aliases=recipe.aliases,
        distribution_lists=recipe.distribution_lists,
    )


def _option(
    strategy: Product.Strategy, product: Product, key: str, part: Part
) -> ConfigurableOption | None:
    """Return the option of one part: pinned and hidden in a bundle, else to be chosen."""
    is_bundle = strategy == Strategy.BUNDLE
    if not (part.included if is_bundle else part.prices):
        return None
    names = {
        Key.BASIC_MAILBOXES: _("Basic mailboxes"),
        Key.ENHANCED_MAILBOXES: _("Enhanced mailboxes"),
        Key.EXTRA_QUOTA: _("Extra quota (%(gb)s GB each)") % {"gb": f"{part.quota_gb or ZERO:f}"},
    }
    if strategy == Strategy.HYBRID:
        names |= {
            Key.BASIC_MAILBOXES: _("Additional Basic mailboxes"),
            Key.ENHANCED_MAILBOXES: _("Additional Enhanced mailboxes"),
        }
    return ConfigurableOption(
        product=product,
        key=key,
        name=str(names[Key(key)]),
        kind=ConfigurableOption.Kind.QUANTITY,
        minimum=part.included if is_bundle else part.least,
        maximum=part.included if is_bundle else part.most,
        step=1 if is_bundle else part.step,
        is_required=not is_bundle and part.least > 0,
        is_hidden=is_bundle,
        position=list(names).index(Key(key)),
    )


def _price(
    recipe: Recipe, cycle: Cycle, amount: Decimal | None, setup_fee: Decimal = ZERO
) -> Price | None:
    if amount is None:
        return None
    return Price(currency=recipe.currency, cycle=cycle, amount=amount, setup_fee=setup_fee)


def _sample(recipe: Recipe, offer: ProductOffer, today: date) -> Sample:
    choices = {
        each.option.key: _allowed(
            each.option, recipe.sample.get(each.option.key, SAMPLE[Key(each.option.key)])
        )
        for each in offer.visible
    }
    chosen = selections.choose_from(offer, choices)
    return Sample(
        cycle=offer.cycle,
        chosen=chosen,
        quote=quote_order(
            selections=tuple(each.priced for each in chosen),
            cycle=offer.cycle,
            today=today,
            terms=Terms(currency=unit_of(offer.currency)),
        ),
        entitlement=selections.entitlement_of(offer.product, chosen),
    )


def _allowed(option: ConfigurableOption, wanted: int) -> int:
    """Return the number next to the wanted one that the option allows."""
    most = wanted if option.maximum is None else min(wanted, option.maximum)
    steps = max(0, most - option.minimum) // option.step
    return option.minimum + steps * option.step


def _check(recipe: Recipe) -> None:
    mailboxes = (recipe.basic, recipe.enhanced)
    parts = recipe.parts.values()
    is_sold = any(part.prices for part in parts)
    includes = any(part.included for part in parts)
    has_mailboxes = any(part.included or part.prices for part in mailboxes)
    is_endless = recipe.quota_pool_gb is None and any(
        part.quota_gb is None for part in mailboxes if part.included or part.prices
    )
    extra = recipe.extra_quota
    problems = {
        "prices": (
            (not recipe.prices, _("Set the product's price for at least one billing cycle.")),
            (
                any(part.prices and part.prices.keys() != recipe.prices.keys() for part in parts),
                _("Price all parts for the same billing cycles as the product."),
            ),
        ),
        "strategy": (
            (not has_mailboxes, _("A product needs mailboxes, included or for sale.")),
            (
                recipe.strategy == Strategy.BUNDLE and is_sold,
                _("A fixed bundle has one price: give its parts no prices, or choose a hybrid."),
            ),
            (
                recipe.strategy == Strategy.VARIABLE and includes,
                _("A variable product includes nothing: choose a hybrid."),
            ),
            (
                recipe.strategy == Strategy.HYBRID and not (includes and is_sold),
                _("A hybrid includes something and sells more of it: set both."),
            ),
        ),
        "extra_quota": (
            (
                recipe.strategy == Strategy.HYBRID and extra.included > 0,
                _("Include quota with the mailboxes or as the product's own quota."),
            ),
            (
                is_endless and bool(extra.included or extra.prices),
                _("The quota is unlimited already; extra quota would add nothing."),
            ),
            (
                bool(extra.included or extra.prices) and not extra.quota_gb,
                _("Say how many gigabytes a unit of extra quota is."),
            ),
        ),
    }
    for name, checks in problems.items():
        for is_wrong, words in checks:
            if is_wrong:
                raise UnableToPlanProduct(words, field=name)
