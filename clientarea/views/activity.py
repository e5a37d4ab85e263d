"""Activity: who did what to a service, and taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from billing.models import Service
from clientarea.access import client_service
from clientarea.activities import ActivityQuery, page_of, people_of
from clientarea.activity_words import KINDS
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.standing import Standing, standing_of
from clients.models import Activity, Permission
from provisioning.operations import undo as undoing

FRAGMENT = "activity-list"


@require_safe
@client_service(permission=Permission.PRODUCTS, or_permission=Permission.MANAGE_MAILBOXES)
def index(request: ClientRequest, service: Service) -> HttpResponse:
    """List who did what and when, the newest first."""
    query = ActivityQuery.read(request.GET)
    may_undo = request.grants.manage_mailboxes and standing_of(service) is Standing.OPEN
    context = {
        "query": query,
        "page": page_of(service.mail_domain, query, may_undo=may_undo),
        "kinds": [(key, kind.label) for key, kind in KINDS.items()],
    }
    if request.htmx and request.htmx.target == FRAGMENT:
        return render_page(request, "clientarea/activity/_list.html", context)
    context["people"] = people_of(service.mail_domain)
    return render_page(request, "clientarea/activity/index.html", context)


@require_POST
@client_service(permission=Permission.MANAGE_MAILBOXES)
def undo(request: ClientRequest, service: Service, activity_id: int) -> HttpResponse:
    """Take back what a line tells of."""
    mail_domain = service.mail_domain
    line = Activity.objects.within(mail_domain).filter(pk=activity_id).first()
    if line is None:
        raise Http404
    try:
        done = undoing.undo(activity=line, mail_domain=mail_domain, actor=request.actor)
    except undoing.UnableToUndo as error:
        messages.error(request, error.user_message)
    else:
        level = messages.INFO if done.is_unclear else messages.SUCCESS
        messages.add_message(request, level, done.text)
    url = reverse("clientarea:activity", kwargs={"service_id": service.pk})
    back = ActivityQuery.read(QueryDict(request.POST.get("list", ""))).text
    return go_to(request, f"{url}?{back}" if back else url)
