"""Forwarding: which mailboxes send copies where."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from billing.models import Service
from clientarea.access import client_service
from clientarea.forms import addresses as forms
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.outcomes import say
from clientarea.paging import SIZES, page_of
from clientarea.tables import TableQuery
from clients.models import Permission
from provisioning.models import Feature, Forward
from provisioning.models.element import matching
from provisioning.models.forward import ForwardQuerySet
from provisioning.operations import forwards, mirror

FRAGMENT = "forward-list"
LABELS = {
    "mailbox": gettext_lazy("Mailbox"),
    "target": gettext_lazy("Sends a copy to"),
    "state": gettext_lazy("Status"),
}


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.FORWARDING)
def index(request: ClientRequest, service: Service) -> HttpResponse:
    """List the forwards of a domain by mailbox."""
    query = TableQuery.read(request.GET, ForwardQuerySet.SORTS)
    mail_domain = service.mail_domain
    rows = Forward.objects.filter(mail_domain=mail_domain)
    found = matching(query.search) if query.search else Q()
    counts = rows.aggregate(found=Count("pk", filter=found or None))
    page = page_of(
        rows.listed(search=query.search, sort=query.sort),
        number=query.page,
        size=query.size,
        total=counts["found"],
    )
    for row in page.rows:
        row.mail_domain = mail_domain
    context = {
        "query": query,
        "page": page,
        "sizes": SIZES,
        "columns": query.columns(LABELS),
        "is_refreshing": mirror.refresh_when_stale(mail_domain),
    }
    is_fragment = request.htmx and request.htmx.target == FRAGMENT
    name = "_list" if is_fragment else "index"
    return render_page(request, f"clientarea/forwards/{name}.html", context)


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.FORWARDING)
def row(request: ClientRequest, service: Service, forward_id: int) -> HttpResponse:
    """Answer with one row of the list; asked for again while a change is being checked."""
    forward = service.mail_domain.forwards.filter(pk=forward_id).first()
    name = "_row" if forward else "_gone"
    if forward is not None:
        forward.mail_domain = service.mail_domain
    return render_page(request, f"clientarea/forwards/{name}.html", {"forward": forward})


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.FORWARDING)
def add(request: ClientRequest, service: Service) -> HttpResponse:
    """Show the 'Add forward' form, or save it."""
    mail_domain = service.mail_domain
    form = forms.ForwardForm(
        request.POST or None, mail_domain=mail_domain, mailbox=request.GET.get("mailbox", "")[:64]
    )
    if form.is_valid():
        try:
            forward = forwards.add_forward(
                mail_domain=mail_domain,
                local_part=form.cleaned_data["local_part"],
                target=form.cleaned_data["target"],
                actor=request.actor,
            )
        except forwards.UnableToAddForward as error:
            form.refuse(error)
        else:
            done = _("%(address)s now sends copies to %(target)s") % _names(forward)
            say(request, forward, done, forward.address)
            return go_to(request, _list_url(service))
    context = {"form": form, "offered": forms.offered(mail_domain)}
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/forwards/add.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.FORWARDING)
def delete(request: ClientRequest, service: Service, forward_id: int) -> HttpResponse:
    """Ask whether copies shall stop, or stop them."""
    forward = service.mail_domain.forwards.filter(pk=forward_id).first()
    if forward is None:
        raise Http404(_("This forward does not exist any more."))
    forward.mail_domain = service.mail_domain
    refusal = ""
    if request.method == "POST":
        names = _names(forward)
        try:
            gone = forwards.delete_forward(forward=forward, actor=request.actor)
        except forwards.UnableToChangeForward as error:
            refusal = error.user_message
        else:
            done = _("%(address)s sends no more copies to %(target)s") % names
            say(request, gone, done, forward.address)
            return go_to(request, _list_url(service))
    context = {"forward": forward, "refusal": refusal}
    status = 422 if refusal else 200
    return render_page(request, "clientarea/forwards/delete.html", context, status=status)


def _names(forward: Forward) -> dict[str, str]:
    return {"address": forward.address, "target": forward.target}


def _list_url(service: Service) -> str:
    return reverse("clientarea:forwards", kwargs={"service_id": service.pk})
