"""Pages about the site itself: its color, its health."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from clientarea.brand import stylesheet

A_MONTH = 30 * 24 * 3600


@require_safe
@cache_control(public=True, max_age=A_MONTH)
def brand_css(_request: HttpRequest) -> HttpResponse:
    """Answer with the reseller's color; its address changes with the color."""
    return HttpResponse(stylesheet(settings.BRAND_COLOR), content_type="text/css; charset=utf-8")


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Tell a load balancer whether this process can work: 200, or 503 without a database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "unavailable"}, status=503)
    return JsonResponse({"status": "ok", "database": "ok"})
