"""Branding: the look of webmail for a domain's users."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from billing.models import Service
from clientarea.access import client_service
from clientarea.brand import Legibility, legibility_on
from clientarea.forms.domain import BrandingForm
from clientarea.http import ClientRequest, go_to, render_page
from clients.models import Permission
from provisioning.models import Branding, Feature
from provisioning.operations import branding, mirror

WEB = ("https://", "http://")


@dataclass(frozen=True)
class Preview:
    """What the picture of the log-in page shows; `color` with `#`, `logo` a PNG as base64."""

    name: str
    support_email: str
    color: str
    logo: str
    legibility: Legibility | None


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.BRANDING)
def index(request: ClientRequest, service: Service) -> HttpResponse:
    """Show the present look with its form; show what was typed as a picture, or save it."""
    mail_domain = service.mail_domain
    present = Branding.objects.filter(mail_domain=mail_domain).first() or Branding(
        mail_domain=mail_domain
    )
    if request.method != "POST":
        form = BrandingForm.filled_with(present)
        return _page(request, service, form, present, _preview_of(present))
    form = BrandingForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, service, form, present, _preview_of(present))
    typed = _preview_of_typed(form, present)
    if "preview" in request.POST:
        return _page(request, service, form, present, typed, is_preview=True)
    try:
        row = branding.set_branding(
            mail_domain=mail_domain, branding=form.spec, actor=request.actor
        )
    except branding.UnableToChangeSetting as error:
        form.refuse(error)
        return _page(request, service, form, present, typed)
    _say(request, row, _("The new look of webmail is saved."))
    return go_to(request, _url(service))


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.BRANDING)
def reset(request: ClientRequest, service: Service) -> HttpResponse:
    """Ask whether the look shall go, and go back to the usual one."""
    refusal = ""
    if request.method == "POST":
        try:
            row = branding.reset_branding(mail_domain=service.mail_domain, actor=request.actor)
        except branding.UnableToChangeSetting as error:
            refusal = error.user_message
        else:
            _say(request, row, _("Webmail has its usual look again."))
            return go_to(request, _url(service))
    status = 422 if refusal else 200
    context = {"refusal": refusal}
    return render_page(request, "clientarea/branding/reset.html", context, status=status)


def _page(
    request: ClientRequest,
    service: Service,
    form: BrandingForm,
    present: Branding,
    preview: Preview,
    *,
    is_preview: bool = False,
) -> HttpResponse:
    context = {
        "form": form,
        "branding": present,
        "preview": preview,
        "is_preview": is_preview,
        # The address comes from the vendor: linked where it is one, and never loaded by our pages.
        "logo_link": present.logo_url if present.logo_url.startswith(WEB) else "",
        "is_branded": any(present.mirrored().values()),
        "is_refreshing": mirror.refresh_when_stale(service.mail_domain),
    }
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/branding/index.html", context, status=status)


def _preview_of(present: Branding) -> Preview:
    return Preview(
        name=present.name,
        support_email=present.support_email,
        color=f"#{present.color}" if present.color else "",
        logo=present.logo_preview,
        legibility=legibility_on(present.color),
    )


def _preview_of_typed(form: BrandingForm, present: Branding) -> Preview:
    spec = form.spec
    return Preview(
        name=spec.name,
        support_email=spec.support_email,
        color=f"#{spec.color}" if spec.color else "",
        logo=spec.logo.preview if spec.logo else present.logo_preview,
        legibility=legibility_on(spec.color),
    )


def _say(request: ClientRequest, row: Branding, done: str) -> None:
    if row.is_unsettled:
        messages.info(
            request, _("The mail server gave no clear answer. We are asking it what it has done.")
        )
    else:
        messages.success(request, done)


def _url(service: Service) -> str:
    return reverse("clientarea:branding", kwargs={"service_id": service.pk})
