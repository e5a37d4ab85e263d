"""Security of one's login: password, second factors, where one is logged in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clientarea.access import client_user, reauthenticated
from clientarea.browsers import name_of
from clientarea.http import ClientRequest, go_to, render_page
from clients.operations import users

Type = Authenticator.Type


@dataclass(frozen=True)
class Device:
    """One place where somebody is logged in."""

    session: UserSession
    browser: str
    is_here: bool


@require_safe
@client_user
def index(request: ClientRequest) -> HttpResponse:
    """Show how the login is protected."""
    found: dict[str, list[Authenticator]] = {}
    for each in Authenticator.objects.filter(user=request.user).order_by("pk"):
        found.setdefault(each.type, []).append(each)
    codes = found.get(Type.RECOVERY_CODES, [])
    context: dict[str, Any] = {
        "totp": next(iter(found.get(Type.TOTP, [])), None),
        "passkeys": found.get(Type.WEBAUTHN, []),
        "has_second_factor": Type.TOTP in found or Type.WEBAUTHN in found,
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else None,
        "devices": _devices(request),
    }
    return render_page(request, "clientarea/security/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@client_user
@reauthenticated
def end_session(request: ClientRequest, session_id: int) -> HttpResponse:
    """Ask whether to log out one device, or do it."""
    session = UserSession.objects.filter(user=request.user, pk=session_id).first()
    if session is None or session.session_key == request.session.session_key:
        raise Http404
    if request.method == "POST":
        with transaction.atomic():
            session.end()
            users.record_event(user=request.user, event="session_ended", actor=request.actor)
        messages.success(request, _("That device is logged out."))
        return go_to(request, reverse("clientarea:security"))
    context = {"browser": name_of(session.user_agent), "session": session}
    return render_page(request, "clientarea/security/end_session.html", context)


@require_POST
@client_user
@reauthenticated
def end_other_sessions(request: ClientRequest) -> HttpResponse:
    """Log out everywhere but here."""
    others = UserSession.objects.filter(user=request.user).exclude(
        session_key=request.session.session_key
    )
    with transaction.atomic():
        for session in others:
            session.end()
        users.record_event(user=request.user, event="sessions_ended", actor=request.actor)
    messages.success(request, _("Every other device is logged out."))
    return go_to(request, reverse("clientarea:security"))


def _devices(request: ClientRequest) -> list[Device]:
    here = request.session.session_key
    sessions = UserSession.objects.purge_and_list(request.user)
    devices = [
        Device(
            session=session,
            browser=name_of(session.user_agent),
            is_here=session.session_key == here,
        )
        for session in sessions
    ]
    devices.sort(key=lambda device: device.session.last_seen_at, reverse=True)
    return sorted(devices, key=lambda device: not device.is_here)
