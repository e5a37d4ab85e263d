"""Activity: who did what to a service, and taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.models import Service
from clientarea.access import client_service
from clientarea.activities import ActivityQuery, entry_of, page_of, people_of
from clientarea.activity_words import KINDS
from clientarea.gates import open_while
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.standing import Standing, standing_of
from clientarea.undo_words import promise
from clients.models import Activity, Permission
from provisioning.models import MailDomain
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


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES)
@open_while(Standing.OPEN)
def undo(request: ClientRequest, service: Service, activity_id: int) -> HttpResponse:
    """Say what taking back a line would do, or take it back."""
    mail_domain = service.mail_domain
    lines = Activity.objects.within(mail_domain).select_related("on_behalf_of")
    line = lines.filter(pk=activity_id).first()
    if line is None:
        raise Http404
    url = reverse("clientarea:activity", kwargs={"service_id": service.pk})
    place = ActivityQuery.read(request.GET).text
    back = f"{url}?{place}" if place else url
    refusal = ""
    if request.method == "POST":
        try:
            done = undoing.undo(activity=line, mail_domain=mail_domain, actor=request.actor)
        except undoing.UnableToUndo as error:
            refusal = error.user_message
        else:
            level = messages.INFO if done.is_unclear else messages.SUCCESS
            messages.add_message(request, level, done.text)
            return go_to(request, back)
    obstacle = _obstacle_to(line, mail_domain)
    context = {
        "entry": entry_of(line, mail_domain, can_undo=not obstacle),
        "promise": promise(line, mail_domain),
        "obstacle": obstacle,
        "refusal": refusal,
        "back": back,
    }
    status = 422 if refusal else 200
    return render_page(request, "clientarea/activity/undo.html", context, status=status)


def _obstacle_to(line: Activity, mail_domain: MailDomain) -> str:
    try:
        undoing.check(activity=line, mail_domain=mail_domain)
    except undoing.UnableToUndo as error:
        return error.user_message
    return ""
