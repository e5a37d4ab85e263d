"""Email history: what was sent on the client's business, and to oneself."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clientarea.access import client_member
from clientarea.forms.lists import EmailQuery
from clientarea.http import ClientRequest, render_page
from clientarea.paging import SIZES, page_of
from clients.models import EmailMessage, Membership, Permission
from clients.models.email import PLACE
from core.sentences import told

FRAGMENT = "email-list"


@require_safe
@client_member(permission=Permission.EMAILS)
def index(request: ClientRequest, seat: Membership) -> HttpResponse:
    """List what was sent, newest first."""
    query = EmailQuery.read(request.GET)
    found = EmailMessage.objects.visible_to(request.user, client=seat.client)
    if query.search:
        found = found.filter(Q(subject__icontains=query.search) | Q(to__icontains=query.search))
    rows = found.defer("text", "html", "sealed").order_by("-pk")
    context = {
        "query": query,
        "page": page_of(rows, number=query.page, size=query.size),
        "sizes": SIZES,
    }
    wants_list = request.htmx and request.htmx.target == FRAGMENT
    template = "clientarea/emails/_list.html" if wants_list else "clientarea/emails/index.html"
    return render_page(request, template, context)


@require_safe
@client_member(permission=Permission.EMAILS)
def show(request: ClientRequest, seat: Membership, email_id: int) -> HttpResponse:
    """Show one message, its one-time links hidden."""
    found = EmailMessage.objects.visible_to(request.user, client=seat.client)
    message = found.defer("html", "sealed").filter(pk=email_id).first()
    if message is None:
        raise Http404
    context = {
        "message": message,
        "why_not": told(message.error),
        "text": PLACE.sub(_("(a link that works once is hidden here)"), message.text),
    }
    return render_page(request, "clientarea/emails/show.html", context)
