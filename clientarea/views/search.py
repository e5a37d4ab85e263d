"""One search over everything a service holds."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from billing.models import Service
from clientarea.access import client_service
from clientarea.gates import open_while
from clientarea.http import ClientRequest, render_page
from clientarea.searching import search
from clientarea.standing import Standing
from clients.models import Permission

# The fragments that ask while somebody types: on the page itself, and under the box beside it.
FRAGMENTS = {"search-result": "_result", "quick-result": "_quick"}


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES)
@open_while(Standing.OPEN)
def index(request: ClientRequest, service: Service) -> HttpResponse:
    """Show what a term finds."""
    context = {"result": search(service, request.GET.get("q", ""))}
    name = FRAGMENTS.get(request.htmx.target or "", "index") if request.htmx else "index"
    return render_page(request, f"clientarea/search/{name}.html", context)
