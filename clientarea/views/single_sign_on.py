"""Webmail and the control panel, opened as the mailbox's user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from billing.models import Service
from clientarea.access import client_service, mailbox_of
from clientarea.http import ClientRequest, render_page
from clients.models import Permission
from provisioning.models import Feature
from provisioning.operations import single_sign_on
from provisioning.operations.single_sign_on import HandOff


@dataclass(frozen=True)
class Place:
    """Where a mailbox can be opened; `address` is for those who log in there by hand."""

    label: Promise
    address: str
    open: Callable[..., HandOff]


WEBMAIL = Place(_("Webmail"), "https://login.emailarray.com", single_sign_on.open_webmail)
CONTROL_PANEL = Place(
    _("Control Panel"), "https://cp.emailarray.com", single_sign_on.open_control_panel
)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MAILBOX_SSO, feature=Feature.ACCOUNTS)
def webmail(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Fetch a one-time log-in and hand it to webmail."""
    return _open(request, service, mailbox_id, WEBMAIL)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MAILBOX_SSO, feature=Feature.ACCOUNTS)
def control_panel(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Fetch a one-time log-in and hand it to the control panel."""
    return _open(request, service, mailbox_id, CONTROL_PANEL)


def _open(request: ClientRequest, service: Service, mailbox_id: int, place: Place) -> HttpResponse:
    if request.method != "POST":
        # Somebody reloaded the tab or kept its address: only a click opens a mailbox.
        return redirect("clientarea:mailboxes", service_id=service.pk)
    mailbox = mailbox_of(service, mailbox_id)
    context: dict[str, Any] = {"mailbox": mailbox, "place": place.label, "address": place.address}
    try:
        hand_off = place.open(mailbox=mailbox, actor=request.actor)
    except single_sign_on.UnableToOpen as error:
        context["reason"] = error.user_message
        template = "clientarea/single_sign_on/failed.html"
        return _without_traces(render_page(request, template, context, status=502))
    context["hand_off"] = hand_off
    template = "clientarea/single_sign_on/hand_off.html"
    response = _without_traces(render_page(request, template, context))
    # This answer alone may send a form to this one place of the vendor's.
    allow = csp_update({"form-action": [_origin(hand_off.url)]})
    allow(lambda _request: response)(request)
    return response


def _without_traces(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "no-referrer"
    return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
