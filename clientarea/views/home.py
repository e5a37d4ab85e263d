"""Home: the services at hand, and what needs a look."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing import queries
from billing.queries.invoices import open_invoices_of
from clientarea import notices
from clientarea.access import client_user
from clientarea.http import ClientRequest, render_page
from clientarea.paging import page_of
from clientarea.seats import current_seat
from clients.models import Permission

SHOWN = 8
# Open invoices that are read to be counted; nobody has more.
MOST_COUNTED = 100


@require_safe
@client_user
def home(request: ClientRequest) -> HttpResponse:
    """Show the client's first services, its figures, and what needs attention."""
    seat = current_seat(request)
    if seat is None or not seat.allows(Permission.PRODUCTS):
        closed = {"is_staff_only": request.user.is_staff and seat is None, "seat": seat}
        return render_page(request, "clientarea/home/home.html", closed)
    services = queries.services_of(request.user).filter(client=seat.client)
    tally = queries.tally_of(seat.client)
    page = page_of(
        services.order_by("mail_domain__domain", "pk"), number=1, size=SHOWN, total=tally.total
    )
    attention = notices.of_client(seat.client)
    context = {"seat": seat, "page": page, "tally": tally, "attention": attention}
    if seat.allows(Permission.INVOICES):
        today = timezone.localdate()
        context["unpaid"] = notices.unpaid_invoices(
            open_invoices_of(seat.client)[:MOST_COUNTED], today=today
        )
    return render_page(request, "clientarea/home/home.html", context)
