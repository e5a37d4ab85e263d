"""Makers of what is sold and billed: currencies, prices, options, services that are paid for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from billing.models import (
    ConfigurableOption,
    Currency,
    OptionValue,
    Price,
    Product,
    Service,
)
from billing.operations import currencies, selections
from billing.pricing.cycles import Cycle
from core import money
from tests.makers import make_product, make_service

Amount = Decimal | str | int


def make_currency(code: str = "USD", **fields: Any) -> Currency:
    """Return a currency; the first one asked for without a code is the base currency."""
    if code == "USD":
        return currencies.base_currency()
    unit = money.currency(code)
    currency, _ = Currency.objects.get_or_create(
        code=code, defaults={"digits": unit.digits} | fields
    )
    return currency


def make_price(
    thing: Product | OptionValue,
    amount: Amount,
    *,
    cycle: Cycle = Cycle.MONTHLY,
    currency: Currency | None = None,
    setup_fee: Amount = 0,
) -> Price:
    """Return the price that a product or a value is sold at for a cycle."""
    return Price.objects.create(
        product=thing if isinstance(thing, Product) else None,
        option_value=thing if isinstance(thing, OptionValue) else None,
        currency=currency or make_currency(),
        cycle=cycle,
        amount=Decimal(amount),
        setup_fee=Decimal(setup_fee),
    )


def make_option(
    product: Product,
    key: str = ConfigurableOption.Key.ENHANCED_MAILBOXES,
    amount: Amount | None = None,
    *,
    cycle: Cycle = Cycle.MONTHLY,
    currency: Currency | None = None,
    values: Mapping[str, Amount] | None = None,
    **fields: Any,
) -> ConfigurableOption:
    """
    Return an option of the product.

    `amount` is what a unit of its one value costs; `values` are several, by their names.
    """
    label = key.replace("_", " ").capitalize()
    option = ConfigurableOption.objects.create(product=product, key=key, name=label, **fields)
    priced: Mapping[str, Amount | None] = values or {label: amount}
    for position, (name, price) in enumerate(priced.items()):
        value = OptionValue.objects.create(option=option, name=name, position=position)
        if price is not None:
            make_price(value, price, cycle=cycle, currency=currency)
    return option


def make_priced_product(
    amount: Amount = "10.00",
    *,
    cycle: Cycle = Cycle.MONTHLY,
    currency: Currency | None = None,
    setup_fee: Amount = 0,
    options: Mapping[str, Amount] | None = None,
    **fields: Any,
) -> Product:
    """
    Return a product that is for sale; `options` are quantities by key, with what a unit costs.

    A product with options includes no mailboxes unless the fields say so.
    """
    defaults: dict[str, Any] = {"basic_mailboxes": 0, "enhanced_mailboxes": 0} if options else {}
    product = make_product(**(defaults | fields))
    make_price(product, amount, cycle=cycle, currency=currency, setup_fee=setup_fee)
    for position, (key, price) in enumerate((options or {}).items()):
        make_option(product, key, price, cycle=cycle, currency=currency, position=position)
    return product


def make_billed_service(
    *,
    price: Amount = "10.00",
    cycle: Cycle = Cycle.MONTHLY,
    next_due: date | None = None,
    anchor_day: int | None = None,
    product: Product | None = None,
    choices: Mapping[str, int] | None = None,
    currency: Currency | None = None,
    **fields: Any,
) -> Service:
    """
    Return a service that is paid for up to `next_due`, with its selections.

    Without a product it is one that costs `price`; `choices` are units by option key. Further
    fields are those of `make_service`.
    """
    currency = currency or make_currency()
    product = product or make_priced_product(price, cycle=cycle, currency=currency)
    chosen = selections.choose(product=product, cycle=cycle, currency=currency, choices=choices)
    service = make_service(
        product=product, entitlement=selections.entitlement_of(product, chosen), **fields
    )
    due = next_due or service.registration_date + timedelta(days=15)
    service.currency, service.cycle = currency, cycle
    if cycle.is_recurring:
        service.anchor_day = anchor_day or due.day
        service.next_due_date = service.next_invoice_date = due
    service.first_payment_amount = selections.amount_of(chosen, currency)
    service.save()
    selections.save_selections(service=service, chosen=chosen)
    return service
