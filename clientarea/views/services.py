"""My Services, and the Email Hosting Dashboard of one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing import queries
from billing.models import Service
from billing.queries import endings
from billing.queries.invoices import open_invoices_for
from clientarea import notices
from clientarea.access import client_service, client_user
from clientarea.forms.lists import ServiceQuery
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.paging import page_of
from clientarea.seats import current_seat
from clientarea.standing import Standing, standing_of
from clients.models import Permission
from provisioning.operations import mirror, verification
from provisioning.operations.verification import Verdict
from provisioning.queries import usage_of

FRAGMENT = "services-list"


@require_safe
@client_user
def index(request: ClientRequest) -> HttpResponse:
    """List the services of the client this user acts for."""
    query = ServiceQuery.read(request.GET)
    seat = current_seat(request)
    is_allowed = seat is not None and seat.allows(Permission.PRODUCTS)
    found = queries.services_of(request.user, search=query.search, status=query.status)
    rows = found.filter(client=seat.client_id) if seat and is_allowed else found.none()
    tally = queries.tally_of(seat.client) if seat and is_allowed else queries.Tally(0, {})
    context = {
        "query": query,
        "page": page_of(
            rows.order_by("mail_domain__domain", "pk"), number=query.page, size=query.size
        ),
        "statuses": [
            (value, label, tally.by_status.get(value, 0)) for value, label in Service.Status.choices
        ],
        "total": tally.total,
    }
    wants_list = request.htmx and request.htmx.target == FRAGMENT
    template = "clientarea/services/_list.html" if wants_list else "clientarea/services/index.html"
    return render_page(request, template, context)


@require_safe
@client_service(permission=Permission.PRODUCTS)
def show(request: ClientRequest, service: Service) -> HttpResponse:
    """Show a service: its tiles and figures, or what stands in their way."""
    standing = standing_of(service)
    mail_domain = service.mail_domain
    change_under_way = mail_domain.jobs.open().order_by("pk").first()
    context: dict[str, Any] = {
        "usage": usage_of(mail_domain),
        "coming": queries.coming_amount(service) if service.currency else None,
        "cancelled_to": endings.cancelled_to(service),
        "change_under_way": change_under_way,
        "is_refreshing": standing is Standing.OPEN and mirror.refresh_when_stale(mail_domain),
    }
    if change_under_way is not None:
        context["closing"] = endings.open_closing_of(service)
    if request.grants.allows(Permission.INVOICES):
        context["unpaid"] = notices.unpaid_invoices(
            open_invoices_for(service), today=timezone.localdate()
        )
    return render_page(request, "clientarea/services/show.html", context)


@require_POST
@client_service(permission=Permission.PRODUCTS)
def recheck(request: ClientRequest, service: Service) -> HttpResponse:
    """Ask whether the ownership record has been seen."""
    verdict = (
        Verdict.NEEDS_STAFF
        if service.status == Service.Status.FRAUD  # nothing is set up before staff have looked
        else verification.recheck(mail_domain=service.mail_domain, actor=request.actor)
    )
    domain = {"domain": service.domain}
    if verdict is Verdict.VERIFIED:
        messages.success(request, _("%(domain)s is verified. You can add mailboxes now.") % domain)
    elif verdict is Verdict.PENDING:
        messages.warning(
            request,
            _("The record of %(domain)s has not been seen yet. DNS changes can take an hour.")
            % domain,
        )
    elif verdict is Verdict.DIFFERENT:
        messages.warning(
            request,
            _("DNS has a record for %(domain)s with another value. Compare it with the one below.")
            % domain,
        )
    elif verdict is Verdict.ADDED_AGAIN:
        messages.warning(
            request,
            _("%(domain)s is being added again. In a minute there is a new record to publish.")
            % domain,
        )
    elif verdict is Verdict.JUST_CHECKED:
        messages.warning(
            request,
            _("%(domain)s was checked a moment ago. Give DNS some time and ask again.") % domain,
        )
    elif verdict is Verdict.NEEDS_STAFF:
        messages.error(
            request, _("%(domain)s could not be set up. Our team has been told.") % domain
        )
    elif verdict is Verdict.NOT_ASKED_FOR:
        messages.warning(
            request, _("%(domain)s is set up once its order has been paid and accepted.") % domain
        )
    elif verdict is Verdict.ENDING:
        messages.error(request, _("%(domain)s is being removed.") % domain)
    else:
        messages.error(
            request,
            _("%(domain)s could not be checked just now. Nothing is lost; try again soon.")
            % domain,
        )
    return go_to(request, reverse("clientarea:service", kwargs={"service_id": service.pk}))
