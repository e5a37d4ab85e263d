"""The credit balance: its ledger, adding to it, and paying several invoices with it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing.models import BillingSettings, Invoice
from billing.operations import credit, funds
from billing.queries.invoices import open_invoices_of, purse_of, telling_what_adds_funds
from clientarea.access import client_member
from clientarea.forms.lists import EmailQuery
from clientarea.forms.money import AmountForm, InvoiceChoice
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.paging import SIZES, page_of
from clientarea.templatetags.money import money
from clients.models import Membership, Permission
from core.money import ZERO

TRANSFER = "transfer"


@require_safe
@client_member(permission=Permission.INVOICES)
def index(request: ClientRequest, seat: Membership) -> HttpResponse:
    """Show the credit balance and every movement of it."""
    query = EmailQuery.read(request.GET)
    rows = seat.client.credit_entries.select_related("currency", "invoice", "credit_note")
    context = {
        "purse": purse_of(seat.client),
        "page": page_of(rows.order_by("-pk"), number=query.page, size=query.size),
        "sizes": SIZES,
    }
    return render_page(request, "clientarea/credit/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@client_member(permission=Permission.INVOICES)
def add(request: ClientRequest, seat: Membership) -> HttpResponse:
    """Invoice the client for credit."""
    form = AmountForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            invoice = funds.add_funds(
                client=seat.client,
                amount=form.cleaned_data["amount"],
                on=timezone.localdate(),
                actor=request.actor,
            )
        except funds.UnableToAddFunds as error:
            form.add_error("amount" if error.field else None, error.user_message)
        else:
            messages.success(request, _("Pay this invoice and the amount is added to your credit."))
            return go_to(request, reverse("clientarea:invoice", args=[invoice.pk]))
    context = {
        "form": form,
        "purse": purse_of(seat.client),
        "limits": funds.limits_of(seat.client),
    }
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/credit/add.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@client_member(permission=Permission.INVOICES)
def mass_payment(request: ClientRequest, seat: Membership) -> HttpResponse:
    """Pay several open invoices at once: with credit, or by one transfer for all of them."""
    rows = telling_what_adds_funds(open_invoices_of(seat.client))
    wants_transfer = request.GET.get("how") == TRANSFER
    asked = request.GET if wants_transfer else None
    form = InvoiceChoice(request.POST if request.method == "POST" else asked, invoices=rows)
    chosen: list[Invoice] = []
    if form.is_valid():
        chosen = list(form.cleaned_data["invoice"])
        if request.method == "POST" and request.POST.get("how") == TRANSFER:
            return _show_transfer(request, chosen)
        if request.method == "POST":
            return _pay(request, seat, chosen)
    invoices = list(rows)
    purse = purse_of(seat.client)
    by_credit = [each for each in invoices if purse.credit and not _adds_funds(each)]
    context = {
        "form": form,
        "invoices": invoices,
        "chosen": {each.pk for each in chosen or by_credit or invoices},
        "total": sum((each.balance for each in invoices), ZERO),
        "total_by_credit": sum((each.balance for each in by_credit), ZERO),
        "purse": purse,
        "today": timezone.localdate(),
    }
    if wants_transfer and chosen:
        context |= {
            "transfer": chosen,
            "transfer_total": sum((each.balance for each in chosen), ZERO),
            "instructions": BillingSettings.current().payment_instructions,
        }
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/credit/mass_payment.html", context, status=status)


def _adds_funds(invoice: Invoice) -> bool:
    """Return what `telling_what_adds_funds` has read."""
    return bool(getattr(invoice, "adds_funds", False))


def _show_transfer(request: ClientRequest, chosen: list[Invoice]) -> HttpResponse:
    # The form comes by POST, so that its token never stands in an address.
    query = QueryDict(mutable=True)
    query["how"] = TRANSFER
    query.setlist("invoice", [str(each.pk) for each in chosen])
    return go_to(request, f"{reverse('clientarea:mass-payment')}?{query.urlencode()}")


def _pay(request: ClientRequest, seat: Membership, chosen: list[Invoice]) -> HttpResponse:
    left_out = [each for each in chosen if _adds_funds(each)]
    if len(left_out) == len(chosen):
        messages.warning(
            request, _("Added funds cannot be paid with credit. Pay them by bank transfer.")
        )
        return go_to(request, reverse("clientarea:mass-payment"))
    try:
        used = credit.spend_on_all(client=seat.client, invoices=chosen, actor=request.actor)
    except credit.UnableToMoveCredit as error:
        messages.error(request, error.user_message)
        return go_to(request, reverse("clientarea:mass-payment"))
    if used:
        amount = money(used, purse_of(seat.client).currency)
        messages.success(request, _("%(amount)s of your credit was used.") % {"amount": amount})
        if left_out:
            numbers = ", ".join(str(each.number) for each in left_out)
            messages.info(
                request,
                _("Added funds cannot be paid with credit; %(numbers)s stays open.")
                % {"numbers": numbers},
            )
    else:
        messages.warning(request, _("There is no credit to use. Add some, or pay by transfer."))
    return go_to(request, reverse("clientarea:invoices"))
