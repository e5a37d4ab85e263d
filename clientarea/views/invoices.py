"""Invoices: the list, one of them, its file, and paying with credit."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from billing.models import BillingSettings, CreditNote, Invoice, InvoiceItem
from billing.operations import credit, documents, printing
from billing.queries.invoices import OVERDUE, invoices_of, owed_by, purse_of
from clientarea.access import client_credit_note, client_invoice, client_member
from clientarea.downloads import csv_file, file_of
from clientarea.forms.money import AmountForm, InvoiceQuery
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.paging import SIZES, page_of
from clientarea.templatetags.money import money
from clients.models import Membership, Permission

FRAGMENT = "invoice-list"
PDF = "application/pdf"
# Sent along to the page for printing where no PDF can be made.
NO_PDF = "no-pdf"
STATUSES = (
    (Invoice.Status.UNPAID.value, gettext_lazy("Unpaid")),
    (OVERDUE, gettext_lazy("Overdue")),
    (Invoice.Status.PAID.value, gettext_lazy("Paid")),
    (Invoice.Status.CANCELLED.value, gettext_lazy("Cancelled")),
    (Invoice.Status.REFUNDED.value, gettext_lazy("Refunded")),
)


@require_safe
@client_member(permission=Permission.INVOICES)
def index(request: ClientRequest, seat: Membership) -> HttpResponse:
    """List the client's invoices, with what is owed."""
    query = InvoiceQuery.read(request.GET)
    today = timezone.localdate()
    rows = invoices_of(seat.client, today=today, search=query.search, status=query.status)
    context = {
        "query": query,
        "page": page_of(rows, number=query.page, size=query.size),
        "sizes": SIZES,
        "statuses": STATUSES,
        "today": today,
    }
    if request.htmx and request.htmx.target == FRAGMENT:
        return render_page(request, "clientarea/invoices/_list.html", context)
    context |= {"owed": owed_by(seat.client, today=today), "purse": purse_of(seat.client)}
    return render_page(request, "clientarea/invoices/index.html", context)


@require_safe
@client_member(permission=Permission.INVOICES)
def export(request: ClientRequest, seat: Membership) -> StreamingHttpResponse:
    """Hand out the invoices that the list shows, all pages of them, as a CSV file."""
    query = InvoiceQuery.read(request.GET)
    rows = invoices_of(
        seat.client, today=timezone.localdate(), search=query.search, status=query.status
    )
    head = (
        _("Number"),
        _("Date"),
        _("Due"),
        _("Paid on"),
        _("Status"),
        _("Currency"),
        _("Net"),
        _("Tax"),
        _("Total"),
        _("Still to pay"),
    )
    lines = (_csv_line(invoice) for invoice in rows.iterator(chunk_size=500))
    return csv_file(_("invoices.csv"), chain([head], lines))


@require_safe
@client_invoice
def show(request: ClientRequest, invoice: Invoice) -> HttpResponse:
    """Show an invoice, and how to pay it."""
    return _page(request, invoice)


@require_safe
@client_invoice
def printable(request: ClientRequest, invoice: Invoice) -> HttpResponse:
    """Show an invoice as it is printed."""
    today = timezone.localdate()
    return _paper(
        printing.invoice_html(invoice, today=today, says_how_to_print=NO_PDF in request.GET)
    )


@require_safe
@client_invoice
def pdf(_request: ClientRequest, invoice: Invoice) -> HttpResponse:
    """Hand out an invoice as a file; where none can be made, show it for printing."""
    content = printing.invoice_pdf(invoice, today=timezone.localdate())
    if content is None:
        return _instead_of_pdf("invoice-print", invoice_id=invoice.pk)
    name = _("invoice-%(number)s.pdf") % {"number": _file_part(str(invoice.number))}
    return file_of(name, content, PDF)


@require_POST
@client_invoice
def use_credit(request: ClientRequest, invoice: Invoice) -> HttpResponse:
    """Pay an invoice, or a part of it, with credit."""
    form = AmountForm(request.POST)
    if not form.is_valid():
        return _page(request, invoice, form=form)
    try:
        used = credit.spend_credit(
            invoice=invoice, amount=form.cleaned_data["amount"], actor=request.actor
        )
    except credit.UnableToMoveCredit as error:
        form.add_error("amount", error.user_message)
        return _page(request, invoice, form=form)
    if used:
        words = _("%(amount)s of your credit was used for invoice %(number)s.")
        amount = money(used, invoice.currency)
        messages.success(request, words % {"amount": amount, "number": invoice.number})
    else:
        messages.info(request, _("There is nothing left to pay on this invoice."))
    return go_to(request, reverse("clientarea:invoice", args=[invoice.pk]))


@require_safe
@client_credit_note
def credit_note(request: ClientRequest, note: CreditNote) -> HttpResponse:
    """Show a credit note."""
    context = {"note": note, "document": documents.credit_note_document(note)}
    return render_page(request, "clientarea/invoices/credit_note.html", context)


@require_safe
@client_credit_note
def credit_note_printable(request: ClientRequest, note: CreditNote) -> HttpResponse:
    """Show a credit note as it is printed."""
    return _paper(printing.credit_note_html(note, says_how_to_print=NO_PDF in request.GET))


@require_safe
@client_credit_note
def credit_note_pdf(_request: ClientRequest, note: CreditNote) -> HttpResponse:
    """Hand out a credit note as a file; where none can be made, show it for printing."""
    content = printing.credit_note_pdf(note)
    if content is None:
        return _instead_of_pdf("credit-note-print", credit_note_id=note.pk)
    name = _("credit-note-%(number)s.pdf") % {"number": _file_part(note.number)}
    return file_of(name, content, PDF)


def _page(
    request: ClientRequest, invoice: Invoice, *, form: AmountForm | None = None
) -> HttpResponse:
    today = timezone.localdate()
    context = {
        "invoice": invoice,
        "document": documents.invoice_document(invoice, today=today),
        "days_left": (invoice.due_date - today).days,
    }
    if invoice.status == Invoice.Status.UNPAID:
        purse = purse_of(invoice.client)
        usable = min(purse.credit, invoice.balance)
        takes_credit = usable and not any(
            item.kind == InvoiceItem.Kind.FUNDS for item in invoice.items.all()
        )
        context |= {
            "purse": purse,
            "instructions": BillingSettings.current().payment_instructions,
            "usable": usable if takes_credit else 0,
            "form": form or AmountForm(initial={"amount": _plain(usable, invoice)}),
        }
    if invoice.status == Invoice.Status.CANCELLED:
        context["replacement"] = Invoice.objects.filter(replaces=invoice).first()
    status = 422 if form is not None and form.errors else 200
    return render_page(request, "clientarea/invoices/show.html", context, status=status)


def _csv_line(invoice: Invoice) -> list[str]:
    paid_on = timezone.localdate(invoice.paid_at).isoformat() if invoice.paid_at else ""
    return [
        str(invoice.number),
        invoice.issue_date.isoformat() if invoice.issue_date else "",
        invoice.due_date.isoformat(),
        paid_on,
        str(invoice.get_status_display()),
        invoice.currency_id,
        _plain(invoice.subtotal, invoice),
        _plain(invoice.tax + invoice.tax_2, invoice),
        _plain(invoice.total, invoice),
        _plain(invoice.balance, invoice),
    ]


def _plain(amount: Decimal, invoice: Invoice) -> str:
    """Return an amount as it is typed."""
    return f"{amount:.{invoice.currency.digits}f}"


def _instead_of_pdf(page: str, **ids: int) -> HttpResponse:
    """Go to the page for printing, which then says how to make a file of it."""
    return redirect(f"{reverse(f'clientarea:{page}', kwargs=ids)}?{NO_PDF}=1")


def _paper(html: str) -> HttpResponse:
    response = HttpResponse(html)
    add_never_cache_headers(response)
    return response


def _file_part(number: str) -> str:
    """Return a number as a part of a file's name; formats may hold a slash."""
    return number.replace("/", "-")
