"""What the demo sells, in each way that mailboxes can be sold, and what its services pay."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from billing.models import CancellationRequest, Product, ProductGroup, Service
from billing.operations import (
    agreements,
    cancellation,
    catalogue,
    currencies,
    price_changes,
    renewals,
    suspension,
    wizard,
)
from billing.operations.price_changes import NewPrice
from billing.operations.wizard import Part, Recipe
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from polarismail.demo import cast
from provisioning.models import Server

Strategy = Product.Strategy
Timing = CancellationRequest.Timing
FEATURED, BY_THE_PIECE = "Email plans", "Email by the mailbox"


def stock(server: Server, *, actor: Actor, today: date) -> dict[str, Product]:
    """Make what is missing of the products, on two shelves; return them by name."""
    plans = _group(FEATURED, "email-plans", "One price for everything.", actor)
    pieces = _group(BY_THE_PIECE, "by-the-mailbox", "Pay for what you use.", actor)
    recipes = [
        *(_bundle(plan, server, plans) for plan in cast.PLANS if plan.basic is not None),
        *_hybrids(server, plans),
        *_variables(server, pieces),
    ]
    for recipe in recipes:
        if not Product.objects.filter(name=recipe.name).exists():
            planned = wizard.plan(recipe=recipe, today=today)
            wizard.create(plan=planned, actor=actor, today=today)
    for plan in cast.PLANS:
        if plan.basic is None:
            _add_unlimited(plan, server, plans, actor, today)
    products = {product.name: product for product in Product.objects.all()}
    for path in (("Starter", "Business", "Unlimited"), ("Team", "Agency")):
        for name in path:
            others = [products[other] for other in path if other != name]
            catalogue.save_product(product=products[name], actor=actor, upgrades_to=others)
    return products


def bill(domain: cast.Domain, service: Service, *, actor: Actor, today: date) -> None:
    """Let a service that was set up for the demo cost what its product costs."""
    if service.selections.exists():
        return
    agreements.bill_service(
        service=service,
        cycle=Cycle.ANNUALLY if domain.is_yearly else Cycle.MONTHLY,
        next_due=today + timedelta(days=domain.due_in_days),
        actor=actor,
    )


def suspend_for_debt(service: Service, *, actor: Actor, today: date) -> None:
    """Invoice what is late, as it would have been, and have the service suspended for it."""
    due = service.next_invoice_date
    if due is not None and due < today:
        renewals.invoice_next_period(
            service_ids=[service.pk],
            due=renewals.due_for_invoice(today=due, days=0),
            today=due,
            actor=actor,
        )
    suspension.suspend_overdue(service_ids=[service.pk], today=today, days=7, actor=actor)


def cancel(domain: cast.Domain, service: Service, *, actor: Actor, today: date) -> None:
    """Have the service end with its period, or at once, unless that was asked for before."""
    if service.cancellations.exists():
        return
    is_leaving = domain.stage is cast.Stage.LEAVING
    cancellation.request_cancellation(
        service=service,
        timing=Timing.END_OF_PERIOD if is_leaving else Timing.IMMEDIATE,
        reason="We put all our mail under one name." if is_leaving else "The shop has closed.",
        actor=actor,
        on=today,
    )


def _prices(monthly: str, annually: str) -> dict[Cycle, Decimal]:
    return {Cycle.MONTHLY: Decimal(monthly), Cycle.ANNUALLY: Decimal(annually)}


BASIC = _prices("1.50", "15.00")
ENHANCED = _prices("3.00", "30.00")
EXTRA = Part(prices=_prices("2.00", "20.00"), quota_gb=Decimal(10), most=100)
PLAN_PRICES = {
    "Starter": _prices("4.00", "40.00"),
    "Business": _prices("25.00", "250.00"),
    "Unlimited": _prices("90.00", "900.00"),
}


def _bundle(plan: cast.Plan, server: Server, group: ProductGroup) -> Recipe:
    return Recipe(
        strategy=Strategy.BUNDLE,
        name=plan.name,
        tagline=plan.description,
        server=server,
        group=group,
        currency=currencies.base_currency(),
        prices=PLAN_PRICES[plan.name],
        basic=Part(included=plan.basic or 0),
        enhanced=Part(included=plan.enhanced or 0),
        quota_pool_gb=_gigabytes(plan.pool_gb),
        mailbox_quota_gb=_gigabytes(plan.mailbox_gb),
        aliases=plan.aliases,
        distribution_lists=plan.lists,
        is_on_sale=True,
    )


def _hybrids(server: Server, group: ProductGroup) -> list[Recipe]:
    def hybrid(name: str, tagline: str, *, basic: int, enhanced: int, monthly: str) -> Recipe:
        return Recipe(
            strategy=Strategy.HYBRID,
            name=name,
            tagline=tagline,
            server=server,
            group=group,
            currency=currencies.base_currency(),
            prices=_prices(monthly, str(Decimal(monthly) * 10)),
            basic=Part(included=basic, prices=BASIC, quota_gb=Decimal(5), most=500),
            enhanced=Part(included=enhanced, prices=ENHANCED, quota_gb=Decimal(25), most=500),
            extra_quota=EXTRA,
            mailbox_quota_gb=Decimal(50),
            is_on_sale=True,
        )

    return [
        hybrid("Team", "Five mailboxes, and more by the piece.", basic=5, enhanced=0, monthly="7"),
        hybrid(
            "Agency", "Twenty-five mailboxes to begin with.", basic=20, enhanced=5, monthly="38"
        ),
    ]


def _variables(server: Server, group: ProductGroup) -> list[Recipe]:
    def variable(name: str, tagline: str, *, gigabytes: int, setup_fee: str) -> Recipe:
        return Recipe(
            strategy=Strategy.VARIABLE,
            name=name,
            tagline=tagline,
            server=server,
            group=group,
            currency=currencies.base_currency(),
            prices=_prices("0.00", "0.00"),
            setup_fee=Decimal(setup_fee),
            basic=Part(prices=BASIC, quota_gb=Decimal(gigabytes), least=1, most=500),
            enhanced=Part(prices=ENHANCED, quota_gb=Decimal(gigabytes * 5), most=500),
            extra_quota=EXTRA,
            is_on_sale=True,
        )

    return [
        variable("Flex", "As many mailboxes as you need.", gigabytes=5, setup_fee="0.00"),
        variable("Flex Plus", "With twice the room.", gigabytes=10, setup_fee="10.00"),
    ]


@transaction.atomic
def _add_unlimited(
    plan: cast.Plan, server: Server, group: ProductGroup, actor: Actor, today: date
) -> None:
    """The wizard counts mailboxes; what has no limit is made by hand."""
    if Product.objects.filter(name=plan.name).exists():
        return
    product = Product(
        name=plan.name,
        tagline=plan.description,
        server=server,
        group=group,
        mailbox_quota_gb=_gigabytes(plan.mailbox_gb),
        has_option_changes=False,
    )
    catalogue.save_product(product=product, actor=actor)
    for cycle, amount in PLAN_PRICES[plan.name].items():
        new = NewPrice(
            thing=product, currency=currencies.base_currency(), cycle=cycle, amount=amount
        )
        price_changes.set_price(new=new, actor=actor, today=today)


def _group(name: str, slug: str, tagline: str, actor: Actor) -> ProductGroup:
    group = ProductGroup.objects.filter(slug=slug).first()
    if group is None:
        group = ProductGroup(name=name, slug=slug, tagline=tagline)
        catalogue.save_group(group=group, actor=actor)
    return group


def _gigabytes(number: int | None) -> Decimal | None:
    return None if number is None else Decimal(number)
