"""Aliases: the list, one of them, and where all other mail goes."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
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
from provisioning.models import Alias, CatchAll, Feature, MailDomain
from provisioning.models.alias import AliasQuerySet
from provisioning.models.element import matching
from provisioning.operations import aliases, mirror
from provisioning.queries import Gauge

FRAGMENT = "alias-list"
LABELS = {
    "address": gettext_lazy("Alias"),
    "target": gettext_lazy("Delivers to"),
    "state": gettext_lazy("Status"),
}


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ALIASES)
def index(request: ClientRequest, service: Service) -> HttpResponse:
    """List the aliases of a domain, with its catch-all and its other names."""
    query = TableQuery.read(request.GET, AliasQuerySet.SORTS)
    mail_domain = service.mail_domain
    rows = Alias.objects.filter(mail_domain=mail_domain)
    found = Q() if not query.search else matching(query.search)
    counts = rows.aggregate(used=Count("pk"), found=Count("pk", filter=found or None))
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
        "gauge": Gauge(counts["used"], mail_domain.max_aliases),
        "is_refreshing": mirror.refresh_when_stale(mail_domain),
    }
    if request.htmx and request.htmx.target == FRAGMENT:
        return render_page(request, "clientarea/aliases/_list.html", context)
    context |= {
        "catch_all": _catch_all_of(mail_domain),
        "alias_domains": list(mail_domain.alias_domains.all()),
    }
    return render_page(request, "clientarea/aliases/index.html", context)


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ALIASES)
def row(request: ClientRequest, service: Service, alias_id: int) -> HttpResponse:
    """Answer with one row of the list; asked for again while a change is being checked."""
    alias = service.mail_domain.aliases.filter(pk=alias_id).first()
    name = "_row" if alias else "_gone"
    if alias is not None:
        alias.mail_domain = service.mail_domain
    return render_page(request, f"clientarea/aliases/{name}.html", {"alias": alias})


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ALIASES)
def add(request: ClientRequest, service: Service) -> HttpResponse:
    """Show the 'Add alias' form, or save it."""
    mail_domain = service.mail_domain
    form = forms.AliasForm(request.POST or None, mail_domain=mail_domain)
    if form.is_valid():
        try:
            alias = aliases.add_alias(
                mail_domain=mail_domain,
                local_part=form.cleaned_data["local_part"],
                target=form.cleaned_data["target"],
                actor=request.actor,
            )
        except aliases.UnableToAddAlias as error:
            form.refuse(error)
        else:
            address = alias.address
            say(request, alias, _("Alias %(address)s created") % {"address": address}, address)
            return go_to(request, list_url(service))
    context = {
        "form": form,
        "gauge": Gauge(mail_domain.aliases.count(), mail_domain.max_aliases),
        **_targets(mail_domain),
    }
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/aliases/add.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ALIASES)
def edit(request: ClientRequest, service: Service, alias_id: int) -> HttpResponse:
    """Show name and target of an alias, or save them."""
    alias = alias_of(service, alias_id)
    form = forms.AliasForm(request.POST or None, mail_domain=service.mail_domain, alias=alias)
    if form.is_valid():
        try:
            changed = aliases.edit_alias(
                alias=alias,
                local_part=form.cleaned_data["local_part"],
                target=form.cleaned_data["target"],
                actor=request.actor,
            )
        except aliases.UnableToChangeAlias as error:
            form.refuse(error)
        else:
            address = changed.address
            say(request, changed, _("%(address)s is saved") % {"address": address}, address)
            return go_to(request, list_url(service))
    context = {"form": form, "alias": alias, **_targets(service.mail_domain)}
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/aliases/edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ALIASES)
def delete(request: ClientRequest, service: Service, alias_id: int) -> HttpResponse:
    """Ask whether an alias shall go, or delete it."""
    alias = alias_of(service, alias_id)
    refusal = ""
    if request.method == "POST":
        address = alias.address
        try:
            gone = aliases.delete_alias(alias=alias, actor=request.actor)
        except aliases.UnableToChangeAlias as error:
            refusal = error.user_message
        else:
            say(request, gone, _("Alias %(address)s deleted") % {"address": address}, address)
            return go_to(request, list_url(service))
    context = {
        "alias": alias,
        "refusal": refusal,
        "catch_all": _catch_all_of(service.mail_domain),
    }
    status = 422 if refusal else 200
    return render_page(request, "clientarea/aliases/delete.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ALIASES)
def catch_all(request: ClientRequest, service: Service) -> HttpResponse:
    """Show where mail to unknown addresses goes, or save it."""
    mail_domain = service.mail_domain
    now = _catch_all_of(mail_domain)
    form = forms.CatchAllForm(request.POST or None, mail_domain=mail_domain, catch_all=now)
    is_off = request.method == "POST" and "off" in request.POST
    if is_off or form.is_valid():
        target = "" if is_off else form.cleaned_data["target"]
        try:
            row = aliases.set_catch_all(mail_domain=mail_domain, target=target, actor=request.actor)
        except aliases.UnableToChangeCatchAll as error:
            form.refuse(error)
        else:
            if row is None:
                messages.success(request, _("Mail to unknown addresses is turned away"))
            else:
                done = _("Mail to unknown addresses goes to %(target)s") % {"target": target}
                say(request, row, done, _("the catch-all"))
            return go_to(request, list_url(service))
    context = {"form": form, "catch_all": now, **_targets(mail_domain)}
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/aliases/catch_all.html", context, status=status)


def alias_of(service: Service, alias_id: int) -> Alias:
    """
    Return an alias of this service's domain.

    :raises Http404: where the domain has no such alias any more
    """
    alias = service.mail_domain.aliases.filter(pk=alias_id).first()
    if alias is None:
        raise Http404(_("This alias does not exist any more."))
    alias.mail_domain = service.mail_domain
    return alias


def list_url(service: Service) -> str:
    """Return the address of the list of aliases."""
    return reverse("clientarea:aliases", kwargs={"service_id": service.pk})


def _catch_all_of(mail_domain: MailDomain) -> CatchAll | None:
    return CatchAll.objects.filter(mail_domain=mail_domain).first()


def _targets(mail_domain: MailDomain) -> dict[str, object]:
    """Return what a form offers as a target, and whether it may lie outside."""
    return {
        "offered": forms.offered(mail_domain),
        "may_lead_out": settings.ALIAS_EXTERNAL_TARGETS,
    }
