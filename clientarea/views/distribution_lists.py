"""Distribution lists: the list of lists, and adding and deleting one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from billing.models import Service
from clientarea.access import client_service
from clientarea.forms import distribution_lists as forms
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.outcomes import say
from clientarea.paging import SIZES, page_of
from clientarea.tables import TableQuery
from clients.models import Permission
from provisioning.models import DistributionList, Feature
from provisioning.models.distribution_list import DistributionListQuerySet
from provisioning.operations import lists, mirror
from provisioning.queries import Gauge

FRAGMENT = "list-list"
PICKER = "picker"
LABELS = {
    "address": gettext_lazy("List"),
    "members": gettext_lazy("Members"),
    "state": gettext_lazy("Status"),
}


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.DISTRIBUTION_LISTS)
def index(request: ClientRequest, service: Service) -> HttpResponse:
    """List the distribution lists of a domain."""
    query = TableQuery.read(request.GET, DistributionListQuerySet.SORTS)
    mail_domain = service.mail_domain
    rows = DistributionList.objects.filter(mail_domain=mail_domain)
    used = rows.count()
    page = page_of(
        rows.listed(search=query.search, sort=query.sort),
        number=query.page,
        size=query.size,
        total=None if query.is_filtered else used,
    )
    for row in page.rows:
        row.mail_domain = mail_domain
    context = {
        "query": query,
        "page": page,
        "sizes": SIZES,
        "columns": query.columns(LABELS),
        "gauge": Gauge(used, mail_domain.max_distribution_lists),
        "is_refreshing": mirror.refresh_when_stale(mail_domain),
    }
    is_fragment = request.htmx and request.htmx.target == FRAGMENT
    name = "_list" if is_fragment else "index"
    return render_page(request, f"clientarea/distribution_lists/{name}.html", context)


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.DISTRIBUTION_LISTS)
def row(request: ClientRequest, service: Service, list_id: int) -> HttpResponse:
    """Answer with one row of the list; asked for again while changes are under way."""
    rows = DistributionList.objects.filter(mail_domain=service.mail_domain)
    found = rows.with_counts().filter(pk=list_id).first()
    name = "_row" if found else "_gone"
    if found is not None:
        found.mail_domain = service.mail_domain
    return render_page(request, f"clientarea/distribution_lists/{name}.html", {"list": found})


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.DISTRIBUTION_LISTS)
def add(request: ClientRequest, service: Service) -> HttpResponse:
    """Show the 'Add list' form, search in it, or save it."""
    mail_domain = service.mail_domain
    ticked = forms.ticked_in(request.POST)
    is_save = request.method == "POST" and "find" not in request.POST
    form = forms.ListForm(
        request.POST if is_save else None, mail_domain=mail_domain, ticked=ticked, is_new=True
    )
    if request.method == "POST" and not is_save:
        # A search keeps what has been typed so far, without judging it.
        form.initial = request.POST.dict()
    asks_if_empty = False
    if form.is_valid():
        asks_if_empty = form.asks_if_empty
        if not asks_if_empty:
            try:
                new = lists.add_list(
                    mail_domain=mail_domain,
                    local_part=form.cleaned_data["local_part"],
                    members=form.members,
                    actor=request.actor,
                )
            except lists.UnableToAddList as error:
                form.refuse(error)
            else:
                return _go_on(request, service, new)
    context = {
        "form": form,
        "picker": forms.picker(mail_domain, ticked, request.POST.get("search", "")),
        "asks_if_empty": asks_if_empty,
        "gauge": Gauge(mail_domain.distribution_lists.count(), mail_domain.max_distribution_lists),
        "here": request.path,
    }
    if request.htmx and request.htmx.target == PICKER:
        return render_page(request, "clientarea/distribution_lists/_picker.html", context)
    status = 422 if form.errors or asks_if_empty else 200
    return render_page(request, "clientarea/distribution_lists/add.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.DISTRIBUTION_LISTS)
def delete(request: ClientRequest, service: Service, list_id: int) -> HttpResponse:
    """Ask whether a list shall go, or delete it."""
    found = list_of(service, list_id)
    refusal = ""
    if request.method == "POST":
        address = found.address
        try:
            gone = lists.delete_list(distribution_list=found, actor=request.actor)
        except lists.UnableToChangeList as error:
            refusal = error.user_message
        else:
            say(request, gone, _("List %(address)s deleted") % {"address": address}, address)
            return go_to(request, list_url(service))
    members = lists.members_of(found)
    context = {"list": found, "refusal": refusal, "members": members}
    status = 422 if refusal else 200
    return render_page(request, "clientarea/distribution_lists/delete.html", context, status=status)


def list_of(service: Service, list_id: int) -> DistributionList:
    """
    Return a list of this service's domain, with its counts.

    :raises Http404: where the domain has no such list any more
    """
    rows = DistributionList.objects.filter(mail_domain=service.mail_domain)
    found = rows.with_counts().filter(pk=list_id).first()
    if found is None:
        raise Http404(_("This list does not exist any more."))
    found.mail_domain = service.mail_domain
    return found


def list_url(service: Service) -> str:
    """Return the address of the list of lists."""
    return reverse("clientarea:distribution-lists", kwargs={"service_id": service.pk})


def edit_url(service: Service, found: DistributionList) -> str:
    """Return the address of the page of one list."""
    return reverse(
        "clientarea:distribution-lists-edit",
        kwargs={"service_id": service.pk, "list_id": found.pk},
    )


def _go_on(request: ClientRequest, service: Service, new: DistributionList) -> HttpResponse:
    now = list_of(service, new.pk)
    if not (now.waiting or now.failed):
        say(request, now, _("List %(address)s created") % {"address": now.address}, now.address)
        return go_to(request, list_url(service))
    if now.state == DistributionList.State.PRESENT:
        messages.success(request, _("List %(address)s created") % {"address": now.address})
    return go_to(request, edit_url(service, now))
