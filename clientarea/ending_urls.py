"""Routes that end a service or bring it back, below its own."""

from __future__ import annotations

from django.urls import URLPattern, path

from clientarea.views import cancellation

urlpatterns: list[URLPattern] = [
    path("cancellation/", cancellation.index, name="cancellation"),
    path("cancellation/now/", cancellation.now, name="cancellation-now"),
    path("cancellation/withdraw/", cancellation.withdraw, name="cancellation-withdraw"),
    path("restore/", cancellation.restore, name="service-restore"),
]
