"""Domain settings: the footer under outgoing mail, and the time zone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing.models import Service
from clientarea.access import client_service
from clientarea.forms.domain import FooterForm, TimeZoneForm, time_zones
from clientarea.gates import open_while
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.standing import Standing
from clients.models import Permission
from provisioning.models import DomainSettings, Feature
from provisioning.operations import domain_settings, footers, mirror


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES)
@open_while(Standing.OPEN)
def index(request: ClientRequest, service: Service) -> HttpResponse:
    """Show what is set for the whole domain."""
    return _page(request, service)


@require_POST
@client_service(permission=Permission.MANAGE_MAILBOXES)
@open_while(Standing.OPEN)
def footer(request: ClientRequest, service: Service) -> HttpResponse:
    """Save the footer, or show how it would read."""
    form = FooterForm(request.POST)
    if not form.is_valid():
        return _page(request, service, footer_form=form)
    html = form.cleaned_data["html"]
    if "preview" in request.POST:
        return _page(request, service, footer_form=form, preview=footers.to_text(html))
    try:
        row = domain_settings.set_footer(
            mail_domain=service.mail_domain, html=html, actor=request.actor
        )
    except (domain_settings.UnableToChangeSetting, domain_settings.UnableToUseFooter) as error:
        form.refuse(error)
        return _page(request, service, footer_form=form)
    _say(request, row, is_kept=row.footer == html, done=_("The footer is saved."))
    return go_to(request, _url(service))


@require_POST
@client_service(permission=Permission.MANAGE_MAILBOXES)
@open_while(Standing.OPEN)
def time_zone(request: ClientRequest, service: Service) -> HttpResponse:
    """Save the time zone."""
    form = TimeZoneForm(request.POST)
    if not form.is_valid():
        return _page(request, service, zone_form=form)
    zone = form.cleaned_data["time_zone"]
    try:
        row = domain_settings.set_time_zone(
            mail_domain=service.mail_domain, time_zone=zone, actor=request.actor
        )
    except domain_settings.UnableToChangeSetting as error:
        form.refuse(error)
        return _page(request, service, zone_form=form)
    done = _("The time zone is %(zone)s.") % {"zone": zone}
    _say(request, row, is_kept=row.time_zone == zone, done=done)
    return go_to(request, _url(service))


def _page(
    request: ClientRequest,
    service: Service,
    *,
    footer_form: FooterForm | None = None,
    zone_form: TimeZoneForm | None = None,
    preview: str | None = None,
) -> HttpResponse:
    mail_domain = service.mail_domain
    present = DomainSettings.objects.filter(mail_domain=mail_domain).first() or DomainSettings(
        mail_domain=mail_domain
    )
    forms = (footer_form, zone_form)
    context = {
        "footer_form": footer_form or FooterForm.filled_with(present),
        "zone_form": zone_form or TimeZoneForm(initial={"time_zone": present.time_zone}),
        "zones": time_zones(),
        "present": present,
        "preview": footers.to_text(present.footer) if preview is None else preview,
        "is_preview": preview is not None,
        "has_aliases": Feature.ALIASES in mail_domain.features,
        "is_refreshing": mirror.refresh_when_stale(mail_domain),
    }
    status = 422 if any(form is not None and form.errors for form in forms) else 200
    return render_page(request, "clientarea/domain_settings/index.html", context, status=status)


def _say(request: ClientRequest, row: DomainSettings, *, is_kept: bool, done: str) -> None:
    if row.is_unsettled:
        messages.info(
            request, _("The mail server gave no clear answer. We are asking it what it has done.")
        )
    elif is_kept:
        messages.success(request, done)
    else:
        messages.warning(
            request, _("The mail server has changed what was sent. Below is what it keeps now.")
        )


def _url(service: Service) -> str:
    return reverse("clientarea:domain-settings", kwargs={"service_id": service.pk})
