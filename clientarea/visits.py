"""Every visit of somebody logged in: in their language and time zone, and noted in their list."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from zoneinfo import ZoneInfo

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from clients.models import User
from core import time_zones

SEEN_AT = "seen_at"
# A visit is written down this often at most, so that reading pages stays reading.
PAUSE_SECONDS = 300
LONGEST_BROWSER = 200

Answer = Callable[[HttpRequest], HttpResponse]


def visit_middleware(get_response: Answer) -> Answer:
    """Return the middleware; it stands below those that know the session and the user."""

    def visit(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return get_response(request)
        _note(request, user)
        with _time_zone_of(user), _language_of(user):
            response = get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
        return response

    return visit


def begin(request: HttpRequest) -> None:
    """Say that a session was noted just now."""
    request.session[SEEN_AT] = int(time.time())


def _note(request: HttpRequest, user: User) -> None:
    if time.time() - request.session.get(SEEN_AT, 0) < PAUSE_SECONDS:
        return
    begin(request)
    is_known = UserSession.objects.filter(
        session_key=request.session.session_key, user=user
    ).update(
        last_seen_at=timezone.now(),
        ip=get_adapter(request).get_client_ip(request),
        user_agent=request.headers.get("User-Agent", "")[:LONGEST_BROWSER],
    )
    if not is_known:
        # Logged in by another door, as the staff pages' own.
        UserSession.objects.create_from_request(request)


def _time_zone_of(user: User) -> AbstractContextManager[None]:
    if user.time_zone in time_zones.known():
        return timezone.override(ZoneInfo(user.time_zone))
    return nullcontext()


def _language_of(user: User) -> AbstractContextManager[None]:
    if user.language in dict(settings.LANGUAGES):
        return translation.override(user.language)
    return nullcontext()
