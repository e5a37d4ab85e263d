"""The request as a customer's view sees it, and how a page is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from billing.models import Service
from billing.queries import endings
from clientarea import navigation
from clientarea.grants import Grants
from clientarea.standing import Standing, standing_of
from clients.actors import Actor
from clients.models import User
from provisioning.dns import verification_record_of

DIALOG = "dialog-content"


class ClientRequest(HttpRequest):
    """A request of somebody logged in; `service` and `grants` are set on a service's pages."""

    user: User
    htmx: HtmxDetails
    actor: Actor
    service: Service
    grants: Grants


def render_page(
    request: ClientRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """
    Answer with a page, or with its inner part alone where a dialog asked for it.

    A service's pages are given `service`, `standing`, `navigation` and `can` besides `context`.
    Nothing is kept by the browser: pages hold addresses, and some a fresh password.
    """
    content: dict[str, Any] = {
        "in_dialog": in_dialog(request),
        "layout": "clientarea/layouts/page.html",
    }
    service = getattr(request, "service", None)
    if service is not None:
        standing = standing_of(service)
        content |= {
            "service": service,
            "mail_domain": service.mail_domain,
            "standing": standing,
            "navigation": navigation.entries_for(request.service, request.grants, request.path),
            "can": request.grants,
            "layout": "clientarea/layouts/service.html",
        }
        if standing is Standing.CLOSED:
            content["closing"] = endings.open_closing_of(service)
        if standing is Standing.UNVERIFIED:
            content["record"] = verification_record_of(service.mail_domain)
    if content["in_dialog"]:
        content["layout"] = "clientarea/layouts/dialog.html"
    content |= context or {}
    response = render(request, template, content, status=status)
    add_never_cache_headers(response)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def in_dialog(request: ClientRequest) -> bool:
    """Tell whether the answer is going to stand in the page's dialog."""
    return bool(request.htmx) and request.htmx.target == DIALOG


def go_to(request: ClientRequest, url: str) -> HttpResponse:
    """Send the browser on; a form sent by htmx has the whole page follow."""
    if request.htmx:
        return HttpResponseClientRedirect(url)
    return HttpResponseRedirect(url)
