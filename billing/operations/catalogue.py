"""Keep the catalogue: groups, products, and each product's own options."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from billing.models import (
    ConfigurableOption,
    OptionValue,
    Price,
    Product,
    ProductGroup,
    Promotion,
    Selection,
)
from billing.operations.chosen import UNLIMITED
from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.sentences import counted as ngettext
from core.sentences import sentence as _

Row = TypeVar("Row", bound=models.Model)

Key = ConfigurableOption.Key
Kept = ProductGroup | Product | ConfigurableOption | OptionValue | Promotion

# What the module reads as a number; the type of new mailboxes is a word.
NUMERIC_KEYS = frozenset(Key.values) - {Key.DEFAULT_TYPE}
WHOLE_KEYS = frozenset(
    {
        Key.BASIC_MAILBOXES,
        Key.ENHANCED_MAILBOXES,
        Key.EXTRA_QUOTA,
        Key.ALIASES,
        Key.DISTRIBUTION_LISTS,
    }
)
NOUNS = {
    ProductGroup: "product_group",
    Product: "product",
    ConfigurableOption: "option",
    OptionValue: "option_value",
    Promotion: "promotion",
}


class UnableToSaveCatalogue(OperationError):
    """The catalogue is as it was."""


class UnableToRemoveOption(OperationError):
    """The option stays."""


@transaction.atomic
def save_group(*, group: ProductGroup, actor: Actor) -> None:
    """
    Save a new or changed group.

    :raises UnableToSaveCatalogue: a field that cannot be
    """
    _save(group, actor)


@transaction.atomic
def save_product(
    *, product: Product, actor: Actor, upgrades_to: Iterable[Product] | None = None
) -> None:
    """
    Save a new or changed product, and the products that its clients may change to if they are said.

    Services have what they have: limits reach them with their next change of package.

    :raises UnableToSaveCatalogue: a field that cannot be, or a product that leads to itself
    """
    paths = None if upgrades_to is None else list(upgrades_to)
    if paths is not None and product.pk and product in paths:
        raise UnableToSaveCatalogue(
            _("A product cannot be upgraded to itself."), field="upgrades_to"
        )
    _save(product, actor)
    if paths is not None:
        _link(product, product.upgrades_to, "upgrades_to", paths, actor)


@transaction.atomic
def save_promotion(
    *, promotion: Promotion, actor: Actor, products: Iterable[Product] | None = None
) -> None:
    """
    Save a new or changed promotion, and the products that it is for if they are said.

    :raises UnableToSaveCatalogue: a field that cannot be, or other terms for a used one
    """
    promotion.code = promotion.code.strip()
    before = _before(promotion)
    terms = ("kind", "value", "currency_id", "lasting", "periods")
    moved = before and [name for name in terms if getattr(before, name) != getattr(promotion, name)]
    if moved and isinstance(before, Promotion) and before.uses:
        raise UnableToSaveCatalogue(
            _("This code has been used. End it, and make a new one with the new terms."),
            field=moved[0].removesuffix("_id"),
        )
    _save(promotion, actor)
    if products is not None:
        _link(promotion, promotion.products, "products", list(products), actor)


@transaction.atomic
def save_option(*, option: ConfigurableOption, actor: Actor) -> None:
    """
    Save a new or changed option of one product.

    :raises UnableToSaveCatalogue: a field that cannot be, or another key for a bought option
    """
    before = _before(option)
    if isinstance(before, ConfigurableOption) and _services_with(option):
        for name in ("key", "kind", "product_id"):
            if getattr(before, name) != getattr(option, name):
                raise UnableToSaveCatalogue(
                    _("Services have this option. Retire it, and make a new one."),
                    field=name.removesuffix("_id"),
                )
    _save(option, actor)


@transaction.atomic
def save_value(*, value: OptionValue, actor: Actor) -> None:
    """
    Save a new or changed value of an option.

    :raises UnableToSaveCatalogue: a field that cannot be, or no number where the module needs one
    """
    key = value.option.key
    if key in NUMERIC_KEYS and value.value != UNLIMITED:
        try:
            number = Decimal(value.value)
        except InvalidOperation:
            number = Decimal(-1)
        is_whole = number == number.to_integral_value()
        if not number.is_finite() or number < 0 or (key in WHOLE_KEYS and not is_whole):
            raise UnableToSaveCatalogue(
                _("Enter what one unit is to the mail module: a number, or “unlimited”."),
                field="value",
            )
    _save(value, actor)


@transaction.atomic
def retire_option(*, option: ConfigurableOption, actor: Actor) -> None:
    """Sell an option no more; services that have it keep it."""
    if option.retired_at is None:
        option.retired_at = timezone.now()
        _save(option, actor)


@transaction.atomic
def sell_option_again(*, option: ConfigurableOption, actor: Actor) -> None:
    """Take a retirement back."""
    option.retired_at = None
    _save(option, actor)


@transaction.atomic
def delete_option(*, option: ConfigurableOption, actor: Actor) -> None:
    """
    Delete an option that nobody has, with its values and prices.

    :raises UnableToRemoveOption: services have it
    """
    _check_unused(_services_with(option))
    _note_deletion(option, actor)
    option.delete()


@transaction.atomic
def delete_value(*, value: OptionValue, actor: Actor) -> None:
    """
    Delete a value that nobody has, with its prices.

    :raises UnableToRemoveOption: services have it
    """
    _check_unused(Selection.objects.filter(option_value=value).count())
    _note_deletion(value, actor)
    value.delete()


@transaction.atomic
def copy_product(*, product: Product, name: str, actor: Actor) -> Product:
    """
    Make a draft like this product, with options and prices of its own.

    Nothing is shared: a price or limit of one never moves the other.

    :raises UnableToSaveCatalogue: the name is taken
    """
    copy = _twin(product, name=name, status=Product.Status.DRAFT)
    save_product(product=copy, actor=actor, upgrades_to=product.upgrades_to.all())
    _copy_prices(product.prices.current(), product=copy)
    for option in product.options.filter(retired_at=None):
        own = _twin(option, product=copy)
        own.save()
        for value in option.values.all():
            twin = _twin(value, option=own)
            twin.save()
            _copy_prices(value.prices.current(), option_value=twin)
    return copy


def _copy_prices(prices: Iterable[Price], **owner: Product | OptionValue) -> None:
    Price.objects.bulk_create(_twin(price, **owner) for price in prices)


def _twin(row: Row, **changes: Any) -> Row:
    """Return an unsaved copy of a row."""
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    return type(row)(**({field.name: getattr(row, field.name) for field in fields} | changes))


def _save(row: Kept, actor: Actor) -> None:
    """Check and save one row, and say in the activity log what is different."""
    before = _facts(_before(row))
    try:
        row.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        name = "" if field == "__all__" else field
        raise UnableToSaveCatalogue(messages[0], field=name) from error
    row.save()
    after = _facts(_before(row))
    changed = [name for name, value in after.items() if before.get(name) != value]
    if not changed:
        return
    activity.record(
        action=f"{NOUNS[type(row)]}.{'changed' if before else 'added'}",
        subject=row,
        name=_name(row),
        client=None,
        actor=actor,
        before={name: before[name] for name in changed} if before else {},
        after={name: after[name] for name in changed},
    )


def _link(row: Kept, links: Any, name: str, wanted: list[Product], actor: Actor) -> None:
    """Set a list of products, and say so if it is another one."""
    before = sorted(links.values_list("name", flat=True))
    after = sorted(product.name for product in wanted)
    if before == after:
        return
    links.set(wanted)
    activity.record(
        action=f"{NOUNS[type(row)]}.changed",
        subject=row,
        name=_name(row),
        client=None,
        actor=actor,
        before={name: before},
        after={name: after},
    )


def _note_deletion(row: ConfigurableOption | OptionValue, actor: Actor) -> None:
    activity.record(
        action=f"{NOUNS[type(row)]}.deleted",
        subject=row,
        name=_name(row),
        client=None,
        actor=actor,
        before=_facts(row),
    )


def _before(row: Kept) -> Kept | None:
    """Return the row as it is stored."""
    return type(row).objects.filter(pk=row.pk).first() if row.pk else None


def _facts(row: Kept | None) -> dict[str, Any]:
    """Return a row's own columns in JSON's types."""
    if row is None:
        return {}
    return {
        field.name: _fact(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if not field.primary_key and field.name not in {"created_at", "updated_at"}
    }


def _fact(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str | list) else str(value)


def _name(row: Kept) -> str:
    return row.code if isinstance(row, Promotion) else row.name


def _services_with(option: ConfigurableOption) -> int:
    return Selection.objects.filter(option=option).count()


def _check_unused(services: int) -> None:
    if services:
        raise UnableToRemoveOption(
            ngettext(
                "%(count)d service has it. Retire it: then it is not sold any more.",
                "%(count)d services have it. Retire it: then it is not sold any more.",
                services,
            )
            % {"count": services}
        )
