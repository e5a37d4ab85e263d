"""Upgrade/Downgrade: another product or other options, with what that costs to the cent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import queries
from billing.models import Currency, Invoice, Price, Product, Quote, Service, Upgrade
from billing.operations import profiles, quotes, upgrade_guards, upgrades
from billing.operations.change_quotes import PricedChange
from billing.operations.selections import UnableToChoose
from billing.operations.upgrades import Change, Shelf, UnableToChange
from billing.pricing.cycles import Cycle
from clientarea.access import client_service
from clientarea.forms.lists import number_in
from clientarea.forms.upgrades import ChangeForm
from clientarea.gates import open_while
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.standing import Standing
from clients.models import Permission
from core.errors import OperationError
from core.money import ZERO
from provisioning.queries import usage_of

# Why nothing at all can be changed.
NOT_NOW = {
    upgrade_guards.NOT_ACTIVE,
    upgrade_guards.UNVERIFIED,
    upgrade_guards.ENDING,
    upgrade_guards.CHANGE_OPEN,
    upgrade_guards.UNPAID,
}
# Sent along with the fields where they are to be shown with their price, and nothing saved.
PREVIEW = "preview"


@require_safe
@client_service(permission=Permission.MANAGE_PRODUCTS)
@open_while(Standing.OPEN)
def index(request: ClientRequest, service: Service) -> HttpResponse:
    """Show the products that this service can become, at the prices of each billing cycle."""
    currency = _currency(service)
    products = [service.product, *upgrade_guards.targets_of(service)]
    prices = queries.prices_of(products, currency)
    plans = [
        {
            "product": product,
            "prices": prices.get(product.pk, []),
            "is_current": product == service.product,
        }
        for product in sorted(products, key=lambda each: _rank(each, prices))
        if product == service.product or product.pk in prices
    ]
    context = {"plans": plans, "currency": currency, **_standing(request, service)}
    return render_page(request, "clientarea/upgrades/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_PRODUCTS)
@open_while(Standing.OPEN)
def options(request: ClientRequest, service: Service) -> HttpResponse:
    """
    Show the options to adjust, with their price as they are typed; go on with what was chosen.

    The address may name another product and cycle: their options are shown then.
    """
    asked = request.POST or request.GET
    product, cycle = _target(service, asked)
    shelf = upgrades.shelf_of(
        service=service, product=product, cycle=cycle, on=timezone.localdate()
    )
    is_filled = request.method == "POST" or PREVIEW in request.GET
    form = ChangeForm(
        asked if is_filled else None, offer=shelf.offer, held=shelf.held, is_same=shelf.is_same
    )
    shown, refusal = _shown(service, form, shelf)
    if refusal is not None and refusal.code in NOT_NOW:
        standing = _standing(request, service)
        status = 409 if request.method == "POST" else 200
        return render_page(request, "clientarea/upgrades/refused.html", standing, status=status)
    if request.method == "POST" and shown is not None:
        change = Change(product, cycle, form.choices)
        quote = upgrades.offer(shown=shown, change=change, user=request.user, now=timezone.now())
        return go_to(request, _review_url(service, quote))
    rows = form.rows_with(usage_of(service.mail_domain))
    context = {
        "form": form,
        "rows": rows,
        "is_fixed": shelf.is_same and not (rows and product.has_option_changes),
        "product": product,
        "cycle": cycle,
        "currency": shelf.offer.currency,
        "shown": shown,
        "problem": refusal,
        "is_same": shelf.is_same,
    }
    status = 422 if request.method == "POST" else 200
    return render_page(request, "clientarea/upgrades/options.html", context, status=status)


def _shown(
    service: Service, form: ChangeForm, shelf: Shelf
) -> tuple[PricedChange | None, UnableToChange | None]:
    """Return what the fields come to, or why they come to nothing; the form says the rest."""
    product, cycle, today = shelf.offer.product, shelf.offer.cycle, timezone.localdate()
    try:
        if form.is_bound and not form.is_valid():
            upgrade_guards.check_service(service, on=today)
            return None, None
        if not form.is_bound and shelf.is_same:
            # What is had costs nothing: there is no need to work that out.
            upgrade_guards.check_service(service, on=today)
            upgrade_guards.check_target(service, product)
            return None, UnableToChange("", code=upgrade_guards.NOTHING)
        change = Change(product, cycle, form.choices if form.is_bound else form.start)
        return upgrades.preview(service=service, change=change, on=today, shelf=shelf), None
    except UnableToChange as refusal:
        return None, refusal
    except UnableToChoose as refusal:
        if form.is_bound:
            form.refuse(refusal)
            return None, None
        return None, UnableToChange(refusal.user_message)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_PRODUCTS)
@open_while(Standing.OPEN)
def review(request: ClientRequest, service: Service) -> HttpResponse:
    """Show what changes, what it costs today and from then on; confirm exactly that, once."""
    try:
        quote = quotes.find_quote(
            quote_id=(request.POST or request.GET).get("quote", ""),
            purpose=Quote.Purpose.CHANGE,
            service=service,
        )
        done = Upgrade.objects.filter(quote=quote).first()
        if done is not None:
            return _ordered(request, service, done)
        if request.method == "POST":
            done = upgrades.confirm(
                quote_id=quote.pk,
                service=service,
                actor=request.actor,
                on=timezone.localdate(),
                now=timezone.now(),
            )
            return _ordered(request, service, done)
        change = Change.from_inputs(quote.inputs)
        shown = upgrades.preview(service=service, change=change, on=timezone.localdate())
    except quotes.QuoteVoid as void:
        return _offer_again(request, service, void)
    except OperationError as refusal:
        return _start_again(request, service, refusal)
    if shown.priced.fingerprint != quote.fingerprint or quote.expires_at <= timezone.now():
        fresh = upgrades.offer(shown=shown, change=change, user=request.user, now=timezone.now())
        if shown.priced.fingerprint != quote.fingerprint:
            messages.warning(
                request, _("Something has changed in the meantime. Look at the new amounts below.")
            )
        return go_to(request, _review_url(service, fresh))
    context = {"shown": shown, "currency": shown.currency, "quote": quote, "change": change}
    return render_page(request, "clientarea/upgrades/review.html", context)


def _offer_again(request: ClientRequest, service: Service, void: quotes.QuoteVoid) -> HttpResponse:
    """Show the same change with what it comes to now, where that can be said."""
    messages.warning(request, void.user_message)
    try:
        quote = quotes.find_quote(
            quote_id=request.POST.get("quote", ""), purpose=Quote.Purpose.CHANGE, service=service
        )
        change = Change.from_inputs(quote.inputs)
        shown = upgrades.preview(service=service, change=change, on=timezone.localdate())
    except OperationError:
        return go_to(request, _index_url(service))
    fresh = upgrades.offer(shown=shown, change=change, user=request.user, now=timezone.now())
    return go_to(request, _review_url(service, fresh))


def _start_again(request: ClientRequest, service: Service, refusal: OperationError) -> HttpResponse:
    messages.error(request, refusal.user_message)
    for problem in getattr(refusal, "in_the_way", ()):
        messages.error(request, problem.sentence)
    return go_to(request, _index_url(service))


def _ordered(request: ClientRequest, service: Service, upgrade: Upgrade) -> HttpResponse:
    """Say what comes next, and go where it happens."""
    if upgrade.status == Upgrade.Status.AWAITING_PAYMENT:
        messages.info(request, _("The change is made as soon as its invoice is paid."))
        invoice = Invoice.objects.open().filter(items__upgrade=upgrade).first()
        if invoice is not None and request.grants.allows(Permission.INVOICES):
            ids = {"invoice_id": invoice.pk}
            return go_to(request, reverse("clientarea:invoice", kwargs=ids))
    elif upgrade.status == Upgrade.Status.SCHEDULED:
        messages.success(request, _("The change is made when the next period begins."))
    elif upgrade.status == Upgrade.Status.APPLIED:
        messages.success(request, _("%(domain)s is changed.") % {"domain": service.domain})
    elif upgrade.status == Upgrade.Status.APPLYING:
        messages.success(request, _("%(domain)s is being changed.") % {"domain": service.domain})
    return go_to(request, _index_url(service))


@require_POST
@client_service(permission=Permission.MANAGE_PRODUCTS)
def withdraw(request: ClientRequest, service: Service) -> HttpResponse:
    """Take back the change that waits for its payment or its day."""
    waiting = upgrades.open_change_of(service)
    if waiting is None:
        messages.info(request, _("No change of this service is under way."))
        return go_to(request, _index_url(service))
    try:
        upgrades.withdraw(upgrade=waiting, actor=request.actor, on=timezone.localdate())
    except OperationError as refusal:
        messages.error(request, refusal.user_message)
    else:
        messages.success(request, _("The change is withdrawn. Everything stays as it is."))
    return go_to(request, _index_url(service))


def _standing(request: ClientRequest, service: Service) -> dict[str, object]:
    """Return what is under way, and why nothing else can be changed now."""
    waiting = upgrades.open_change_of(service)
    refusal = ""
    try:
        upgrade_guards.check_service(
            service, on=timezone.localdate(), has_open_change=waiting is not None
        )
    except UnableToChange as error:
        refusal = error.user_message
    invoice = None
    if waiting is not None and waiting.status == Upgrade.Status.AWAITING_PAYMENT:
        invoices = Invoice.objects.open().select_related("currency")
        invoice = invoices.filter(items__upgrade=waiting).first()
    return {
        "waiting": waiting,
        "waiting_invoice": invoice,
        "can_see_invoices": request.grants.allows(Permission.INVOICES),
        "refusal": refusal,
    }


def _target(service: Service, asked: QueryDict) -> tuple[Product, Cycle]:
    """Return the product and the cycle that the address names; else those that are had."""
    product_id = number_in(asked.get("product", "")) or service.product_id
    product = service.product
    if product_id != service.product_id:
        found = upgrade_guards.targets_of(service).filter(pk=product_id).first()
        if found is None:
            raise Http404
        product = found
    cycle = asked.get("cycle", "") or service.cycle
    if cycle not in {each.value for each in Cycle}:
        raise Http404
    return product, Cycle(cycle)


def _rank(product: Product, prices: Mapping[int, list[Price]]) -> tuple[int, Decimal, str]:
    """Return where a product stands among others: as staff say, then from the cheapest up."""
    first = next(iter(prices.get(product.pk, ())), None)
    return product.position, first.amount if first else ZERO, product.name


def _currency(service: Service) -> Currency:
    return service.currency or profiles.profile_of(service.client).currency


def _index_url(service: Service) -> str:
    return reverse("clientarea:upgrade", kwargs={"service_id": service.pk})


def _review_url(service: Service, quote: Quote) -> str:
    url = reverse("clientarea:upgrade-review", kwargs={"service_id": service.pk})
    return f"{url}?quote={quote.pk}"
