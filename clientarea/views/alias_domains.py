"""Alias domains: other names under which a domain's addresses work."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from billing.models import Service
from clientarea.access import client_service
from clientarea.forms.addresses import AliasDomainForm
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.outcomes import say
from clientarea.views.aliases import list_url
from clients.models import Permission
from provisioning.models import Feature
from provisioning.operations import aliases


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ALIASES)
def add(request: ClientRequest, service: Service) -> HttpResponse:
    """Show the 'Add alias domain' form, or save it."""
    form = AliasDomainForm(request.POST or None, mail_domain=service.mail_domain)
    if form.is_valid():
        try:
            row = aliases.add_alias_domain(
                mail_domain=service.mail_domain,
                name=form.cleaned_data["domain"],
                actor=request.actor,
            )
        except aliases.UnableToAddAliasDomain as error:
            form.refuse(error)
        else:
            done = _("Alias domain %(domain)s added") % {"domain": row.domain}
            say(request, row, done, row.domain)
            return go_to(request, list_url(service))
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/aliases/add_domain.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ALIASES)
def delete(request: ClientRequest, service: Service, alias_domain_id: int) -> HttpResponse:
    """Ask whether an alias domain shall go, or delete it."""
    row = service.mail_domain.alias_domains.filter(pk=alias_domain_id).first()
    if row is None:
        raise Http404(_("This alias domain does not exist any more."))
    row.mail_domain = service.mail_domain
    refusal = ""
    if request.method == "POST":
        name = row.domain
        try:
            gone = aliases.delete_alias_domain(alias_domain=row, actor=request.actor)
        except aliases.UnableToChangeAliasDomain as error:
            refusal = error.user_message
        else:
            say(request, gone, _("Alias domain %(domain)s deleted") % {"domain": name}, name)
            return go_to(request, list_url(service))
    context = {"alias_domain": row, "refusal": refusal}
    status = 422 if refusal else 200
    return render_page(request, "clientarea/aliases/delete_domain.html", context, status=status)
