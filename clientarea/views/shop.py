"""Order New: the products, the domain, the options. Nothing is an order yet."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from operator import itemgetter
from typing import Any, cast

from allauth.decorators import rate_limit
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing import queries
from billing.models import BillingProfile, Currency, Price, Product
from billing.models.cycle import CYCLE_CHOICES
from billing.operations import ordering, promotions, wishes
from billing.operations.selections import UnableToChoose
from billing.operations.wishes import Preview
from billing.pricing.cycles import Cycle
from billing.queries.shop import mailbox_prices, per_month, products_with_options
from clientarea import carts
from clientarea.access import Route, may_order
from clientarea.carts import Cart
from clientarea.forms.orders import DomainForm, OptionsForm
from clientarea.http import ClientRequest, go_to, render_page
from clients.models import Client, Membership
from provisioning.operations.availability import Availability, availability_of

# Each check asks the vendor.
seldom: Callable[[Route], Route] = rate_limit(action="check_domain")


@require_safe
@may_order
def index(request: ClientRequest, seat: Membership | None) -> HttpResponse:
    """Show what is sold, at the prices of one billing cycle."""
    currency = wishes.payer_of(seat.client if seat else None).currency
    products = list(queries.products_on_sale())
    prices = queries.prices_of(products, currency)
    sold = {price.cycle for each in prices.values() for price in each}
    cycles = [cycle for cycle in Cycle if cycle.value in sold and cycle.is_recurring]
    wanted = request.GET.get("cycle", "")
    cycle = wanted if wanted in cycles else next(iter(cycles), "")
    context = {
        "shelves": _shelves(
            products,
            prices,
            cycle,
            products_with_options(products),
            mailbox_prices(products, currency, cycle),
        ),
        "cycles": [(each.value, dict(CYCLE_CHOICES)[each.value]) for each in cycles],
        "cycle": cycle,
        "currency": currency,
        "cart": Cart.of(request),
    }
    return render_page(request, "clientarea/orders/index.html", context)


def _shelves(
    products: list[Product],
    prices: dict[int, list[Price]],
    cycle: str,
    with_options: set[int],
    by_the_mailbox: dict[int, Decimal],
) -> list[dict[str, object]]:
    """Return the groups with their products; each at the cycle's price, or else at its first."""
    shelves: list[dict[str, object]] = []
    rows: list[dict[str, object]] = []
    name: str | None = None
    for product in products:
        offered = prices.get(product.pk)
        if not offered:
            continue
        if (product.group.name if product.group else "") != name:
            name, rows = product.group.name if product.group else "", []
            tagline = product.group.tagline if product.group else ""
            shelves.append({"name": name, "tagline": tagline, "rows": rows})
        price = next((each for each in offered if each.cycle == cycle), offered[0])
        rows.append(
            {
                "product": product,
                "price": price,
                "per_month": per_month(price),
                # What costs nothing by itself costs what its first mailbox does.
                "cheapest": None
                if price.amount or price.cycle != cycle
                else by_the_mailbox.get(product.pk),
                "has_options": product.pk in with_options,
                "rank": (product.position, price.amount, product.name),
            }
        )
    for shelf in shelves:
        shelf["rows"] = sorted(cast("list[dict[str, Any]]", shelf["rows"]), key=itemgetter("rank"))
    return shelves


@require_http_methods(["GET", "HEAD", "POST"])
@seldom
@may_order
def domain(request: ClientRequest, seat: Membership | None, product_id: int) -> HttpResponse:
    """Ask for the domain that the product is for, and whether it can be added."""
    product = _sold(product_id)
    client = seat.client if seat else None
    cart = Cart.of(request)
    form = DomainForm(
        request.POST or None,
        initial={"domain": cart.domain if cart and cart.product == product else ""},
    )
    if form.is_valid():
        if cart is None or cart.product != product:
            cart = Cart(product=product, domain="", cycle=Cycle.MONTHLY)
        currency = wishes.payer_of(client).currency
        sold = [price.cycle for price in _prices_of(product, currency)]
        cycle = next((each for each in (request.GET.get("cycle"), cart.cycle) if each in sold), "")
        name = _named(form)
        suggestion = _without_www(name) if not form.cleaned_data["as_typed"] else ""
        if suggestion:
            context = {"form": form, "product": product, "typed": name, "suggestion": suggestion}
            return render_page(request, "clientarea/orders/domain.html", context, status=422)
        if sold and name and _is_free(form, name, product, client):
            cart.but(domain=name, cycle=Cycle(cycle or sold[0])).keep(request)
            return go_to(request, reverse("clientarea:order-options"))
        if not sold:
            form.add_error(None, _("This product cannot be ordered at the moment."))
    status = 422 if form.errors else 200
    context = {"form": form, "product": product}
    return render_page(request, "clientarea/orders/domain.html", context, status=status)


def _sold(product_id: int) -> Product:
    products = Product.objects.select_related("server")
    product = products.filter(pk=product_id, status__in=wishes.FOR_SALE).first()
    if product is None:
        raise Http404(_("This product is not sold any more."))
    return product


def _named(form: DomainForm) -> str:
    """Return the domain as the wire spells it, or nothing where the form says why not."""
    try:
        return ordering.domain_of(form.cleaned_data["domain"])
    except ordering.UnableToPlaceService as error:
        form.refuse(error)
        return ""


def _without_www(name: str) -> str:
    """Return the name that is probably meant by one with www, or nothing."""
    bare = name.removeprefix("www.")
    if bare == name:
        return ""
    try:
        return ordering.domain_of(bare)
    except ordering.UnableToPlaceService:
        return ""


def _is_free(form: DomainForm, name: str, product: Product, client: Client | None) -> bool:
    """Tell whether the domain can be had; the form says why not, and of strangers' as little."""
    try:
        ordering.check_domain(domain=name, client=client)
    except ordering.ServedElsewhere:
        form.add_error("domain", cannot_be_ordered(name))
        return False
    except ordering.UnableToPlaceService as error:
        form.refuse(error)
        return False
    # Where the vendor does not answer in time, the set-up asks again.
    if availability_of(server=product.server, domain=name) is Availability.TAKEN:
        form.add_error("domain", cannot_be_ordered(name))
        return False
    return True


def cannot_be_ordered(name: str) -> str:
    """Return the same words for every domain in use, so that nobody learns who is a customer."""
    return _(
        "%(domain)s cannot be ordered here. If it is yours, log in to the account that has it, "
        "or write to us."
    ) % {"domain": name}


def _prices_of(product: Product, currency: Currency) -> list[Price]:
    return queries.prices_of([product], currency).get(product.pk, [])


@require_http_methods(["GET", "HEAD", "POST"])
@may_order
def options(request: ClientRequest, seat: Membership | None) -> HttpResponse:
    """
    Show what can be chosen with the product, and what it comes to; or go on with what was chosen.

    A GET with fields shows them without keeping anything: so the summary follows what is typed.
    Without scripts a button that says `update` does the same.
    """
    cart = Cart.of(request)
    if cart is None:
        return _start_again(request)
    payer = wishes.payer_of(seat.client if seat else None)
    currency = payer.currency
    prices = _prices_of(cart.product, currency)
    cycles = [price.cycle for price in prices]
    asked = request.POST or request.GET
    cycle = _cycle_of(asked, cycles) or (cart.cycle if cart.cycle in cycles else None)
    if cycle is None:
        return _start_again(request)
    offer = queries.offer_of(product=cart.product, cycle=cycle, currency=currency)
    form = OptionsForm(
        asked or None,
        offer=offer,
        cycles=cycles,
        prices=prices,
        choices=cart.choices if not asked else {},
    )
    chosen = cart.but(cycle=cycle)
    if asked and form.is_valid():
        chosen = chosen.but(choices=form.choices)
    shown = _shown(chosen, payer, form)
    goes_on = request.method == "POST" and "update" not in request.POST
    if goes_on and shown is not None and form.is_valid():
        chosen.keep(request)
        return go_to(request, reverse("clientarea:order-review"))
    context = {"form": form, "cart": chosen, "currency": currency, "shown": shown}
    status = 422 if goes_on else 200
    return render_page(request, "clientarea/orders/options.html", context, status=status)


def _cycle_of(asked: QueryDict, cycles: list[str]) -> Cycle | None:
    wanted = asked.get("cycle", "")
    return Cycle(wanted) if wanted in cycles else None


def _shown(cart: Cart, payer: BillingProfile, form: OptionsForm) -> Preview | None:
    """Return what it comes to, or nothing where the form says what does not fit."""
    if form.is_bound and form.errors:
        return None
    try:
        return wishes.preview(
            wish=cart.wish(), payer=payer, on=timezone.localdate(), offered=form.offer
        )
    except promotions.UnableToUsePromotion:
        # The review says why the code does not count with these choices.
        return _shown(cart.but(code=""), payer, form)
    except UnableToChoose as error:
        if form.is_bound:
            form.refuse(error)
            return None
        return _shown(cart.but(choices={}), payer, form) if cart.choices else None


def _start_again(request: ClientRequest) -> HttpResponse:
    carts.empty(request)
    messages.info(request, _("Your order is empty. Choose a product first."))
    return go_to(request, reverse("clientarea:order-new"))
