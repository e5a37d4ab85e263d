"""Make a product from a few answers: a fixed bundle, a variable product or a hybrid."""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.models import Currency, Product, ProductGroup
from billing.operations import currencies, wizard
from billing.operations.wizard import Part, Plan, Recipe
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from core.errors import OperationError
from provisioning.models import Server

PARTS = {
    "basic": "Basic mailboxes",
    "enhanced": "Enhanced mailboxes",
    "extra_quota": "Extra quota",
}
KEYS = {
    "basic": "basic_mailboxes",
    "enhanced": "enhanced_mailboxes",
    "extra_quota": "extra_quota",
}
PART_HELP = (
    "as in included=5,quota=5,monthly=1.50,annually=15,least=1,most=500,step=1; quota is in GB for"
    " each mailbox, or for a unit of extra quota"
)


class Command(BaseCommand):
    """`manage.py product_wizard --strategy bundle --name Mail --price monthly=10 --basic …`."""

    help = (
        "Make a product with its own options and prices. At a terminal it asks for what is not"
        " said; --dry-run shows what a customer would see, and saves nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--strategy", choices=Product.Strategy.values)
        parser.add_argument("--name")
        parser.add_argument("--tagline", default="")
        parser.add_argument("--server", help="the server's name; needed where there are several")
        parser.add_argument("--group", help="the product group's name")
        parser.add_argument("--currency", help="the ISO code; else the base currency")
        parser.add_argument(
            "--price", action="append", metavar="CYCLE=AMOUNT", help="say it once for each cycle"
        )
        parser.add_argument("--setup-fee", default="0")
        for name, label in PARTS.items():
            option = name.replace("_", "-")
            parser.add_argument(f"--{option}", metavar="…", help=f"{label}, {PART_HELP}")
        parser.add_argument("--quota-pool", metavar="GB", help="one quota for all mailboxes")
        parser.add_argument("--mailbox-quota", metavar="GB", help="the largest mailbox")
        parser.add_argument("--aliases", type=int, help="else unlimited")
        parser.add_argument("--lists", type=int, help="distribution lists; else unlimited")
        parser.add_argument("--sample", default="", help="as in basic=5,enhanced=2,extra_quota=1")
        parser.add_argument("--on-sale", action="store_true", help="sell it at once, else a draft")
        parser.add_argument("--dry-run", action="store_true", help="show it and save nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        actor, today = Actor.system("product_wizard"), timezone.localdate()
        if sys.stdin.isatty():
            _ask_for_the_rest(options)
        for name in ("strategy", "name", "price"):
            if not options[name]:
                raise CommandError(f"Say --{name}, or start the wizard at a terminal.")
        try:
            plan = wizard.plan(recipe=_recipe(options), today=today)
            self.stdout.write("\n".join(_shown(plan)))
            if options["dry_run"] or not _is_confirmed():
                self.stdout.write("\nNothing was saved.")
                return
            product = wizard.create(plan=plan, actor=actor, today=today)
        except OperationError as error:
            raise CommandError(error.user_message) from error
        self.stdout.write(f"\n{product} is made: {product.get_status_display()}.")


def _recipe(options: dict[str, Any]) -> Recipe:
    return Recipe(
        strategy=Product.Strategy(options["strategy"]),
        name=options["name"],
        tagline=options["tagline"],
        server=_server(options["server"]),
        group=_group(options["group"]),
        currency=_currency(options["currency"]),
        prices={_cycle(name): _amount(text) for name, text in _pairs(",".join(options["price"]))},
        setup_fee=_amount(options["setup_fee"]),
        quota_pool_gb=_amount(options["quota_pool"]) if options["quota_pool"] else None,
        mailbox_quota_gb=_amount(options["mailbox_quota"]) if options["mailbox_quota"] else None,
        aliases=options["aliases"],
        distribution_lists=options["lists"],
        is_on_sale=options["on_sale"],
        sample={KEYS.get(name, name): _number(text) for name, text in _pairs(options["sample"])},
        basic=_part(options["basic"]),
        enhanced=_part(options["enhanced"]),
        extra_quota=_part(options["extra_quota"], quota="10"),
    )


def _part(text: str | None, *, quota: str = "") -> Part:
    said = dict(_pairs(text or ""))
    quota = said.pop("quota", quota)
    numbers = {
        key: _number(said.pop(key)) for key in ("included", "least", "most", "step") if key in said
    }
    return Part(
        **numbers,
        quota_gb=_amount(quota) if quota else None,
        prices={_cycle(cycle): _amount(amount) for cycle, amount in said.items()},
    )


def _pairs(text: str) -> list[tuple[str, str]]:
    """Read `a=1,b=2`."""
    pairs = [each.partition("=") for each in text.split(",") if each.strip()]
    for key, sign, value in pairs:
        if not sign or not value.strip():
            raise CommandError(f"“{key}” needs a value, as in {key.strip()}=5.")
    return [(key.strip(), value.strip()) for key, _sign, value in pairs]


def _cycle(text: str) -> Cycle:
    try:
        return Cycle(text)
    except ValueError as error:
        known = ", ".join(Cycle)
        raise CommandError(f"“{text}” is no billing cycle; there are {known}.") from error


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise CommandError(f"“{text}” is no number; write it as 12.50.") from error


def _number(text: str) -> int:
    if not text.isdigit():
        raise CommandError(f"“{text}” is no whole number.")
    return int(text)


def _server(name: str | None) -> Server:
    servers = Server.objects.filter(name=name) if name else Server.objects.filter(is_active=True)
    if len(servers) != 1:
        raise CommandError(f"{len(servers)} servers fit. Say which one with --server.")
    return servers[0]


def _group(name: str | None) -> ProductGroup | None:
    if not name:
        return None
    group = ProductGroup.objects.filter(name=name).first()
    if group is None:
        raise CommandError(f"There is no product group called {name}.")
    return group


def _currency(code: str | None) -> Currency:
    if not code:
        return currencies.base_currency()
    currency = Currency.objects.filter(code=code.upper()).first()
    if currency is None:
        raise CommandError(f"{code} is not sold in.")
    return currency


def _ask_for_the_rest(options: dict[str, Any]) -> None:
    """Ask for what was not said; an empty answer is the default."""
    if not options["strategy"]:
        known = ", ".join(f"{value} ({label})" for value, label in Product.Strategy.choices)
        options["strategy"] = _answer(
            f"How is it sold? {known}: ", Product.Strategy.values.__contains__
        )
    if not options["name"]:
        options["name"] = _answer("Name of the product: ", bool)
    if not options["price"]:
        options["price"] = [_answer("Its prices, such as monthly=10,annually=100: ", bool)]
        for name, label in PARTS.items():
            if options[name] is None:
                options[name] = input(f"{label} ({PART_HELP}); empty for none: ").strip()


def _answer(question: str, fits: Callable[[str], bool]) -> str:
    while True:
        text = input(question).strip()
        if fits(text):
            return text


def _is_confirmed() -> bool:
    """Ask at a terminal; whoever gave all answers on the command line has decided."""
    if not sys.stdin.isatty():
        return True
    return input("\nMake this product? [y/N] ").strip().lower() in {"y", "yes"}


def _shown(plan: Plan) -> list[str]:
    """Say what a customer sees."""
    product, code = plan.product, plan.recipe.currency.code
    lines = ["What the customer sees", "", f"  {product.name}"]
    lines += [f"  {product.tagline}"] if product.tagline else []
    for offer in plan.offers:
        if offer.price is None:
            continue
        setup = f" and {offer.price.setup_fee} {code} once" if offer.price.setup_fee else ""
        lines.append(f"  {offer.price.amount} {code} {offer.cycle}{setup}")
        for each in offer.visible:
            option = each.option
            price = each.values[0].price
            most = "" if option.maximum is None else f", up to {option.maximum}"
            least = f", at least {option.minimum}" if option.minimum else ""
            if price is not None:
                lines.append(f"    {option.name}: {price.amount} {code} each{least}{most}")
    for sample in plan.samples:
        quote = sample.quote
        lines += ["", f"A sample order, {sample.cycle}", ""]
        lines += [
            f"  {line.details.get('label', line.key):<36} {line.quantity:>4} at {line.unit:>9}"
            f" {line.amount:>10} {code}"
            for line in quote.lines
        ]
        lines.append(f"  {'Due today, without tax':<54} {quote.due_today:>10} {code}")
        if quote.next_due:
            lines.append(f"  {'Then each time':<54} {quote.next_recurring.gross:>10} {code}")
        limits = sample.entitlement
        lines.append(
            f"  May use: {_limit(limits.basic_mailboxes)} Basic and"
            f" {_limit(limits.enhanced_mailboxes)} Enhanced mailboxes,"
            f" {_limit(limits.quota_pool_gb)} GB together, {_limit(limits.aliases)} aliases,"
            f" {_limit(limits.distribution_lists)} distribution lists"
        )
    return lines


def _limit(number: Decimal | int | None) -> str:
    return (
        "unlimited"
        if number is None
        else f"{number:f}"
        if isinstance(number, Decimal)
        else str(number)
    )
