"""What every page is given."""

from __future__ import annotations

from functools import partial
from typing import Any
from zlib import crc32

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from clientarea.seats import current_seat, seats_of


def brand(_request: HttpRequest) -> dict[str, str]:
    """Return the reseller's own name and look."""
    # The color is part of the address, so that browsers may keep the style sheet for long.
    version = f"{crc32(settings.BRAND_COLOR.encode()):x}"
    return {
        "brand_name": settings.BRAND_NAME,
        "brand_color": settings.BRAND_COLOR,
        "brand_logo_url": settings.BRAND_LOGO_URL,
        "brand_css_url": f"{reverse('clientarea:brand-css')}?v={version}",
        "support_email": settings.SUPPORT_EMAIL,
    }


def seats(request: HttpRequest) -> dict[str, Any]:
    """Return who this user acts for and could act for; asked only where a page shows it."""
    return {"my_seat": partial(current_seat, request), "my_seats": partial(seats_of, request)}
