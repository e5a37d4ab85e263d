"""What every page is given."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def brand(_request: HttpRequest) -> dict[str, str]:
    """Return the reseller's own name and look."""
    return {
        "brand_name": settings.BRAND_NAME,
        "brand_color": settings.BRAND_COLOR,
        "brand_logo_url": settings.BRAND_LOGO_URL,
        "support_email": settings.SUPPORT_EMAIL,
    }
