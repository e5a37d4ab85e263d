"""One thing that a service has or would have; what several of them cost and allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from billing.models import (
    PRODUCT_KEY,
    ConfigurableOption,
    Currency,
    OptionValue,
    Price,
    Product,
)
from billing.operations.currencies import unit_of
from billing.pricing import lines
from core.money import ZERO
from provisioning.models import Entitlement

Kind = ConfigurableOption.Kind
Key = ConfigurableOption.Key

# The value of an option that lifts a limit.
UNLIMITED = "unlimited"


@dataclass(frozen=True)
class Chosen:
    """
    One thing that a service has or would have, with its price: the product, or one option.

    `quantity` is what is bought beside the `included` units that the product holds already.
    `unit_price` is for one unit and one cycle; `price` is the row of the price list that it came
    from, none where it was agreed by hand. From `next_price_date` on `next_unit_price` counts.
    """

    product: Product
    key: str
    name: str
    quantity: int
    unit_price: Decimal
    setup_fee: Decimal = ZERO
    price: Price | None = None
    option: ConfigurableOption | None = None
    value: OptionValue | None = None
    next_unit_price: Decimal | None = None
    next_price_date: date | None = None

    @property
    def is_product(self) -> bool:
        """Whether this is the product itself."""
        return self.key == PRODUCT_KEY

    @property
    def included(self) -> int:
        """Return how many units the product holds without any being bought."""
        if self.key == Key.BASIC_MAILBOXES:
            return self.product.basic_mailboxes or 0
        if self.key == Key.ENHANCED_MAILBOXES:
            return self.product.enhanced_mailboxes or 0
        return 0

    @property
    def is_part_of_the_product(self) -> bool:
        """Whether it costs nothing and is nobody's choice: it has no line of its own."""
        return self.option is not None and self.option.is_hidden and not self.unit_price

    def on(self, start: date) -> Chosen:
        """Return it at the price of a period that begins on `start`."""
        if self.next_unit_price is None or self.next_price_date is None:
            return self
        if start < self.next_price_date:
            return self
        return replace(
            self, unit_price=self.next_unit_price, next_unit_price=None, next_price_date=None
        )

    @property
    def units(self) -> Decimal | None:
        """Return what the module is given for it; None is unlimited."""
        return _units(self.quantity, self.value)

    @property
    def priced(self) -> lines.Selection:
        """Return it as the arithmetic wants it; `quantity` counts the included units there too."""
        included = self.included + (self.quantity if self.is_part_of_the_product else 0)
        is_choice = self.option is not None and self.option.kind in {Kind.DROPDOWN, Kind.RADIO}
        details = {"label": self.name}
        if is_choice and self.value:
            details["value"] = self.value.name
        return lines.Selection(
            key=self.key,
            quantity=self.included + self.quantity,
            included=included,
            unit=self.unit_price,
            setup=self.setup_fee,
            value=self._identity(is_choice=is_choice),
            kind=lines.LineKind.PRODUCT if self.is_product else lines.LineKind.OPTION,
            is_taxed=self.product.is_taxed,
            details=details,
        )

    def _identity(self, *, is_choice: bool) -> str:
        """Tell products and values apart that have one key."""
        if self.is_product:
            return str(self.product.pk)
        return str(self.value.pk) if is_choice and self.value else ""


def amount_of(chosen: Iterable[Chosen], currency: Currency) -> Decimal:
    """Return what these cost for one cycle, each rounded by itself, without set-up fees."""
    unit = unit_of(currency)
    selected = [each.priced for each in chosen]
    return sum((unit.rounded(each.unit * each.billed) for each in selected), unit.rounded(ZERO))


def entitlement_of(product: Product, chosen: Iterable[Chosen] = ()) -> Entitlement:
    """
    Return what a service of this product may use that has these selections.

    Mailboxes, aliases and lists are those of the product and those bought. The pool is the bought
    one (`total_mailbox_quota_gb`) if there is one; else the product's, or what the mailboxes bring,
    and the extra quota. Unlimited stays unlimited. With no selections at all, as for a service that
    staff gave away, the product's hidden options count as they are pinned.
    """
    rows = [each for each in chosen if each.quantity]
    units = {each.key: each.units for each in rows if not each.is_product}
    return _entitlement(product, units if rows else _pinned(product))


def _pinned(product: Product) -> dict[str, Decimal | None]:
    """Return what the hidden options hold when nobody chose anything."""
    options = product.options.filter(is_hidden=True, retired_at=None).prefetch_related("values")
    return {
        option.key: _units(option.minimum, next(iter(option.values.all()), None))
        for option in options
        if option.minimum
    }


def _units(quantity: int, value: OptionValue | None) -> Decimal | None:
    """Return what the module is given: so many times the value's number; None is unlimited."""
    text = value.value if value else "1"
    return None if text == UNLIMITED else quantity * Decimal(text)


def _entitlement(product: Product, units: Mapping[str, Decimal | None]) -> Entitlement:
    basic = _count(product.basic_mailboxes, units, Key.BASIC_MAILBOXES)
    enhanced = _count(product.enhanced_mailboxes, units, Key.ENHANCED_MAILBOXES)
    own = product.mailbox_quota_gb
    return Entitlement(
        basic_mailboxes=basic,
        enhanced_mailboxes=enhanced,
        quota_pool_gb=units[Key.QUOTA_POOL]
        if Key.QUOTA_POOL in units
        else _pool(product, basic, enhanced, units.get(Key.EXTRA_QUOTA, ZERO)),
        mailbox_quota_gb=units.get(Key.MAILBOX_QUOTA, own),
        aliases=_count(product.aliases, units, Key.ALIASES),
        distribution_lists=_count(product.distribution_lists, units, Key.DISTRIBUTION_LISTS),
        features=tuple(product.features),
    )


def _count(own: int | None, units: Mapping[str, Decimal | None], key: str) -> int | None:
    """Add what is bought to what the product holds; unlimited and anything is unlimited."""
    bought = units.get(key, ZERO)
    return None if own is None or bought is None else own + int(bought)


def _pool(
    product: Product, basic: int | None, enhanced: int | None, extra: Decimal | None
) -> Decimal | None:
    """Return the gigabytes that all mailboxes share."""
    if extra is None:
        return None
    bought = extra * product.extra_quota_increment_gb
    if product.quota_pool_gb is not None:
        return product.quota_pool_gb + bought
    parts = [
        _brought(basic, product.basic_quota_gb),
        _brought(enhanced, product.enhanced_quota_gb),
    ]
    whole = [part for part in parts if part is not None]
    return sum(whole, bought) if len(whole) == len(parts) else None


def _brought(count: int | None, each_gb: Decimal | None) -> Decimal | None:
    """Return what so many mailboxes bring to the pool; None is unlimited."""
    if count == 0 or each_gb == 0:
        return ZERO
    return None if count is None or each_gb is None else count * each_gb
