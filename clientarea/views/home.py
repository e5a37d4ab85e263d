"""Home: the services at hand, and what needs a look."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from billing import queries
from clientarea import notices
from clientarea.access import client_user, clients_with
from clientarea.http import ClientRequest, render_page
from clientarea.paging import page_of
from clients.models import Permission

SHOWN = 8


@require_safe
@client_user
def home(request: ClientRequest) -> HttpResponse:
    """Show the first services and what about them needs attention."""
    clients = clients_with(request, Permission.PRODUCTS)
    services = queries.services_of(request.user).filter(client__in=clients)
    services = services.order_by("mail_domain__domain", "pk")
    page = page_of(services, number=1, size=SHOWN)
    context = {
        "page": page,
        "notices": notices.for_home(page.rows),
        "is_staff_only": request.user.is_staff and not page.total,
    }
    return render_page(request, "clientarea/home/home.html", context)
