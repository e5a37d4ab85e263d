"""DKIM Setup: whether outgoing mail is signed, and the record that goes with it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Service
from clientarea.access import client_service
from clientarea.dns_words import DKIM_BADGES, lines_of
from clientarea.http import ClientRequest, go_to, render_page
from clients.models import Permission
from provisioning.dns import DkimStanding, Purpose, dkim_record_of
from provisioning.models import Dkim, Feature
from provisioning.operations import dkim, dns, mirror

FRAGMENT = "dkim-state"


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.DKIM)
def index(request: ClientRequest, service: Service) -> HttpResponse:
    """Show where the domain stands, and the record to publish."""
    mail_domain = service.mail_domain
    is_fragment = bool(request.htmx) and request.htmx.target == FRAGMENT
    is_refreshing = False if is_fragment else mirror.refresh_when_stale(mail_domain)
    if not is_fragment:
        dns.check_when_stale(mail_domain)
    report = dns.report_on(mail_domain)
    standing = report.dkim_standing
    look, label = DKIM_BADGES[standing]
    record = dkim_record_of(mail_domain, report.dkim) if report.dkim else None
    signing = (line for line in lines_of(report) if line.check.wanted.purpose is Purpose.DKIM)
    context = {
        "report": report,
        "dkim": report.dkim,
        "dkim_standing": standing,
        "look": look,
        "label": label,
        "line": next(signing, None),
        "dkim_record": record,
        "is_on": standing is not DkimStanding.DISABLED,
        "is_refreshing": is_refreshing,
        "is_waiting": report.is_awaited or (report.dkim is not None and report.dkim.is_unsettled),
    }
    name = "_state" if is_fragment else "index"
    return render_page(request, f"clientarea/dkim/{name}.html", context)


@require_POST
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.DKIM)
def enable(request: ClientRequest, service: Service) -> HttpResponse:
    """Have outgoing mail signed."""
    try:
        row = dkim.enable_dkim(mail_domain=service.mail_domain, actor=request.actor)
    except dkim.UnableToChangeSetting as error:
        messages.error(request, error.user_message)
    else:
        done = _("Mail from %(domain)s is signed now. Publish the record below.")
        _say(request, row, done % {"domain": service.domain})
    return go_to(request, _url(service))


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.DKIM)
def disable(request: ClientRequest, service: Service) -> HttpResponse:
    """Ask whether signing shall end, and end it."""
    refusal = ""
    if request.method == "POST":
        try:
            row = dkim.disable_dkim(mail_domain=service.mail_domain, actor=request.actor)
        except dkim.UnableToChangeSetting as error:
            refusal = error.user_message
        else:
            done = _("Mail from %(domain)s is not signed any more.")
            _say(request, row, done % {"domain": service.domain})
            return go_to(request, _url(service))
    status = 422 if refusal else 200
    context = {"refusal": refusal}
    return render_page(request, "clientarea/dkim/disable.html", context, status=status)


def _say(request: ClientRequest, row: Dkim, done: str) -> None:
    if row.is_unsettled:
        messages.info(
            request, _("The mail server gave no clear answer. We are asking it what it has done.")
        )
    else:
        messages.success(request, done)


def _url(service: Service) -> str:
    return reverse("clientarea:dkim", kwargs={"service_id": service.pk})
