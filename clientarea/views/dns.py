"""DNS: the records a domain needs, compared with those it has."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Service
from clientarea.access import client_service
from clientarea.dns_words import in_place, lines_of
from clientarea.forms.domain import MailRecords
from clientarea.gates import open_while
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.standing import Standing
from clients.models import Permission
from provisioning.dns import DkimStanding
from provisioning.models import MailDomain
from provisioning.operations import dns

FRAGMENT = "dns-checks"


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES)
@open_while(Standing.OPEN, Standing.UNVERIFIED)
def index(request: ClientRequest, service: Service) -> HttpResponse:
    """Show what is expected and what was found last; a newer look may be on its way."""
    mail_domain = service.mail_domain
    is_fragment = bool(request.htmx) and request.htmx.target == FRAGMENT
    if not is_fragment:
        dns.check_when_stale(mail_domain)
    report = dns.report_on(mail_domain)
    done, total = in_place(report)
    context = {
        "report": report,
        "lines": lines_of(report),
        "in_place": done,
        "wanted": total,
        "is_unsigned": report.dkim_standing is DkimStanding.DISABLED,
    }
    name = "_checks" if is_fragment else "index"
    return render_page(request, f"clientarea/dns/{name}.html", context)


@require_POST
@client_service(permission=Permission.MANAGE_MAILBOXES)
@open_while(Standing.OPEN, Standing.UNVERIFIED)
def check(request: ClientRequest, service: Service) -> HttpResponse:
    """Have DNS looked at now; the answers are on the page within ten seconds."""
    dns.check(service.mail_domain)
    name = "dkim" if request.POST.get("back") == "dkim" else "dns"
    if not request.htmx:
        messages.info(
            request, _("DNS is being checked. The answers are here in about ten seconds.")
        )
    return go_to(request, reverse(f"clientarea:{name}", kwargs={"service_id": service.pk}))


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES)
@open_while(Standing.OPEN, Standing.UNVERIFIED)
def zone_file(request: ClientRequest, service: Service) -> HttpResponse:  # noqa: ARG001
    """Hand out the records as a zone file."""
    report = dns.report_on(service.mail_domain)
    response = HttpResponse(report.zone_file, content_type="text/plain; charset=utf-8")
    name = _file_name(service.mail_domain)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES)
@open_while(Standing.OPEN, Standing.UNVERIFIED)
def mail(request: ClientRequest, service: Service) -> HttpResponse:
    """Ask for an address, and send the records there."""
    form = MailRecords(request.POST or None)
    if form.is_valid():
        address = form.cleaned_data["address"]
        try:
            dns.mail_records(
                mail_domain=service.mail_domain,
                address=address,
                note=form.cleaned_data["note"],
                actor=request.actor,
            )
        except dns.UnableToMailRecords as error:
            form.refuse(error)
        else:
            messages.success(request, _("The records go to %(address)s.") % {"address": address})
            return go_to(request, reverse("clientarea:dns", kwargs={"service_id": service.pk}))
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/dns/mail.html", {"form": form}, status=status)


def _file_name(mail_domain: MailDomain) -> str:
    safe = "".join(char for char in mail_domain.domain if char.isalnum() or char in ".-")
    return f"{safe.encode('ascii', 'ignore').decode()}.zone.txt"
