"""The end of an order: look it over, say who one is, place it, and what comes next."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.utils import perform_login
from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import BillingProfile, BillingSettings, Invoice, Order, Service
from billing.operations import ordering, orders, promotions, wishes
from billing.operations.promotions import UnableToUsePromotion
from billing.operations.selections import UnableToChoose
from billing.operations.wishes import Preview
from clientarea import carts
from clientarea.access import Route, client_member, may_order
from clientarea.carts import Cart
from clientarea.forms.lists import OrderQuery, number_in
from clientarea.forms.orders import CodeForm, PlaceForm, SignUpForm
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.paging import SIZES, page_of
from clientarea.seats import seat_at, seats_of, take
from clientarea.standing import standing_of
from clientarea.views.shop import cannot_be_ordered
from clients.models import Client, Membership, Permission
from clients.operations import sign_up
from core.errors import OperationError

# Each account that is made sends an email to an address of somebody's choice.
seldom: Callable[[Route], Route] = rate_limit(action="signup")
# Codes are not to be guessed.
guessing: Callable[[Route], Route] = rate_limit(action="promotion_code")


@require_safe
@may_order
def review(request: ClientRequest, seat: Membership | None) -> HttpResponse:
    """Show all lines of the order, and what is due today; a client can place it from here."""
    return _review(request, seat)


def _review(
    request: ClientRequest,
    seat: Membership | None,
    *,
    form: PlaceForm | None = None,
    code_form: CodeForm | None = None,
) -> HttpResponse:
    cart = Cart.of(request)
    if cart is None:
        return _start_again(request)
    payer = wishes.payer_of(seat.client if seat else None)
    try:
        shown = _shown(request, cart, payer)
    except UnableToChoose as error:
        messages.warning(request, error.user_message)
        return go_to(request, reverse("clientarea:order-options"))
    quote = None
    if seat is not None:
        quote = wishes.offer(shown=shown, client=seat.client, user=request.user, now=timezone.now())
        form = form or PlaceForm()
        form.initial["quote"] = quote.pk
    context = {
        "cart": cart,
        "shown": shown,
        "currency": shown.currency,
        "client": seat.client if seat else None,
        "quote": quote,
        "form": form,
        "code_form": code_form or CodeForm(initial={"code": cart.code}),
        "orderable": [each for each in seats_of(request) if each.allows(Permission.ORDERS)],
        "due_date": shown.due_date,
        "terms_url": settings.TERMS_URL,
    }
    status = 422 if (form and form.errors) or (code_form and code_form.errors) else 200
    return render_page(request, "clientarea/orders/review.html", context, status=status)


def _shown(request: ClientRequest, cart: Cart, payer: BillingProfile) -> Preview:
    """Return what the cart comes to; a code that does not count any more is taken off."""
    today = timezone.localdate()
    try:
        return wishes.preview(wish=cart.wish(), payer=payer, on=today)
    except UnableToUsePromotion as error:
        messages.warning(request, error.user_message)
        without = cart.but(code="")
        without.keep(request)
        return wishes.preview(wish=without.wish(), payer=payer, on=today)


@require_POST
@guessing
@may_order
def code(request: ClientRequest, seat: Membership | None) -> HttpResponse:
    """Apply a promotion code, or take it off."""
    cart = Cart.of(request)
    if cart is None:
        return _start_again(request)
    form = CodeForm(request.POST)
    if form.is_valid():
        wanted = form.cleaned_data["code"].strip()
        payer = wishes.payer_of(seat.client if seat else None)
        try:
            if wanted:
                promotions.valid_promotion(
                    code=wanted,
                    product=cart.product,
                    cycle=cart.cycle,
                    currency=payer.currency,
                    client=seat.client if seat else None,
                    on=timezone.localdate(),
                )
        except UnableToUsePromotion as error:
            form.add_error("code", error.user_message)
        else:
            cart.but(code=wanted).keep(request)
            return go_to(request, reverse("clientarea:order-review"))
    return _review(request, seat, code_form=form)


@require_POST
@may_order
def client(request: ClientRequest, seat: Membership | None) -> HttpResponse:
    """Order for another of one's clients."""
    chosen = seat_at(request, number_in(request.POST.get("client", "")) or 0)
    if seat is not None and (chosen is None or not chosen.allows(Permission.ORDERS)):
        raise Http404
    if chosen is not None:
        take(request, chosen)
    return go_to(request, reverse("clientarea:order-review"))


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@seldom
@may_order
def account(request: ClientRequest, seat: Membership | None) -> HttpResponse:
    """Let a visitor make an account, or log in; both come back to the same order."""
    if seat is not None:
        return go_to(request, reverse("clientarea:order-review"))
    if Cart.of(request) is None:
        return _start_again(request)
    form = SignUpForm(request.POST or None)
    if form.is_valid():
        try:
            made = sign_up.sign_up(
                details=form.to_details(),
                password=form.cleaned_data["password"],
                ip_address=get_adapter(request).get_client_ip(request),
            )
        except sign_up.UnableToSignUp as error:
            form.add_error(None, error.user_message)
        else:
            return _first_visit(request, made)
    context = {"form": form, "next": reverse("clientarea:order-review")}
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/orders/account.html", context, status=status)


def _first_visit(request: ClientRequest, made: Client) -> HttpResponse:
    """Log the new owner in; that the address is theirs they prove by the link we send."""
    user = made.memberships.select_related("user").get(is_owner=True).user
    address = EmailAddress.objects.create(user=user, email=user.email, primary=True)
    address.send_confirmation(request)
    messages.success(request, _("Your account is ready. Look your order over once more."))
    answer: HttpResponse = perform_login(
        request,
        user,
        email_verification="none",
        redirect_url=reverse("clientarea:order-review"),
    )
    return answer


@require_POST
@may_order
def place(request: ClientRequest, seat: Membership | None) -> HttpResponse:
    """Place the order that was shown, once; where something has moved, show the new one."""
    if seat is None:
        return go_to(request, reverse("clientarea:order-account"))
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return _review(request, seat, form=form)
    try:
        order = ordering.place_order(
            quote_id=form.cleaned_data["quote"],
            client=seat.client,
            actor=request.actor,
            on=timezone.localdate(),
            now=timezone.now(),
        )
    except OperationError as refusal:
        return _not_placed(request, seat, form, refusal)
    return _placed(request, seat, order)


def _not_placed(
    request: ClientRequest, seat: Membership, form: PlaceForm, refusal: OperationError
) -> HttpResponse:
    """Go to where it can be put right; what was placed by the same offer is shown instead."""
    placed = Order.objects.filter(quote=form.cleaned_data["quote"], client=seat.client).first()
    if placed is not None:
        return _placed(request, seat, placed)
    cart = Cart.of(request)
    if isinstance(refusal, ordering.ServedElsewhere) and cart is not None:
        messages.warning(request, cannot_be_ordered(cart.domain))
    else:
        messages.warning(request, refusal.user_message)
    if refusal.field == "domain" and cart is not None:
        ids = {"product_id": cart.product.pk}
        return go_to(request, reverse("clientarea:order-domain", kwargs=ids))
    page = "order-options" if isinstance(refusal, UnableToChoose) else "order-review"
    return go_to(request, reverse(f"clientarea:{page}"))


def _placed(request: ClientRequest, seat: Membership, order: Order) -> HttpResponse:
    carts.empty(request)
    take(request, seat)
    return go_to(request, reverse("clientarea:order", kwargs={"order_id": order.pk}))


@require_safe
@client_member(permission=Permission.ORDERS)
def index(request: ClientRequest, seat: Membership) -> HttpResponse:
    """List the orders of the client this user acts for, the newest first."""
    query = OrderQuery.read(request.GET)
    found = Order.objects.filter(client=seat.client).select_related("currency")
    if query.search:
        found = found.filter(Q(domain__icontains=query.search) | Q(number=query.search))
    context = {
        "query": query,
        "page": page_of(found.order_by("-pk"), number=query.page, size=query.size),
        "sizes": SIZES,
    }
    return render_page(request, "clientarea/orders/list.html", context)


@require_safe
@client_member(permission=Permission.ORDERS)
def show(request: ClientRequest, seat: Membership, order_id: int) -> HttpResponse:
    """Show an order: what was ordered, what is to be paid, and what comes next."""
    order = _order_of(seat, order_id)
    invoices = Invoice.objects.published().select_related("currency")
    invoice = invoices.filter(items__service=order.service).order_by("pk").first()
    context = {
        "order": order,
        "invoice": invoice,
        "is_taxed": order.total != sum(Decimal(item["amount"]) for item in order.items),
        "standing": standing_of(order.service),
        "can_see_invoices": seat.allows(Permission.INVOICES),
        "is_cancellable": _is_cancellable(order),
        "can_see_service": seat.allows(Permission.PRODUCTS),
        "instructions": BillingSettings.current().payment_instructions,
    }
    return render_page(request, "clientarea/orders/show.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@client_member(permission=Permission.ORDERS)
def cancel(request: ClientRequest, seat: Membership, order_id: int) -> HttpResponse:
    """Ask, then cancel an order that nobody has paid."""
    order = _order_of(seat, order_id)
    shown = reverse("clientarea:order", kwargs={"order_id": order.pk})
    if not _is_cancellable(order):
        messages.warning(request, _("This order cannot be cancelled any more."))
        return go_to(request, shown)
    if request.method != "POST":
        return render_page(request, "clientarea/orders/cancel.html", {"order": order})
    try:
        orders.cancel_order(order=order, on=timezone.localdate(), actor=request.actor)
    except OperationError as refusal:
        messages.error(request, refusal.user_message)
    else:
        messages.success(request, _("Order %(number)s is cancelled.") % {"number": order.number})
    return go_to(request, shown)


def _order_of(seat: Membership, order_id: int) -> Order:
    found = Order.objects.select_related("currency", "service__product", "service__mail_domain")
    order = found.filter(pk=order_id, client=seat.client).first()
    if order is None:
        raise Http404
    return order


def _is_cancellable(order: Order) -> bool:
    is_begun = order.service.status != Service.Status.PENDING
    return order.status == Order.Status.PENDING and order.paid_at is None and not is_begun


def _start_again(request: ClientRequest) -> HttpResponse:
    carts.empty(request)
    messages.info(request, _("Your order is empty. Choose a product first."))
    return go_to(request, reverse("clientarea:order-new"))
